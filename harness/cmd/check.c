/* SPDX-License-Identifier: GPL-3.0-or-later */
/* kernsoak check: are these scenarios right? And with --schema: what may a scenario say? */
#include <stdio.h>
#include <sys/sysinfo.h>

#include "base/str.h"
#include "cmd/args.h"
#include "cmd/ask.h"
#include "cmd/cmd.h"
#include "detect/signatures.h"
#include "image/kernel_config.h"
#include "model/lint.h"
#include "model/schema_text.h"
#include "model/units.h"

struct check_args {
	struct scenario_options what;
	struct strv words; /* scenarios; with --schema a key */
	bool schema, json_schema, strict;
};

enum { KEY_SET = 's', KEY_PROFILE = 'p', KEY_SCHEMA = 256, KEY_JSON_SCHEMA, KEY_STRICT };

static const struct argp_option options[] = {
	{ "set", KEY_SET, "KEY=VALUE", 0, "lay a value over each, as for run", 0 },
	{ "profile", KEY_PROFILE, "NAME", 0, "lay this profile over each", 0 },
	{ "strict", KEY_STRICT, 0, 0, "a warning is as bad as a mistake", 0 },
	{ "schema", KEY_SCHEMA, 0, 0,
	  "print all that a scenario may say, or what it may below KEY: keys, loads, plants, "
	  "classes",
	  1 },
	{ "json-schema", KEY_JSON_SCHEMA, 0, 0, "the same for editors: a JSON Schema", 1 },
	{ 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct check_args *a = state->input;

	switch (key) {
	case KEY_SET: strv_add(&a->what.set, arg); return 0;
	case KEY_PROFILE: a->what.profile = arg; return 0;
	case KEY_SCHEMA: a->schema = true; return 0;
	case KEY_STRICT: a->strict = true; return 0;
	case KEY_JSON_SCHEMA: a->json_schema = true; return 0;
	case ARGP_KEY_ARG: strv_add(&a->words, arg); return 0;
	case ARGP_KEY_END:
		if (!a->words.n && !a->schema && !a->json_schema)
			argp_error(state, "which scenario?");
		return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

/* ---- --schema ---- */

static int print_json(void)
{
	return ask_print_json(schema_to_json());
}

static int print_schema(const char *key)
{
	_cleanup_buf_ struct buf out = BUF_INIT;

	if (!schema_write_keys(SCHEMA_PLAIN, key, &out)) {
		fprintf(stderr,
			"kernsoak: there is no key '%s' (kernsoak check --schema has all)\n", key);
		return EXIT_BAD_USAGE;
	}
	if (!key || str_eq(key, "load")) {
		buf_puts(&out, "\nLOADS\n");
		schema_write_loads(SCHEMA_PLAIN, &out);
	}
	if (!key || str_eq(key, "plant")) {
		buf_puts(&out, "\nPLANTS\n");
		schema_write_plants(SCHEMA_PLAIN, &out);
	}
	if (!key || str_eq(key, "fail.target.class")) {
		buf_puts(&out, "\nCLASSES\n");
		schema_write_classes(SCHEMA_PLAIN, &out);
	}
	fputs(buf_str(&out), stdout);
	return 0;
}

/* ---- scenarios ---- */

static void print_ok(const char *path, const struct scenario *s)
{
	char soak[UNIT_TEXT], trials[64] = " until it is decided";

	if (s->stop.trials)
		snprintf(trials, sizeof(trials), " of %s%llu trials",
			 s->stop.until_decided ? "at most " : "",
			 (unsigned long long)s->stop.trials);
	printf("%s: ok: %s, %zu arm%s%s, soak %s\n", path, s->name, s->n_arms,
	       s->n_arms == 1 ? "" : "s", trials,
	       duration_format(soak, s->arm[0].settings.limits.soak));
}

/* What the scenarios are held against: apt takes a second for its list, and is asked once. */
struct host {
	size_t warnings;
	bool asked;
	struct kernel_list kernels;
	char *unknown; /* the last kernel that is not to be had, and why */
	struct err why;
};

static void print_warning(void *arg, const struct err *warning)
{
	struct host *h = arg;

	h->warnings++;
	fprintf(stderr, "kernsoak: %s\n", warning->msg);
}

static bool is_offered(struct host *h, const char *ref)
{
	if (!h->asked)
		kernel_list(&h->kernels, NULL, NULL);
	h->asked = true;
	return kernel_list_has(&h->kernels, ref);
}

/* Of a kernel in the cache; what apt could fetch has none to look at yet. */
static int config_of(void *arg, const char *ref, struct kconfig *ret, struct err *why)
{
	_cleanup_kernel_ struct kernel k = { 0 };
	struct err ignored = { 0 };
	struct host *h = arg;

	if (kernel_find(ref, false, &k, &ignored) == 0) {
		kernel_config(&k, ret, NULL, &ignored);
		return 0;
	}
	if (is_offered(h, ref))
		return 0;
	if (!h->unknown || !str_eq(h->unknown, ref)) {
		free(h->unknown);
		h->unknown = xstrdup(ref);
		if (kernel_available(ref, &h->why) == 0)
			h->why = (struct err){ 0 };
	}
	*why = h->why;
	return h->why.code ? -h->why.code : 0;
}

static void host_done(struct host *h)
{
	kernel_list_done(&h->kernels);
	free(h->unknown);
}

static uint64_t memory_of_host(void)
{
	struct sysinfo si;

	return sysinfo(&si) == 0 ? (uint64_t)si.totalram * si.mem_unit : 0;
}

static int check_file(const char *path, const struct scenario_options *opt)
{
	struct scenario s = { 0 };
	struct err err = { 0 };
	int r = scenario_read(path, opt, &s, &err);

	if (r < 0)
		fprintf(stderr, "kernsoak: %s\n", err.msg);
	else
		print_ok(path, &s);
	scenario_done(&s);
	return r;
}

static int check_files(struct check_args *a)
{
	struct host host = { 0 };
	struct lint lint = {
		.say = print_warning,
		.kernel = config_of,
		.cpus = (uint64_t)get_nprocs(),
		.memory_bytes = memory_of_host(),
		.arg = &host,
	};
	int code = 0;

	a->what.lint = &lint;
	for (size_t i = 0; i < a->words.n; i++)
		if (check_file(a->words.item[i], &a->what) < 0)
			code = EXIT_BAD_SCENARIO;
	lint_done(&lint);
	host_done(&host);
	return host.warnings && a->strict ? EXIT_BAD_SCENARIO : code;
}

int cmd_check(int argc, char **argv)
{
	static const struct argp argp = {
		options,
		parse,
		"SCENARIO...\n--schema [KEY]\n--json-schema",
		"Reads scenarios as `kernsoak run` would and says what is wrong with them, and "
		"what is right but hardly meant (warnings). Boots nothing.\vExample: kernsoak "
		"check scenarios/*.yaml\n         kernsoak check "
		"--schema limits\n\nExit status: 0 all are right; 65 one is not, or, with "
		"--strict, one has a warning.",
		0,
		0,
		0,
	};
	struct check_args a = { .what.signature = signature_word };
	int code;

	cmd_parse(&argp, argc, argv, &a);
	if (a.json_schema)
		code = print_json();
	else if (a.schema)
		code = print_schema(a.words.n ? a.words.item[0] : NULL);
	else
		code = check_files(&a);
	strv_done(&a.words);
	strv_done(&a.what.set);
	return code;
}
