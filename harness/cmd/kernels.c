/* SPDX-License-Identifier: GPL-3.0-or-later */
/* kernsoak kernels: the kernels that this host can have, and where they are. */
#include <getopt.h>
#include <stdio.h>

#include "cmd/args.h"
#include "cmd/ask.h"
#include "cmd/cmd.h"
#include "cmd/kernels.h"

static const char usage[] =
	"usage: kernsoak kernels list [--json]          what apt and the cache have\n"
	"       kernsoak kernels fetch NAME...          into the cache, unpacked\n"
	"       kernsoak kernels path [--json] NAME...  where its vmlinux is\n"
	"       kernsoak kernels show [--json] NAME...  what it can, by its config\n"
	"       kernsoak kernels build [--source SOURCE] [-j JOBS] RECIPE...\n"
	"\n"
	"NAME is debian:6.1.0-54-cloud (or 6.1.0-54-cloud), build:lean or another that\n"
	"was built, a .deb, a bzImage, a vmlinux or a build tree.\n"
	"RECIPE is lean, lean+kasan or ./mine.yaml (docs/KERNELS.md); build prints the\n"
	"kernel's name, built where the cache does not have it. SOURCE instead of the\n"
	"recipe's: debian:linux-source-6.1, git:TREE#REVISION or ./linux-6.12.tar.xz.\n"
	"\n"
	"Example: kernsoak kernels fetch debian:6.1.0-54-cloud\n"
	"         kernsoak kernels build lean+kasan\n";

enum { JOBS_MAX = 1024 };

/* On the command line the scheme may be left out. */
static char *full_ref(const char *name)
{
	bool plain = name[0] >= '0' && name[0] <= '9' && !strchr(name, '/') && !strchr(name, ':');

	return xasprintf("%s%s", plain ? "debian:" : "", name);
}

int kernels_find(const char *name, bool may_fetch, struct kernel *ret)
{
	_cleanup_free_
	char *ref = full_ref(name);
	struct err err = { 0 };

	if (kernel_find(ref, may_fetch, ret, &err) == 0)
		return 0;
	if (err.exit_code == EXIT_BAD_SCENARIO)
		err.exit_code = EXIT_BAD_USAGE; /* here it was the command line that said it */
	return cmd_fail(&err, EXIT_INTERNAL);
}

static json_t *kernel_to_json(const struct kernel *k)
{
	const struct {
		const char *key, *value;
	} fields[] = {
		{ "name", k->name },           { "release", k->release },
		{ "package", k->package },     { "version", k->version },
		{ "vmlinux", k->vmlinux },     { "bzimage", k->bzimage },
		{ "modules", k->modules_dir }, { "config", k->config },
		{ "changelog", k->changelog }, { "sha256", k->digest },
	};
	json_t *o = json_object();

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		if (fields[i].value)
			json_set_str(o, fields[i].key, fields[i].value);
	return o;
}

static int locate(int argc, char **argv, bool as_json, bool may_fetch)
{
	for (int i = 0; i < argc; i++) {
		_cleanup_kernel_ struct kernel k = { 0 };
		int r = kernels_find(argv[i], may_fetch, &k);

		if (r != 0)
			return r;
		if (as_json)
			r = ask_print_json(kernel_to_json(&k));
		else
			puts(k.vmlinux ? k.vmlinux : k.bzimage);
		if (r != 0)
			return r;
	}
	return 0;
}

static int fetch(int argc, char **argv, const struct kernels_options *o)
{
	return locate(argc, argv, o->json, true);
}

static int path(int argc, char **argv, const struct kernels_options *o)
{
	return locate(argc, argv, o->json, false);
}

static const struct action {
	const char *name;
	int (*run)(int argc, char **argv, const struct kernels_options *o);
	bool of_names, builds;
} actions[] = {
	{ .name = "list", .run = kernels_list },
	{ .name = "fetch", .run = fetch, .of_names = true },
	{ .name = "path", .run = path, .of_names = true },
	{ .name = "show", .run = kernels_show, .of_names = true },
	{ .name = "build", .run = kernels_build, .of_names = true, .builds = true },
};

static const struct action *action_for(int argc, char **argv, const struct kernels_options *o)
{
	const bool asks_to_build = o->source || o->jobs;

	for (size_t i = 0; i < ARRAY_SIZE(actions) && argc; i++) {
		const struct action *a = &actions[i];

		if (str_eq(argv[0], a->name) && a->of_names == (argc > 1) &&
		    (a->builds ? !o->json : !asks_to_build))
			return a;
	}
	return NULL;
}

static bool is_action(const char *word)
{
	for (size_t i = 0; i < ARRAY_SIZE(actions); i++)
		if (str_eq(word, actions[i].name))
			return true;
	return false;
}

static int no_action(const char *word)
{
	const char *name[ARRAY_SIZE(actions)];

	for (size_t i = 0; i < ARRAY_SIZE(actions); i++)
		name[i] = actions[i].name;
	return cmd_no_word("kernels", word, name, ARRAY_SIZE(name));
}

static bool read_jobs(const char *text, unsigned *ret)
{
	uint64_t n = 0;

	if (str_to_u64(text, JOBS_MAX, &n) < 0 || n == 0) {
		fprintf(stderr, "kernsoak: --jobs takes a whole number from 1 to %d, not '%s'\n",
			JOBS_MAX, text);
		return false;
	}
	*ret = (unsigned)n;
	return true;
}

int cmd_kernels(int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'J' },
		{ "help", no_argument, NULL, 'h' },
		{ "source", required_argument, NULL, 's' },
		{ "jobs", required_argument, NULL, 'j' },
		{ 0 },
	};
	struct kernels_options o = { 0 };
	const struct action *a;
	int c;

	while ((c = getopt_long(argc, argv, "hj:", options, NULL)) != -1) {
		switch (c) {
		case 'J': o.json = true; break;
		case 's': o.source = optarg; break;
		case 'j':
			if (!read_jobs(optarg, &o.jobs))
				return EXIT_BAD_USAGE;
			break;
		case 'h': fputs(usage, stdout); return 0;
		default: return EXIT_BAD_USAGE;
		}
	}
	a = action_for(argc - optind, argv + optind, &o);
	if (a)
		return a->run(argc - optind - 1, argv + optind + 1, &o);
	if (argc > optind && !is_action(argv[optind]))
		return no_action(argv[optind]);
	fputs(usage, stderr);
	return EXIT_BAD_USAGE;
}
