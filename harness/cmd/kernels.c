/* SPDX-License-Identifier: GPL-3.0-or-later */
/* kernsoak kernels: the kernels that this host can have, and where they are. */
#include <getopt.h>
#include <stdio.h>

#include "cmd/ask.h"
#include "cmd/cmd.h"
#include "cmd/kernels.h"

static const char usage[] =
	"usage: kernsoak kernels list [--json]          what apt and the cache have\n"
	"       kernsoak kernels fetch NAME...          into the cache, unpacked\n"
	"       kernsoak kernels path [--json] NAME...  where its vmlinux is\n"
	"       kernsoak kernels show [--json] NAME...  what it can, by its config\n"
	"\n"
	"NAME is debian:6.1.0-54-cloud (or 6.1.0-54-cloud), a .deb, a bzImage, a\n"
	"vmlinux or a build tree.\n"
	"\n"
	"Example: kernsoak kernels fetch debian:6.1.0-54-cloud\n";

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

static json_t *row_to_json(const struct kernel_row *row)
{
	json_t *o = json_object();

	json_set_str(o, "name", row->name);
	json_set_str(o, "package", row->package);
	if (row->version)
		json_set_str(o, "version", row->version);
	json_set_bool(o, "cached", row->cached);
	json_set_bool(o, "available", row->available);
	if (row->available)
		json_set_u64(o, "download-bytes", row->size_bytes);
	return o;
}

static void print_rows(const struct kernel_list *l)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct kernel_row *row = &l->row[i];

		printf("%-6s %-32s %-22s", row->cached ? "cached" : "", row->name,
		       row->version ? row->version : "");
		if (row->available)
			printf(" %4llu MiB\n", (unsigned long long)row->size_bytes >> 20);
		else
			puts(" (apt no longer has it)");
	}
}

static int list(int argc, char **argv, bool as_json)
{
	_cleanup_kernel_list_ struct kernel_list l = { 0 };
	struct err err = { 0 }, why = { 0 };
	json_t *rows;

	(void)argc;
	(void)argv;
	if (kernel_list(&l, &why, &err) < 0)
		return cmd_fail(&err, EXIT_HOST_UNABLE);
	if (why.code)
		fprintf(stderr, "kernsoak: only what is cached: %s\n", why.msg);
	if (!as_json) {
		print_rows(&l);
		return 0;
	}
	rows = json_array();
	for (size_t i = 0; i < l.n; i++)
		json_array_append_new(rows, row_to_json(&l.row[i]));
	return ask_print_json(rows);
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

static int fetch(int argc, char **argv, bool as_json)
{
	return locate(argc, argv, as_json, true);
}

static int path(int argc, char **argv, bool as_json)
{
	return locate(argc, argv, as_json, false);
}

static const struct {
	const char *name;
	int (*run)(int argc, char **argv, bool as_json);
	bool of_names;
} actions[] = {
	{ "list", list, false },
	{ "fetch", fetch, true },
	{ "path", path, true },
	{ "show", kernels_show, true },
};

int cmd_kernels(int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	bool as_json = false;
	int c;

	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (c == 'h')
			fputs(usage, stdout);
		if (c != 'j')
			return c == 'h' ? 0 : EXIT_BAD_USAGE;
		as_json = true;
	}
	for (size_t i = 0; i < ARRAY_SIZE(actions) && optind < argc; i++)
		if (str_eq(argv[optind], actions[i].name) &&
		    actions[i].of_names == (optind + 1 < argc))
			return actions[i].run(argc - optind - 1, argv + optind + 1, as_json);
	fputs(usage, stderr);
	return EXIT_BAD_USAGE;
}
