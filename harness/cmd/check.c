/* SPDX-License-Identifier: GPL-3.0-or-later */
/* kernsoak check: are these scenarios right? And with --schema: what may a scenario say? */
#include <stdio.h>

#include "base/str.h"
#include "cmd/args.h"
#include "cmd/ask.h"
#include "cmd/cmd.h"
#include "detect/signatures.h"
#include "model/scenario.h"
#include "model/schema_text.h"
#include "model/units.h"

struct check_args {
	struct scenario_options what;
	struct strv words; /* scenarios; with --schema a key */
	bool schema, json_schema;
};

enum { KEY_SET = 's', KEY_PROFILE = 'p', KEY_SCHEMA = 256, KEY_JSON_SCHEMA };

static const struct argp_option options[] = {
	{ "set", KEY_SET, "KEY=VALUE", 0, "lay a value over each, as for run", 0 },
	{ "profile", KEY_PROFILE, "NAME", 0, "lay this profile over each", 0 },
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

int cmd_check(int argc, char **argv)
{
	static const struct argp argp = {
		options,
		parse,
		"SCENARIO...\n--schema [KEY]\n--json-schema",
		"Reads scenarios as `kernsoak run` would and says what is wrong with them. Boots "
		"nothing.\vExample: kernsoak check scenarios/*.yaml\n         kernsoak check "
		"--schema limits\n\nExit status: 0 all are right; 65 one is not.",
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
		code = check_files(&a.words, &a.what);
	strv_done(&a.words);
	strv_done(&a.what.set);
	return code;
}
