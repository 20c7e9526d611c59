/* SPDX-License-Identifier: GPL-3.0-or-later */
/* kernsoak image: what guests boot from, listed, built by hand, and to look around in. */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/json.h"
#include "cmd/args.h"
#include "cmd/ask.h"
#include "cmd/cmd.h"
#include "cmd/image.h"
#include "image/initramfs.h"
#include "image/rootfs.h"

static const char usage[] =
	"usage: kernsoak image list [--json]\n"
	"       kernsoak image build [-k KERNEL] [-m MODULE] [-p PROGRAM] NAME [LOAD]...\n"
	"       kernsoak image shell [-k KERNEL] [--memory SIZE] [--vcpus N] [NAME|FILE]\n"
	"\n"
	"NAME is lean or containers. `build containers` prints the path of the root\n"
	"image of today's packages, made where the cache does not have it (minutes).\n"
	"`build lean`, and `-k KERNEL` with either, prints the path of an initramfs for\n"
	"KERNEL (default: " IMAGE_KERNEL ") with these loads and what they\n"
	"need, more kernel modules, and more programs of this host. Size and time go to\n"
	"stderr. `shell` boots a guest and gives you a shell in it: Ctrl-] leaves; what\n"
	"stdin holds is run where it is no terminal. FILE is a scenario.\n"
	"\n"
	"Example: kernsoak image build -k debian:6.1.0-54-cloud lean fib-rebalance\n"
	"         echo 'uname -r' | kernsoak image shell lean\n";

int image_fail(struct err *err)
{
	if (err->exit_code == EXIT_BAD_SCENARIO)
		err->exit_code = EXIT_BAD_USAGE; /* here it was the command line */
	return cmd_fail(err, EXIT_INTERNAL);
}

static double mib(uint64_t bytes)
{
	return (double)bytes / (1 << 20);
}

static double seconds(uint64_t ns)
{
	return (double)ns / (double)NS_PER_S;
}

/* ---- list ---- */

/* "5 min", "3 h", "12 days" */
static const char *age(int64_t since_s, char *out, size_t size)
{
	const int64_t s = MAX(clock_wall_s() - since_s, (int64_t)0);

	if (s < 2 * 3600)
		snprintf(out, size, "%" PRId64 " min", s / 60);
	else if (s < 2 * 86400)
		snprintf(out, size, "%" PRId64 " h", s / 3600);
	else
		snprintf(out, size, "%" PRId64 " days", s / 86400);
	return out;
}

static const char *what_of(const struct root_image *r, const struct recipe *recipe)
{
	return str_eq(r->recipe, recipe->digest) ? "" : " (of another recipe: runs do not use it)";
}

static void print_text(const struct image_stock *lean, const struct root_list *l,
		       const struct recipe *recipe)
{
	char buf[32];

	if (lean->n)
		printf("lean        %7.1f MiB  %s old, the newest of %zu initramfs\n",
		       mib(lean->bytes), age(lean->used_s, buf, sizeof(buf)), lean->n);
	else
		puts("lean        none yet: made in a second when it is first wanted");
	for (size_t i = 0; i < l->n; i++) {
		const struct root_image *r = &l->item[i];

		printf("containers  %7.1f MiB  %s old, built in %.0f s, recipe %.12s%s\n",
		       mib(r->bytes), age(r->made_s, buf, sizeof(buf)), seconds(r->build_ns),
		       r->recipe, what_of(r, recipe));
	}
	if (!l->n)
		puts("containers  none yet: `kernsoak image build containers` (minutes)");
}

static json_t *root_to_json(const struct root_image *r)
{
	json_t *o = json_object();

	json_set_str(o, "path", r->path);
	json_set_str(o, "sha256", r->digest);
	json_set_str(o, "recipe", r->recipe);
	json_set_u64(o, "bytes", r->bytes);
	json_set_u64(o, "made", (uint64_t)r->made_s);
	json_set_double(o, "build-s", seconds(r->build_ns));
	return o;
}

static int print_json(const struct image_stock *lean, const struct root_list *l,
		      const struct recipe *recipe)
{
	json_t *o = json_object(), *roots = json_array(), *stock = json_object();

	json_set_u64(stock, "initramfs", lean->n);
	json_set_u64(stock, "bytes", lean->bytes);
	json_object_set_new(o, "lean", stock);
	for (size_t i = 0; i < l->n; i++)
		json_array_append_new(roots, root_to_json(&l->item[i]));
	json_set_str(o, "recipe", recipe->digest);
	json_object_set_new(o, "containers", roots);
	return ask_print_json(o);
}

static int list(bool json)
{
	_cleanup_root_list_ struct root_list l = { 0 };
	_cleanup_recipe_ struct recipe recipe = { 0 };
	struct image_stock lean;
	struct err err = { 0 };

	image_stock(&lean);
	if (recipe_get("containers", &recipe, &err) < 0 || root_list(&l, &err) < 0)
		return image_fail(&err);
	if (json)
		return print_json(&lean, &l, &recipe);
	print_text(&lean, &l, &recipe);
	return 0;
}

/* ---- build ---- */

static int build_initramfs(const char *ref, struct image_want *want, struct err *err)
{
	_cleanup_kernel_ struct kernel kernel = { 0 };
	_cleanup_free_
	char *guest_dir = image_guest_dir(), *path = NULL;
	int r = kernel_find(ref, true, &kernel, err);

	want->kernel = &kernel;
	want->guest_dir = guest_dir;
	if (r == 0)
		r = image_build(want, &path, err);
	if (r == 0)
		puts(path);
	return r;
}

static int build_root(const char *name, const struct recipe *recipe, struct err *err)
{
	_cleanup_root_image_ struct root_image root = { 0 };
	bool made;
	int r;

	fprintf(stderr, "kernsoak: the image %s: looking for it, or some minutes of building\n",
		name);
	r = root_build(name, recipe, &root, &made, err);
	if (r < 0)
		return r;
	fprintf(stderr, "kernsoak: %.1f MiB, %s in %.0f s, SHA256 %s\n", mib(root.bytes),
		made ? "built" : "from the cache; it was built", seconds(root.build_ns),
		root.digest);
	puts(root.path);
	return 0;
}

static int build(const char *name, const char *ref, struct image_want *want)
{
	_cleanup_recipe_ struct recipe recipe = { 0 };
	struct err err = { 0 };
	int r = 0;

	if (!str_eq(name, "lean")) {
		r = recipe_get(name, &recipe, &err);
		want->root_modules = &recipe.modules;
		if (r == 0)
			r = build_root(name, &recipe, &err);
		if (r == 0 && !ref)
			return 0;
	}
	if (r == 0)
		r = build_initramfs(ref ? ref : IMAGE_KERNEL, want, &err);
	return r < 0 ? image_fail(&err) : 0;
}

static int bad_usage(void)
{
	fputs(usage, stderr);
	return EXIT_BAD_USAGE;
}

static int dispatch(int argc, char **argv, bool json, const char *ref, struct image_want *want,
		    const struct image_guest *guest)
{
	static const char *const words[] = { "list", "build", "shell" };
	const char *what = argc ? argv[0] : "";

	if (str_eq(what, "list") && argc == 1)
		return list(json);
	if (str_eq(what, "shell") && argc <= 2)
		return image_shell(argc == 2 ? argv[1] : "lean", ref, guest);
	if (argc && !str_eq(what, "list") && !str_eq(what, "shell") && !str_eq(what, "build"))
		return cmd_no_word("image", what, words, ARRAY_SIZE(words));
	if (!str_eq(what, "build") || argc < 2)
		return bad_usage();
	for (int i = 2; i < argc; i++)
		strv_add((struct strv *)(uintptr_t)want->loads, argv[i]);
	return build(argv[1], ref, want);
}

int cmd_image(int argc, char **argv)
{
	static const struct option options[] = {
		{ "kernel", required_argument, NULL, 'k' },
		{ "module", required_argument, NULL, 'm' },
		{ "program", required_argument, NULL, 'p' },
		{ "memory", required_argument, NULL, 'M' },
		{ "vcpus", required_argument, NULL, 'c' },
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	_cleanup_strv_ struct strv loads = { 0 }, modules = { 0 }, programs = { 0 };
	struct image_want want = { .loads = &loads, .modules = &modules, .programs = &programs };
	struct image_guest guest = { 0 };
	const char *ref = NULL;
	bool json = false;
	int c;

	while ((c = getopt_long(argc, argv, "k:m:p:h", options, NULL)) != -1) {
		switch (c) {
		case 'k': ref = optarg; break;
		case 'm': strv_add(&modules, optarg); break;
		case 'p': strv_add(&programs, optarg); break;
		case 'M': guest.memory = optarg; break;
		case 'c': guest.vcpus = optarg; break;
		case 'j': json = true; break;
		case 'h': fputs(usage, stdout); return 0;
		default: return EXIT_BAD_USAGE;
		}
	}
	return dispatch(argc - optind, argv + optind, json, ref, &want, &guest);
}
