/* SPDX-License-Identifier: GPL-3.0-or-later */
/* kernsoak check: are these scenarios right? And with --schema: what may a scenario say? */
#include <stdio.h>

#include "base/str.h"
#include "cmd/cmd.h"
#include "model/scenario.h"
#include "model/schema.h"
#include "model/units.h"

static const char help[] =
	"usage: kernsoak check [--profile NAME] [--set KEY=VALUE]... SCENARIO...\n"
	"       kernsoak check --schema [KEY]\n"
	"\n"
	"Reads each scenario as `kernsoak run` would, and says what is wrong with it. Boots "
	"nothing.\n"
	"\n"
	"  --profile NAME   lay this profile of the scenario over it first\n"
	"  --set KEY=VALUE  lay this over it, too; again and again\n"
	"  --schema [KEY]   all that a scenario may say (or all below one key), loads and classes\n"
	"\n"
	"exit: 0 all are right; 65 one is not; 64 usage\n";

static int usage(const char *what, const char *word)
{
	fprintf(stderr, "kernsoak: check: %s%s%s (kernsoak check --help)\n", what, word ? " " : "",
		word ? word : "");
	return EXIT_BAD_USAGE;
}

/* ---- --schema ---- */

static void print_field(const struct field *f)
{
	_cleanup_free_
	char *range = field_range(f);

	printf("%-20s %s", f->path, field_type_name(f->type));
	if (*range)
		printf(" (%s)", range);
	if (f->fallback && *f->fallback)
		printf(", default %s", f->fallback);
	printf("\n    %s\n", f->sentence);
	if (f->example)
		printf("    e.g. %s\n", f->example);
}

static void print_loads(void)
{
	const struct load_def *l;

	puts("\nLoads");
	for (size_t i = 0; (l = load_nth(i)); i++) {
		printf("%-20s %s; counts %s; vcpus: %u or more\n", l->name, l->sentence, l->unit,
		       l->min_vcpus);
		for (const struct load_param *p = l->param; p->key; p++)
			printf("    %-12s %s (%s%s)\n", p->key, p->sentence,
			       p->fallback ? "default " : "must be given",
			       !p->fallback   ? ""
			       : *p->fallback ? p->fallback
					      : "nothing");
	}
}

static void print_classes(void)
{
	puts("\nClasses (class, family, severity)");
	for (int c = CRASH_NONE + 1; c < CRASH_COUNT; c++) {
		const struct crash_info *i = crash_info((enum crash_class)c);

		printf("%-20s %-9s %-6s %s\n", i->name, i->family, severity_name(i->severity),
		       i->sentence);
	}
}

/* Is the path the key, or below it? */
static bool within(const char *path, const char *key)
{
	const char *rest = str_after(path, key);

	return rest && (*rest == 0 || *rest == '.');
}

static int print_schema(const char *key)
{
	const struct field *f;
	bool any = false;

	for (size_t i = 0; (f = schema_nth(i)); i++)
		if (!key || within(f->path, key)) {
			print_field(f);
			any = true;
		}
	if (!any)
		return usage("there is no key", key);
	if (!key || str_eq(key, "load"))
		print_loads();
	if (!key || str_eq(key, "fail.target.class"))
		print_classes();
	return 0;
}

/* ---- scenarios ---- */

static void print_ok(const char *path, const struct scenario *s)
{
	char soak[UNIT_TEXT];

	printf("%s: ok: %s, %zu arm%s of %llu trials, soak %s\n", path, s->name, s->n_arms,
	       s->n_arms == 1 ? "" : "s", (unsigned long long)s->stop.trials,
	       duration_format(soak, s->arm[0].settings.limits.soak));
}

static int check_files(const struct strv *files, const struct scenario_options *opt)
{
	int code = 0;

	for (size_t i = 0; i < files->n; i++) {
		struct scenario s = { 0 };
		struct err err = { 0 };

		if (scenario_read(files->item[i], opt, &s, &err) < 0) {
			code = EXIT_BAD_SCENARIO;
			fprintf(stderr, "kernsoak: %s\n", err.msg);
		} else {
			print_ok(files->item[i], &s);
		}
		scenario_done(&s);
	}
	return code;
}

/* Sorts the words of the command line; 0, or the code to exit with. */
static int parse_args(int argc, char **argv, struct scenario_options *opt, struct strv *files)
{
	for (int i = 1; i < argc; i++) {
		const bool more = i + 1 < argc;

		if (str_eq(argv[i], "--set") && more)
			strv_add(&opt->set, argv[++i]);
		else if (str_eq(argv[i], "--profile") && more)
			opt->profile = argv[++i];
		else if (str_eq(argv[i], "--set") || str_eq(argv[i], "--profile"))
			return usage("a word is missing behind", argv[i]);
		else if (argv[i][0] == '-')
			return usage("there is no option", argv[i]);
		else
			strv_add(files, argv[i]);
	}
	return files->n ? 0 : usage("which scenario?", NULL);
}

int cmd_check(int argc, char **argv)
{
	struct scenario_options opt = { 0 };
	_cleanup_strv_ struct strv files = { 0 };
	int code;

	if (argc > 1 && (str_eq(argv[1], "--help") || str_eq(argv[1], "-h"))) {
		fputs(help, stdout);
		return 0;
	}
	if (argc > 1 && str_eq(argv[1], "--schema"))
		return argc > 3 ? usage("one key at a time", NULL) : print_schema(argv[2]);
	code = parse_args(argc, argv, &opt, &files);
	if (code == 0)
		code = check_files(&files, &opt);
	strv_done(&opt.set);
	return code;
}
