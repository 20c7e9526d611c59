/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Every file under tests/corpus/ is a console log that was cut down, with what the detector must
 * say about it above: header lines up to an empty one (CLASS, FUNCTION: any of a,b; TITLE,
 * PANICKED: Y|N; INTEGRITY, where it is not complete; ROWS: all rows of signatures.def that a line
 * of it fits; NONE: nothing of severity crash or worse), then the log. tests/corpus/capture makes
 * them.
 */
#include "unit.h"

#include <dirent.h>
#include <fcntl.h>

#include "base/fs.h"
#include "base/str.h"
#include "detect/detector.h"
#include "detect/kmsg.h"
#include "detect/rules.h"

static const char *const kernels[] = { "6.1", "6.12" };

struct want {
	char class[64], function[256], title[TITLE_LEN], panicked[4], rows[256], integrity[16];
	bool none;
};

struct first { /* the first failure, or the first note where there is none */
	struct sighting s;
	bool any;
	uint64_t serial;
};

static void on_sighting(void *arg, enum sighting_phase phase, uint64_t serial,
			const struct sighting *s)
{
	struct first *f = arg;
	bool worse = s->severity >= SEVERITY_CRASH && f->s.severity < SEVERITY_CRASH;

	if (phase == SIGHTING_OPENED || (f->any && serial != f->serial && !worse))
		return;
	*f = (struct first){ *s, true, serial };
}

static void header(struct want *w, const char *line)
{
	const char *v;

	if ((v = str_after(line, "CLASS: ")))
		snprintf(w->class, sizeof(w->class), "%s", v);
	else if ((v = str_after(line, "FUNCTION: ")))
		snprintf(w->function, sizeof(w->function), ",%s,", v);
	else if ((v = str_after(line, "TITLE: ")))
		snprintf(w->title, sizeof(w->title), "%s", v);
	else if ((v = str_after(line, "PANICKED: ")))
		snprintf(w->panicked, sizeof(w->panicked), "%s", v);
	else if ((v = str_after(line, "INTEGRITY: ")))
		snprintf(w->integrity, sizeof(w->integrity), "%s", v);
	else if ((v = str_after(line, "ROWS: ")))
		snprintf(w->rows, sizeof(w->rows), "%s", v);
	else if (str_after(line, "NONE:"))
		w->none = true;
	else if (line[0] != '#')
		fail_msg("unknown header: %s", line);
}

/* Reads the header lines; returns where the log begins. */
static char *headers(char *file, struct want *ret)
{
	while (*file && *file != '\n') {
		char *nl = strchr(file, '\n');

		*nl = '\0';
		header(ret, file);
		file = nl + 1;
	}
	return file + (*file == '\n');
}

static void compare(const char *path, const struct want *w, const struct first *f)
{
	char function[FUNCTION_LEN + 2];

	if (w->none) {
		if (f->any && f->s.severity >= SEVERITY_CRASH)
			fail_msg("%s: false alarm: %s", path, f->s.title);
		return;
	}
	if (!f->any)
		fail_msg("%s: missed", path);
	if (w->class[0] && !str_eq(w->class, crash_info(f->s.class)->name))
		fail_msg("%s: class %s: %s", path, crash_info(f->s.class)->name, f->s.title);
	snprintf(function, sizeof(function), ",%s,", f->s.function);
	if (w->function[0] && !strstr(w->function, function))
		fail_msg("%s: wanted %s: %s", path, w->function, f->s.title);
	if (w->title[0] && !str_eq(w->title, f->s.title))
		fail_msg("%s: wanted '%s', got '%s'", path, w->title, f->s.title);
	if (w->panicked[0] && (w->panicked[0] == 'Y') != f->s.panicked)
		fail_msg("%s: panicked is %d", path, f->s.panicked);
	if (!str_eq(w->integrity[0] ? w->integrity : "complete", integrity_name(f->s.integrity)))
		fail_msg("%s: called %s", path, integrity_name(f->s.integrity));
}

static void feed(const char *log, size_t n, size_t step, sighting_fn fn, void *arg)
{
	struct err err = { 0 };
	struct detector *d = detector_new(fn, arg, &err);

	assert_non_null(d);
	for (size_t at = 0; at < n; at += step)
		detector_feed(d, log + at, MIN(step, n - at), TIME_NEVER);
	detector_finish(d);
	detector_free(d);
}

static void check_file(const char *path)
{
	_cleanup_buf_ struct buf file = BUF_INIT;
	struct err err = { 0 };
	struct want want = { 0 };
	struct first first = { .any = false };
	char *log;

	assert_ok(fs_read(AT_FDCWD, path, 1 << 24, &file, &err));
	log = headers(file.data, &want);
	feed(log, (size_t)(file.data + file.len - log), SIZE_MAX, on_sighting, &first);
	compare(path, &want, &first);
}

/* All that was delivered, as text. */
static void write_down(void *arg, enum sighting_phase phase, uint64_t serial,
		       const struct sighting *s)
{
	_cleanup_json_ json_t *o = sighting_to_json(s);
	_cleanup_free_
	char *text = json_dumps(o, JSON_COMPACT);

	buf_printf(arg, "%d %llu %s\n", phase, (unsigned long long)serial, text);
}

static void check_chunks(const char *path)
{
	static const size_t steps[] = { 1, 3, 64, 509, 4093 };
	_cleanup_buf_ struct buf file = BUF_INIT, whole = BUF_INIT;
	struct err err = { 0 };
	struct want want = { 0 };
	char *log;
	size_t n;

	assert_ok(fs_read(AT_FDCWD, path, 1 << 24, &file, &err));
	log = headers(file.data, &want);
	n = (size_t)(file.data + file.len - log);
	feed(log, n, SIZE_MAX, write_down, &whole);
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		_cleanup_buf_ struct buf got = BUF_INIT;

		feed(log, n, steps[i], write_down, &got);
		assert_string_equal(buf_str(&got), buf_str(&whole));
	}
}

static void each_file(const char *dir, void (*check)(const char *path))
{
	_cleanup_strv_ struct strv names = { 0 };
	struct err err = { 0 };

	assert_ok(fs_list(AT_FDCWD, dir, &names, &err));
	assert_true(names.n > 0);
	for (size_t i = 0; i < names.n; i++) {
		_cleanup_free_
		char *path = xasprintf("%s/%s", dir, names.item[i]);

		check(path);
	}
}

/* Is `word` one of the words of `list`? */
static bool has_word(const char *list, const char *word)
{
	size_t n = strlen(word);

	for (const char *at = list; (at = strstr(at, word)); at += n)
		if ((at == list || at[-1] == ' ') && (!at[n] || at[n] == ' '))
			return true;
	return false;
}

static const struct signature *row_of(const struct rules *rules, const char *line)
{
	const struct signature *sig;
	struct captures c;
	struct hits hits;
	struct kmsg k;

	kmsg_parse(line, &k);
	if (!rules_hit(rules, k.text, strlen(k.text), &hits))
		return NULL;
	sig = rules_find(rules, &hits, k.text, &c);
	return sig && (sig->flags & SIG_USER) && k.stamped ? NULL : sig;
}

/* The names of all rows that lines of it fit, in the order of their first lines. Eats log. */
static void rows_of(char *log, struct buf *ret)
{
	struct err err = { 0 };
	const struct rules *rules = rules_get(&err);
	const struct signature *sig;

	assert_non_null(rules);
	for (char *save = NULL, *line = strtok_r(log, "\r\n", &save); line;
	     line = strtok_r(NULL, "\r\n", &save))
		if ((sig = row_of(rules, line)) && !has_word(buf_str(ret), sig->name))
			buf_printf(ret, "%s%s", ret->len ? " " : "", sig->name);
}

static void check_rows(const char *path)
{
	_cleanup_buf_ struct buf file = BUF_INIT, rows = BUF_INIT;
	struct err err = { 0 };
	struct want want = { 0 };

	assert_ok(fs_read(AT_FDCWD, path, 1 << 24, &file, &err));
	rows_of(headers(file.data, &want), &rows);
	if (!str_eq(want.rows, buf_str(&rows)))
		fail_msg("%s says ROWS: %s\nbut its lines fit ROWS: %s", path, want.rows,
			 buf_str(&rows));
}

static struct buf all_rows; /* of one kernel, with a blank before and after each */

static void collect_rows(const char *path)
{
	_cleanup_buf_ struct buf file = BUF_INIT;
	struct err err = { 0 };
	struct want want = { 0 };

	assert_ok(fs_read(AT_FDCWD, path, 1 << 24, &file, &err));
	headers(file.data, &want);
	buf_printf(&all_rows, " %s ", want.rows);
}

/* Does tests/corpus/lacking say that this kernel cannot be brought to print a line of this row? */
static bool is_lacking(const char *lacking, const char *row, const char *kernel)
{
	_cleanup_free_
	char *all = xasprintf("\n%s * ", row), *one = xasprintf("\n%s %s ", row, kernel);

	return strstr(lacking, all) || strstr(lacking, one);
}

/* Returns how many rows are wrong. */
static unsigned check_kernel(const char *lacking, const char *kernel)
{
	_cleanup_free_
	char *dir = xasprintf("tests/corpus/linux-%s", kernel);
	const struct signature *sig;
	unsigned ret_wrong = 0;

	each_file(dir, collect_rows);
	for (size_t i = 0; (sig = signature_nth(i)); i++) {
		bool there = has_word(buf_str(&all_rows), sig->name);

		if (there != is_lacking(lacking, sig->name, kernel))
			continue;
		print_error("%s: row %s %s\n", dir, sig->name,
			    there ? "has a fixture, but stands in tests/corpus/lacking"
				  : "has no fixture, nor a reason in tests/corpus/lacking");
		ret_wrong++;
	}
	buf_done(&all_rows);
	return ret_wrong;
}

static void every_row_has_a_fixture_of_every_kernel_or_a_reason(void **state)
{
	_cleanup_buf_ struct buf lacking = BUF_INIT;
	struct err err = { 0 };
	unsigned wrong = 0;

	(void)state;
	assert_ok(fs_read(AT_FDCWD, "tests/corpus/lacking", 1 << 20, &lacking, &err));
	for (size_t i = 0; i < ARRAY_SIZE(kernels); i++)
		wrong += check_kernel(buf_str(&lacking), kernels[i]);
	assert_int_equal(wrong, 0);
}

static void every_kernel(void (*check)(const char *path))
{
	for (size_t i = 0; i < ARRAY_SIZE(kernels); i++) {
		_cleanup_free_
		char *dir = xasprintf("tests/corpus/linux-%s", kernels[i]);

		each_file(dir, check);
	}
}

static void no_row_fires_on_another_rows_fixture(void **state)
{
	(void)state;
	every_kernel(check_rows);
}

static void every_log_gets_its_name(void **state)
{
	(void)state;
	every_kernel(check_file);
}

static void every_chunking_of_every_log_gives_the_same_sightings(void **state)
{
	(void)state;
	every_kernel(check_chunks);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(every_chunking_of_every_log_gives_the_same_sightings),
		test(every_log_gets_its_name),
		test(every_row_has_a_fixture_of_every_kernel_or_a_reason),
		test(no_row_fires_on_another_rows_fixture),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
