/* SPDX-License-Identifier: GPL-3.0-or-later */
/* kernsoak stats: what can be said of a table of lifetimes, for a person or as JSON. */
#include <fcntl.h>
#include <math.h>
#include <stdio.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/str.h"
#include "cmd/cmd.h"
#include "stats/answer.h"

static const char help[] =
	"usage: kernsoak stats [--json] [--table] [--all-rows] [--conf C] FILE.csv...\n"
	"\n"
	"Survival curve, mean and median time to failure, the law behind it, and what\n"
	"differs between the arms, for any table of lifetimes. - reads from stdin.\n"
	"Columns, in any order:\n"
	"\n"
	"  time     how long it lived or was watched; any unit\n"
	"  status   1: it failed then; 0: it had not failed by then (censored)\n"
	"  arm      which variation it was (optional)\n"
	"  cause    which crash it was, where status is 1 (optional: competing risks)\n"
	"  stratum  which host or cluster it ran in (optional: strata and robust errors)\n"
	"\n"
	"  --json      everything, as JSON (docs/STATISTICS.md describes it)\n"
	"  --table     the survival curve, too\n"
	"  --all-rows  all rows of long tables, not 150 of them\n"
	"  --conf C    confidence of intervals and bands (0.95)\n"
	"\n"
	"Example: kernsoak stats --table lifetimes.csv\n"
	"\n"
	"Exit status: 0 done; 65 a file is no such table; 64 usage.\n";

struct request {
	struct answer_options opt;
	bool json, table, help;
	struct strv files;
};

static int usage(const char *what, const char *word)
{
	fprintf(stderr, "kernsoak: stats: %s%s%s (kernsoak stats --help)\n", what, word ? " " : "",
		word ? word : "");
	return EXIT_BAD_USAGE;
}

/* ---- looking things up in the answer ---- */

static double value(const json_t *o, const char *path)
{
	const json_t *v = json_at(o, path);

	return json_is_number(v) ? json_number_value(v) : NAN;
}

static json_int_t whole(const json_t *o, const char *path)
{
	return json_integer_value(json_at(o, path));
}

/* An object's key that ends with the confidence in percent: "profile_95". */
static const json_t *at_conf(const json_t *o, const char *path, double conf)
{
	char full[64];

	snprintf(full, sizeof(full), "%s_%g", path, 100 * conf);
	return json_at(o, full);
}

/* ---- one line of a table ---- */

static void put(struct buf *b, double v, const char *if_none)
{
	if (isfinite(v))
		buf_printf(b, "%.4g", v);
	else
		buf_puts(b, if_none);
}

/* "31 [13, not reached]" */
static void put_interval(struct buf *b, double v, double lo, double hi, const char *none,
			 const char *no_hi)
{
	put(b, v, none);
	buf_puts(b, " [");
	put(b, lo, "-");
	buf_puts(b, ", ");
	put(b, hi, no_hi);
	buf_putc(b, ']');
}

/* Fills up with blanks to where the next column begins; at least two. */
static void pad(struct buf *b, size_t *column, size_t width)
{
	*column += width;
	do
		buf_putc(b, ' ');
	while (b->len < *column);
}

static void put_label(struct buf *b, const json_t *label)
{
	const char *s = json_string_value(label);

	if (s)
		str_sanitise(b, s, strlen(s), false);
	else if (json_is_integer(label))
		buf_printf(b, "%lld", (long long)json_integer_value(label));
	else
		buf_printf(b, "%.15g", json_number_value(label));
}

enum { W_NAME = 18, W_COUNT = 9, W_TIME = 11, W_INTERVAL = 30 };

static void put_mttf(struct buf *b, const json_t *group)
{
	put_interval(b, value(group, "exponential.mttf"),
		     value(group, "exponential.two_sided_95.mttf_lo"),
		     value(group, "exponential.two_sided_95.mttf_hi"), "none", "no limit");
}

static void put_shape(struct buf *b, const json_t *group, double conf)
{
	const json_t *w = json_at(group, "weibull"), *profile = at_conf(w, "profile", conf);

	if (json_is_true(json_at(w, "exists")))
		put_interval(b, value(w, "shape"), value(profile, "shape_lo"),
			     value(profile, "shape_hi"), "-", "-");
	else
		buf_puts(b, "-");
}

static void print_group(const json_t *group, const json_t *label, double conf)
{
	_cleanup_buf_ struct buf b = BUF_INIT;
	size_t column = 0;

	if (label)
		put_label(&b, label);
	else
		buf_puts(&b, "all");
	pad(&b, &column, W_NAME);
	buf_printf(&b, "%lld", (long long)whole(group, "km.n"));
	pad(&b, &column, W_COUNT);
	buf_printf(&b, "%lld", (long long)whole(group, "km.events"));
	pad(&b, &column, W_COUNT);
	put(&b, value(group, "exponential.total_time"), "-");
	pad(&b, &column, W_TIME);
	put_mttf(&b, group);
	pad(&b, &column, W_INTERVAL);
	put_interval(&b, value(group, "km.quantiles.est.1"),
		     value(group, "km.quantiles.loglog.lo.1"),
		     value(group, "km.quantiles.loglog.hi.1"), "not reached", "-");
	pad(&b, &column, W_INTERVAL);
	put_shape(&b, group, conf);
	puts(buf_str(&b));
}

static void print_groups(const json_t *j, double conf)
{
	const json_t *arms = json_at(j, "by_arm");

	printf("%-18s%-9s%-9s%-11s%-30s%-30s%s\n", "arm", "n", "failed", "exposure", "MTTF, 95 %",
	       "median", "Weibull shape");
	for (size_t i = 0; i < json_array_size(arms); i++) {
		const json_t *group = json_array_get(arms, i);

		print_group(group, json_at(group, "arm"), conf);
	}
	print_group(json_at(j, "overall"), NULL, conf);
}

/* ---- the curve ---- */

static void print_curve_row(const json_t *t, size_t i)
{
	static const char *const key[] = { "surv", "loglog_lo", "loglog_hi", "cumhaz_na" };

	printf("%12.6g %8lld %8lld", json_number_value(json_array_get(json_at(t, "time"), i)),
	       (long long)json_integer_value(json_array_get(json_at(t, "n_risk"), i)),
	       (long long)json_integer_value(json_array_get(json_at(t, "n_event"), i)));
	for (size_t k = 0; k < ARRAY_SIZE(key); k++) {
		const json_t *v = json_array_get(json_at(t, key[k]), i);

		if (json_is_number(v))
			printf(" %9.5f", json_number_value(v));
		else
			printf(" %9s", "-");
	}
	putchar('\n');
}

static void print_curve(const json_t *group, const char *title)
{
	const json_t *t = json_at(group, "km.table");

	printf("\nSurvival, %s\n%12s %8s %8s %9s %9s %9s %9s\n", title, "time", "at risk", "failed",
	       "S", "lower", "upper", "cum. haz.");
	for (size_t i = 0; i < json_array_size(json_at(t, "time")); i++)
		print_curve_row(t, i);
	if (json_is_true(json_at(group, "km.thinned")))
		printf("(%zu of %lld rows; --all-rows shows all)\n",
		       json_array_size(json_at(t, "time")),
		       (long long)whole(group, "km.event_rows"));
}

static void print_curves(const json_t *j)
{
	const json_t *arms = json_at(j, "by_arm");

	print_curve(json_at(j, "overall"), "all");
	for (size_t i = 0; i < json_array_size(arms); i++) {
		_cleanup_buf_ struct buf title = BUF_INIT;

		buf_puts(&title, "arm ");
		put_label(&title, json_at(json_array_get(arms, i), "arm"));
		print_curve(json_array_get(arms, i), buf_str(&title));
	}
}

/* ---- arms against each other ---- */

static void print_test(const char *title, const json_t *t)
{
	if (!t)
		return;
	if (isnan(value(t, "p")))
		printf("%-36s none (zero variance)\n", title);
	else
		printf("%-36s chi2 = %.4g on %lld df, p = %.3g\n", title, value(t, "chisq"),
		       (long long)whole(t, "df"), value(t, "p"));
}

static void print_ratio(const char *title, const json_t *o, const char *ratio, const char *lo,
			const char *hi)
{
	_cleanup_buf_ struct buf b = BUF_INIT;

	put_interval(&b, value(o, ratio), value(o, lo), value(o, hi), "-", "no limit");
	printf("%-36s %s\n", title, buf_str(&b));
}

/* Two arms: the profile, which exists where Wald's interval does not. */
static void print_hazard_ratio(const char *title, const json_t *cox, double conf)
{
	_cleanup_buf_ struct buf b = BUF_INIT;
	const json_t *profile = at_conf(cox, "profile", conf);

	if (!cox)
		return;
	put_interval(&b, value(cox, "hr"), value(profile, "hr_lo"), value(profile, "hr_hi"), "-",
		     "no limit");
	printf("%-36s %s\n", title, buf_str(&b));
}

/* More than two: a line for each against the first. */
static void print_hazard_ratios(const json_t *j)
{
	const json_t *cox = json_at(j, "cox.efron");

	for (size_t i = 0; i + 1 < json_array_size(json_at(j, "arms")); i++) {
		_cleanup_buf_ struct buf title = BUF_INIT, b = BUF_INIT;

		buf_puts(&title, "hazard ratio, arm ");
		put_label(&title, json_array_get(json_at(j, "arms"), i + 1));
		put_interval(&b, json_number_value(json_array_get(json_at(cox, "hr"), i)),
			     json_number_value(json_array_get(json_at(cox, "hr_lo"), i)),
			     json_number_value(json_array_get(json_at(cox, "hr_hi"), i)), "-", "-");
		printf("%-36s %s\n", buf_str(&title), buf_str(&b));
	}
	if (!json_is_true(json_at(cox, "exists")))
		printf("%-36s %s\n", "", json_string_value(json_at(cox, "reason")));
}

static void print_comparison(const json_t *j, double conf)
{
	_cleanup_buf_ struct buf against = BUF_INIT;
	size_t n = json_array_size(json_at(j, "arms"));

	if (n < 2)
		return;
	put_label(&against, json_array_get(json_at(j, "arms"), 0));
	printf("\nAgainst arm %s\n", buf_str(&against));
	if (n == 2) {
		print_hazard_ratio("hazard ratio (Cox, profile)", json_at(j, "cox.efron"), conf);
		print_hazard_ratio("  within strata", json_at(j, "cox_stratified.efron"), conf);
		print_ratio("rate ratio (exact)", json_at(j, "rate_ratio"), "rate_ratio", "lo",
			    "hi");
		printf("%-36s p = %.3g\n", "", value(j, "rate_ratio.p_two_sided"));
	} else {
		print_hazard_ratios(j);
	}
	print_test("log-rank", json_at(j, "logrank"));
	print_test("  within strata", json_at(j, "logrank_stratified"));
	print_test("early failures (Peto-Peto)", json_at(j, "peto_peto_rho1"));
	print_test("is the ratio constant?", json_at(j, "cox.efron.proportional_hazards"));
}

/* ---- causes ---- */

static void print_causes(const json_t *j)
{
	const json_t *in = json_at(j, "competing"), *causes = json_at(in, "causes");
	size_t rows = json_array_size(json_at(in, "cif"));

	if (!in)
		return;
	printf("\n%-36s %8s %12s %12s %10s\n", "cause", "failed", "rate", "incidence",
	       json_at(j, "logrank") ? "p (Holm)" : "");
	for (size_t k = 0; k < json_array_size(causes); k++) {
		_cleanup_buf_ struct buf name = BUF_INIT;
		const json_t *test = json_array_get(json_at(j, "cause_specific_logrank"), k);
		const json_t *last = json_array_get(json_at(in, "cif"), rows - 1);

		put_label(&name, json_array_get(causes, k));
		printf("%-36s %8lld %12.4g %12.4g", buf_str(&name),
		       (long long)json_integer_value(json_array_get(json_at(in, "events"), k)),
		       json_number_value(json_array_get(json_at(in, "rates"), k)),
		       json_number_value(json_array_get(last, k)));
		if (test)
			printf(" %10.3g", value(test, "p_holm"));
		putchar('\n');
	}
}

static void print_notes(const json_t *j)
{
	const json_t *notes = json_at(j, "notes");

	if (json_array_size(notes))
		putchar('\n');
	for (size_t i = 0; i < json_array_size(notes); i++)
		printf("note: %s\n", json_string_value(json_array_get(notes, i)));
}

static void print_text(const char *file, const json_t *j, const struct request *r)
{
	printf("%s: %lld lifetimes, %lld failures\n\n", file, (long long)whole(j, "n"),
	       (long long)whole(j, "overall.km.events"));
	print_groups(j, r->opt.conf);
	print_comparison(j, r->opt.conf);
	print_causes(j);
	if (r->table)
		print_curves(j);
	print_notes(j);
}

/* ---- the verb ---- */

/* The file's name without folder and ending. */
static char *stem(const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path,
		   *dot = strrchr(name, '.');

	return dot && dot > name ? xstrndup(name, (size_t)(dot - name)) : xstrdup(name);
}

static int answer_file(const char *file, const struct request *r, json_t **ret, struct err *err)
{
	_cleanup_buf_ struct buf b = BUF_INIT;
	_cleanup_lifetable_ struct lifetable t = { 0 };
	_cleanup_free_
	char *name = stem(file);
	const char *path = str_eq(file, "-") ? "/dev/stdin" : file;
	int e = fs_read_named(path, (size_t)8 << 30, &b, err);

	if (e == 0)
		e = lifetable_parse(file, buf_str(&b), b.len, &t, err);
	if (e < 0)
		return e;
	*ret = answer_json(name, &t, r->opt);
	return 0;
}

static int one_file(const char *file, const struct request *r)
{
	_cleanup_json_ json_t *j = NULL;
	struct err err = { 0 };

	if (answer_file(file, r, &j, &err) < 0)
		return cmd_fail(&err, EXIT_BAD_SCENARIO);
	if (r->json) {
		if (json_dumpf(j, stdout, JSON_COMPACT | JSON_REAL_PRECISION(15)) < 0)
			return EXIT_CANNOT_WRITE;
		putchar('\n');
	} else {
		print_text(file, j, r);
	}
	return fflush(stdout) == 0 ? 0 : EXIT_CANNOT_WRITE;
}

static int parse_conf(const char *word, double *ret)
{
	char *end;
	double v = strtod(word, &end);

	if (end == word || *end || !(v >= 0.5 && v <= 0.999999))
		return usage("--conf wants a fraction such as 0.95, not", word);
	*ret = v;
	return 0;
}

static int parse_args(int argc, char **argv, struct request *r)
{
	for (int i = 1; i < argc; i++) {
		const char *word = argv[i];
		int e = 0;

		if (str_eq(word, "--json"))
			r->json = true;
		else if (str_eq(word, "--table"))
			r->table = true;
		else if (str_eq(word, "--all-rows"))
			r->opt.all_rows = true;
		else if (str_eq(word, "--help") || str_eq(word, "-h"))
			r->help = true;
		else if (str_eq(word, "--conf") && i + 1 < argc)
			e = parse_conf(argv[++i], &r->opt.conf);
		else if (word[0] == '-' && word[1])
			e = usage("there is no option", word);
		else
			strv_add(&r->files, word);
		if (e)
			return e;
	}
	return r->help || r->files.n ? 0 : usage("which file?", NULL);
}

int cmd_stats(int argc, char **argv)
{
	struct request r = { .opt = { .conf = 0.95 } };
	int code = parse_args(argc, argv, &r);

	if (code == 0 && r.help) {
		fputs(help, stdout);
	} else if (code == 0) {
		for (size_t i = 0; i < r.files.n; i++) {
			int e;

			if (i && !r.json)
				putchar('\n');
			e = one_file(r.files.item[i], &r);
			code = code ? code : e;
		}
	}
	strv_done(&r.files);
	return code;
}
