/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>

#include "base/fs.h"
#include "base/proc.h"
#include "base/rng.h"
#include "report/export.h"
#include "stats/lifetable.h"

#define FIXTURE "tests/runs/20261121-142233-fib-rebalance"

/* What a hostile guest would like to see in a file that others read. */
#define HOSTILE "=cmd|' /C calc'!A0\",<script>&]]>\x1b[2J\x01\r\n# SKIP \xef\xbf\xbf\xff ok 1"

struct made {
	struct run_dir dir;
	struct export_run x;
};

static void load(struct made *m)
{
	struct err err = { 0 };

	*m = (struct made){ .dir = RUN_DIR_INIT };
	assert_ok(run_dir_open(".", FIXTURE, &m->dir, &err));
	assert_ok(export_run_load(&m->dir, &m->x, &err));
}

static void done(struct made *m)
{
	export_run_done(&m->x);
	run_dir_done(&m->dir);
}

static char *written(const struct made *m, const char *format)
{
	struct buf out = BUF_INIT;

	export_format_by_name(format)->write(&m->x, &out);
	return buf_steal(&out);
}

static char *exported(const char *format)
{
	struct made m;
	char *text;

	load(&m);
	text = written(&m, format);
	done(&m);
	return text;
}

static void has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("'%s' is missing in:\n%s", part, text);
}

static void has_not(const char *text, const char *part)
{
	if (strstr(text, part))
		fail_msg("'%s' should not be in:\n%s", part, text);
}

static void every_format_has_a_name_of_its_own_and_writes_something(void **state)
{
	const struct export_format *f;

	(void)state;
	for (size_t i = 0; (f = export_format_nth(i)); i++) {
		_cleanup_free_
		char *text = exported(f->name);

		assert_ptr_equal(export_format_by_name(f->name), f);
		assert_true(strlen(f->what) > 10);
		assert_true(strlen(text) > 100);
		assert_int_equal(text[strlen(text) - 1], '\n');
	}
	assert_null(export_format_by_name("pdf"));
}

/* Guest text may be anything; no format has a control byte of it, or ends a line there. */
static void hostile_text_is_inert_in_every_format(void **state)
{
	const struct export_format *f;

	(void)state;
	for (size_t i = 0; (f = export_format_nth(i)); i++) {
		_cleanup_free_
		char *text = NULL;
		struct made m;

		load(&m);
		for (size_t t = 0; t < m.x.n; t++) {
			snprintf(m.x.trial[t].sighting.title, TITLE_LEN, "%s", HOSTILE);
			snprintf(m.x.trial[t].reason, sizeof(m.x.trial[t].reason), "%s", HOSTILE);
			snprintf(m.x.trial[t].kernel, sizeof(m.x.trial[t].kernel), "%s", HOSTILE);
		}
		for (size_t b = 0; b < m.x.view.n_buckets; b++)
			snprintf(m.x.view.bucket[b].first.title, TITLE_LEN, "%s", HOSTILE);
		text = written(&m, f->name);
		done(&m);
		for (const char *c = text; *c; c++)
			if ((unsigned char)*c < ' ' && !strchr("\t\n\r", *c))
				fail_msg("%s has the byte %02x", f->name, *c);
		has_not(text, "\n# SKIP");
		if (str_eq(f->name, "junit")) {
			has_not(text, "<script>");
			has_not(text, "\xef\xbf\xbf");
		}
		if (str_eq(f->name, "csv"))
			has(text, "\"'=cmd|' /C calc'!A0\"\",<script>");
	}
}

static void what_a_trial_was_is_a_result_of_each_format(void **state)
{
	_cleanup_free_
	char *ktap = exported("ktap"), *junit = exported("junit");

	(void)state;
	has(ktap, "\n1..2\n");
	has(ktap, "\n  1..5\n");
	has(ktap,
	    "\n  # divide error in fib_rebalance, after 3.790 s, crash id k1:abe9c6458d2da257\n"
	    "  not ok 1 trial-000001\n");
	has(ktap, "\n  ok 3 trial-000006 # SKIP lost to the host: the guest said: cannot load");
	has(ktap, "\n  ok 5 trial-000009\nnot ok 1 bad\n");
	has(ktap, "\n  ok 4 trial-000008 # SKIP cut short: the run was stopped\nnot ok 2 good\n");
	has(junit, "<testsuite name=\"bad\" tests=\"5\" failures=\"3\" errors=\"0\" skipped=\"1\"");
	has(junit,
	    "<testsuite name=\"good\" tests=\"4\" failures=\"0\" errors=\"1\" skipped=\"1\"");
	has(junit, "<failure message=\"divide error in fib_rebalance\" type=\"divide-error\">[");
	has(junit,
	    "<testcase name=\"trial-000009\" classname=\"fib-rebalance.bad\" time=\"30.000\"/>");
}

static void a_positive_control_passes_by_failing(void **state)
{
	_cleanup_free_
	char *ktap = NULL, *junit = NULL;
	struct made m;

	(void)state;
	load(&m);
	for (size_t t = 0; t < m.x.n; t++)
		if (str_eq(m.x.trial[t].arm, "bad"))
			snprintf(m.x.trial[t].arm, sizeof(m.x.trial[t].arm), "positive-control");
	snprintf(m.x.view.arm[0].name, sizeof(m.x.view.arm[0].name), "positive-control");
	ktap = written(&m, "ktap");
	junit = written(&m, "junit");
	done(&m);
	has(ktap, "\n  ok 1 trial-000001 # XFAIL as a positive control should: divide error");
	has(ktap, "\n  # the positive control survived, after 30.000 s\n  not ok 5 trial-000009\n");
	has(junit, "name=\"positive-control\" tests=\"5\" failures=\"1\"");
}

/* ---- tables of lives ---- */

static void the_csv_is_what_stats_reads_with_the_reports_numbers(void **state)
{
	_cleanup_free_
	char *csv = NULL;
	_cleanup_lifetable_ struct lifetable t = { 0 };
	struct sample bad = SAMPLE_INIT;
	struct err err = { 0 };
	struct made m;

	(void)state;
	load(&m);
	csv = written(&m, "csv");
	assert_ok(lifetable_parse("export.csv", csv, strlen(csv), &t, &err));
	assert_int_equal(t.arm.n, 2);
	assert_int_equal(t.sample.n, 8); /* the ninth was lost */
	assert_string_equal(t.cause.name[0], "k1:abe9c6458d2da257");
	sample_of_arm(&t.sample, 0, &bad);
	assert_true(sample_total_time(&bad) == m.x.view.arm[0].time.expo.total_time);
	assert_int_equal(sample_failures(&bad), 3);
	sample_done(&bad);
	done(&m);
}

static void json_lines_have_the_lost_trials_too(void **state)
{
	_cleanup_free_
	char *text = exported("jsonl");
	size_t n = 0, lost = 0;

	(void)state;
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		_cleanup_json_ json_t *o = json_loads(line, 0, NULL);

		assert_non_null(o);
		n++;
		lost += json_is_null(json_object_get(o, "status"));
	}
	assert_int_equal(n, 9);
	assert_int_equal(lost, 1);
}

/* 200 drawn lives, ties among them, in the form that an exported run has. */
static void draw_lives(struct export_run *x, struct sample *ret)
{
	struct rng rng = rng_make(20261121);

	x->trial = xcalloc(200, sizeof(*x->trial));
	for (x->n = 0; x->n < 200; x->n++) {
		struct verdict *v = &x->trial[x->n];
		const double life = rng_weibull(&rng, 40, 1);
		const bool failed = life < 60;
		const uint64_t ms = (uint64_t)(fmin(life, 60) * 2) * 500; /* half seconds: ties */

		*v = (struct verdict){ .outcome = failed ? OUTCOME_FAILED : OUTCOME_SURVIVED,
				       .final = true,
				       .trial = x->n + 1,
				       .exposure_ns = ms * NS_PER_MS,
				       .exposure_work = NAN };
		snprintf(v->arm, sizeof(v->arm), "only");
		sample_add(ret, (struct lifetime){ .time = (double)v->exposure_ns / 1e9,
						   .failed = failed });
	}
	sample_sort(ret);
}

static void compare_row(const char *line, const struct km_row *row)
{
	const struct interval band = km_band(row, KM_LOGLOG, 0.95);
	double time, surv, lo, hi;
	unsigned n_risk, n_event;

	assert_int_equal(
		sscanf(line, "%lf %u %u %lf %lf %lf", &time, &n_risk, &n_event, &surv, &lo, &hi),
		6);
	assert_true(fabs(time - row->time) < 1e-9);
	assert_int_equal(n_risk, row->n_risk);
	assert_int_equal(n_event, row->n_event);
	assert_true(fabs(surv - row->surv) < 1e-12);
	assert_true(fabs(lo - band.lo) < 1e-9 && fabs(hi - band.hi) < 1e-9);
}

enum { NO_PACKAGE = 77 };

static int ask_r(const char *file, struct buf *out)
{
	_cleanup_free_
	char *script =
		xasprintf("if (!suppressWarnings(requireNamespace('survival', quietly = TRUE))) "
			  "quit(status = %d);"
			  "library(survival); d <- read.csv('%s');"
			  "s <- summary(survfit(Surv(time, status) ~ 1, d, conf.type = 'log-log'));"
			  "cat(sprintf('%%.12g %%d %%d %%.15g %%.15g %%.15g\\n', s$time, "
			  "as.integer(s$n.risk),"
			  " as.integer(s$n.event), s$surv, s$lower, s$upper), sep = '')",
			  NO_PACKAGE, file);
	const char *argv[] = { "Rscript", "-e", script, NULL };

	return proc_output(argv, 1 << 20, out, NULL);
}

static void r_reads_the_csv_and_finds_the_same_curve(void **state)
{
	const char *tmp = getenv("TMPDIR") ?: "/tmp";
	_cleanup_free_
	char *file = xasprintf("%s/kernsoak-r-%d.csv", tmp, (int)getpid());
	_cleanup_buf_ struct buf csv = BUF_INIT, told = BUF_INIT;
	struct export_run x = { 0 };
	struct sample lives = SAMPLE_INIT;
	_cleanup_km_ struct km km = { 0 };
	struct err err = { 0 };
	size_t i = 0;
	int r;

	(void)state;
	draw_lives(&x, &lives);
	export_format_by_name("csv")->write(&x, &csv);
	assert_ok(fs_write(AT_FDCWD, file, buf_str(&csv), csv.len, &err));
	km_fit(&lives, &km);
	r = ask_r(file, &told);
	unlink(file);
	free(x.trial);
	sample_done(&lives);
	if (r == -ENOENT || r == NO_PACKAGE)
		skip(); /* r-base-core and r-cran-survival are not installed */
	assert_int_equal(r, 0);
	assert_true(km.n_rows > 50 && km.n_event > km.n_rows); /* ties */
	for (char *line = strtok(told.data, "\n"); line; line = strtok(NULL, "\n"))
		compare_row(line, &km.row[i++]);
	assert_int_equal(i, km.n_rows);
}

/* ---- KCIDB: what its schema 5 asks of the fields that we write ---- */

static const struct {
	const char *list, *needs, *may;
} kcidb_rules[] = {
	{ "checkouts", "id origin", "comment valid" },
	{ "builds", "id origin checkout_id", "comment architecture status" },
	{ "tests", "id origin build_id",
	  "path comment status start_time duration number log_excerpt environment misc" },
	{ "issues", "id origin version", "comment culprit misc" },
	{ "incidents", "id origin issue_id issue_version", "test_id present" },
};

static bool in_words(const char *words, const char *word)
{
	struct strv v = { 0 };
	bool found;

	strv_add_words(&v, words);
	found = strv_has(&v, word);
	strv_done(&v);
	return found;
}

static void object_is_right(const json_t *o, const char *needs, const char *may)
{
	struct strv keys = { 0 };
	const char *key;
	json_t *v;

	strv_add_words(&keys, needs);
	for (size_t i = 0; i < keys.n; i++)
		assert_non_null(json_object_get(o, keys.item[i]));
	strv_done(&keys);
	json_object_foreach ((json_t *)(uintptr_t)o, key, v) {
		if (!in_words(needs, key) && !in_words(may, key))
			fail_msg("'%s' is no key of it", key);
		if (json_is_null(v))
			fail_msg("'%s' is null", key);
		if (str_eq(key, "id"))
			assert_ptr_equal(strstr(json_string_value(v), "lab_7:"),
					 json_string_value(v));
		if (str_eq(key, "log_excerpt"))
			assert_true(json_string_length(v) <= 16384);
	}
}

static bool list_has_id(const json_t *doc, const char *list, const json_t *id)
{
	const json_t *a = json_object_get(doc, list);

	for (size_t i = 0; i < json_array_size(a); i++)
		if (json_equal(json_object_get(json_array_get(a, i), "id"),
			       (json_t *)(uintptr_t)id))
			return true;
	return false;
}

static void references_lead_somewhere(const json_t *doc)
{
	static const struct {
		const char *from, *key, *to;
	} ref[] = { { "builds", "checkout_id", "checkouts" },
		    { "tests", "build_id", "builds" },
		    { "incidents", "issue_id", "issues" },
		    { "incidents", "test_id", "tests" } };

	for (size_t r = 0; r < ARRAY_SIZE(ref); r++) {
		const json_t *a = json_object_get(doc, ref[r].from);

		for (size_t i = 0; i < json_array_size(a); i++)
			assert_true(list_has_id(doc, ref[r].to,
						json_object_get(json_array_get(a, i), ref[r].key)));
	}
}

static void kcidbs_objects_have_their_keys_and_know_each_other(void **state)
{
	_cleanup_free_
	char *text = NULL;
	_cleanup_json_ json_t *doc = NULL;
	struct made m;

	(void)state;
	load(&m);
	m.x.origin = "lab_7";
	text = written(&m, "kcidb");
	done(&m);
	doc = json_loads(text, 0, NULL);
	assert_non_null(doc);
	assert_int_equal(json_integer_value(json_at(doc, "version.major")), 5);
	for (size_t i = 0; i < ARRAY_SIZE(kcidb_rules); i++) {
		const json_t *a = json_object_get(doc, kcidb_rules[i].list);

		assert_true(json_array_size(a) > 0);
		for (size_t k = 0; k < json_array_size(a); k++)
			object_is_right(json_array_get(a, k), kcidb_rules[i].needs,
					kcidb_rules[i].may);
	}
	assert_int_equal(json_array_size(json_object_get(doc, "tests")), 9);
	assert_int_equal(json_array_size(json_object_get(doc, "incidents")), 4);
	references_lead_somewhere(doc);
}

static void an_origin_is_lower_case_words(void **state)
{
	(void)state;
	assert_true(export_origin_ok("lab_7"));
	assert_false(export_origin_ok(""));
	assert_false(export_origin_ok("Lab"));
	assert_false(export_origin_ok("a:b"));
}

static void openmetrics_says_what_does_not_exist(void **state)
{
	_cleanup_free_
	char *text = exported("openmetrics");

	(void)state;
	has(text,
	    "\nkernsoak_trials{scenario=\"fib-rebalance\",arm=\"bad\",outcome=\"FAILED\"} 3\n");
	has(text, "\nkernsoak_mttf_seconds{scenario=\"fib-rebalance\",arm=\"good\"} NaN\n");
	has(text, "\nkernsoak_mttf_high_seconds{scenario=\"fib-rebalance\",arm=\"good\"} +Inf\n");
	has(text, "title=\"kernel BUG at \\\\x1b]0;owned");
	assert_string_equal(text + strlen(text) - 6, "# EOF\n");
}

/* plan.json is a file, and may say what it likes. */
static void an_instant_beyond_the_calendar_is_left_out(void **state)
{
	struct made m;
	char *junit;

	(void)state;
	load(&m);
	m.x.view.about.started_s = INT64_MAX;
	junit = written(&m, "junit");
	assert_null(strstr(junit, "timestamp"));
	free(junit);
	done(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(an_instant_beyond_the_calendar_is_left_out),
		test(every_format_has_a_name_of_its_own_and_writes_something),
		test(hostile_text_is_inert_in_every_format),
		test(what_a_trial_was_is_a_result_of_each_format),
		test(a_positive_control_passes_by_failing),
		test(the_csv_is_what_stats_reads_with_the_reports_numbers),
		test(json_lines_have_the_lost_trials_too),
		test(r_reads_the_csv_and_finds_the_same_curve),
		test(kcidbs_objects_have_their_keys_and_know_each_other),
		test(an_origin_is_lower_case_words),
		test(openmetrics_says_what_does_not_exist),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
