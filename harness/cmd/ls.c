/* SPDX-License-Identifier: GPL-3.0-or-later */
/* kernsoak ls: the runs, or the trials of one. */
#include <math.h>
#include <stdio.h>
#include <sys/stat.h>

#include "cmd/ask.h"
#include "cmd/cmd.h"
#include "report/columns.h"
#include "report/figure.h"
#include "store/index.h"
#include "store/journal.h"

enum { WHAT_MIN = 24, ARM_COLUMNS = 20 };

struct list {
	struct index *ix;
	const char *results;
	struct columns columns;
	unsigned width;
	size_t n;
};

static void add_seconds(struct columns *c, uint64_t ns)
{
	_cleanup_buf_ struct buf b = BUF_INIT;
	double s = (double)ns / 1e9;

	figure_scaled(&b, s, scale_of_seconds(s));
	columns_add(c, buf_str(&b));
}

/* "open" is the journal's last word; whether a runner lives only its lock says. */
static const char *state_of(const struct list *list, const struct index_run *row)
{
	_cleanup_run_dir_ struct run_dir run = RUN_DIR_INIT;
	pid_t pid;

	if (run_dir_open(list->results, row->run, &run, NULL) == 0 &&
	    journal_holder(run.fd, &pid) == 1)
		return "running";
	return str_eq(row->state, "open") ? "interrupted" : row->state;
}

static int add_run(void *arg, const struct index_run *row)
{
	struct list *list = arg;
	struct columns *c = &list->columns;
	uint64_t ended = 0;

	for (int o = 0; o < OUTCOME_COUNT; o++)
		ended += row->outcome[o];
	columns_add(c, row->run);
	columns_add(c, state_of(list, row));
	columns_addf(c, "%llu", (unsigned long long)ended);
	columns_addf(c, "%llu", (unsigned long long)row->outcome[OUTCOME_FAILED]);
	columns_addf(c, "%llu", (unsigned long long)row->outcome[OUTCOME_SURVIVED]);
	columns_addf(c, "%llu", (unsigned long long)row->outcome[OUTCOME_INFRA]);
	add_seconds(c, row->exposure_ns);
	list->n++;
	return 0;
}

static int list_runs(struct list *list, struct err *err)
{
	static const char *const titles[] = { "run",      "state", "trials", "failed",
					      "survived", "lost",  "soaked" };
	int r = index_open(list->results, &list->ix, err);

	if (r == 0)
		r = index_refresh(list->ix, err);
	if (r < 0)
		return r;
	list->columns = (struct columns){ .n = ARRAY_SIZE(titles), .right = ~UINT64_C(3) };
	for (size_t i = 0; i < ARRAY_SIZE(titles); i++)
		columns_add(&list->columns, titles[i]);
	r = index_runs(list->ix, add_run, list, err);
	if (r == 0 && list->n == 0)
		fprintf(stderr, "kernsoak: there is no run under %s yet\n", list->results);
	return r;
}

/* Its crash, or else why it ended. */
static void add_what(struct columns *c, const struct index_trial *row)
{
	const char *what = *row->title ? row->title : row->reason;
	_cleanup_buf_ struct buf safe = BUF_INIT;

	str_sanitise(&safe, what, strlen(what), false);
	columns_add(c, buf_str(&safe));
}

static int add_trial(void *arg, const struct index_trial *row)
{
	struct list *list = arg;
	struct columns *c = &list->columns;
	_cleanup_buf_ struct buf arm = BUF_INIT, cut = BUF_INIT, work = BUF_INIT;

	str_sanitise(&arm, row->arm, strlen(row->arm), false);
	shortened(&cut, buf_str(&arm), ARM_COLUMNS);
	if (isfinite(row->exposure_work))
		figure_count(&work, row->exposure_work);
	columns_addf(c, "%llu", (unsigned long long)row->trial);
	columns_add(c, buf_str(&cut));
	columns_add(c, row->final ? outcome_name(row->outcome) : "unfinished");
	add_seconds(c, row->exposure_ns);
	columns_add(c, buf_str(&work));
	add_what(c, row);
	list->n++;
	return 0;
}

/* Is the open run the one of its name under results, or a copy elsewhere? */
static bool is_at_home(const struct list *list, const struct run_dir *run)
{
	_cleanup_run_dir_ struct run_dir home = RUN_DIR_INIT;
	struct stat a, b;

	return run_dir_open(list->results, run->id, &home, NULL) == 0 && fstat(home.fd, &a) == 0 &&
	       fstat(run->fd, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

static int open_index_for(struct list *list, const struct run_dir *run, struct err *err)
{
	bool at_home = is_at_home(list, run);
	int r = index_open(at_home ? list->results : NULL, &list->ix, err);

	if (r < 0)
		return r;
	return at_home ? index_refresh(list->ix, err) : index_ingest_run(list->ix, run, err);
}

static int list_trials(struct list *list, const char *ref, struct err *err)
{
	static const char *const titles[] = { "trial", "arm", "outcome", "lived", "work", "what" };
	_cleanup_run_dir_ struct run_dir run = RUN_DIR_INIT;
	int r = run_dir_open(list->results, ref, &run, err);

	if (r < 0)
		return err_exit(err, EXIT_BAD_USAGE);
	list->columns = (struct columns){ .n = ARRAY_SIZE(titles), .right = 1 | 8 | 16 };
	for (size_t i = 0; i < ARRAY_SIZE(titles); i++)
		columns_add(&list->columns, titles[i]);
	r = open_index_for(list, &run, err);
	if (r == 0)
		r = index_trials(list->ix, run.id, add_trial, list, err);
	columns_fit(&list->columns, ARRAY_SIZE(titles) - 1, list->width, WHAT_MIN);
	return r;
}

int cmd_ls(int argc, char **argv)
{
	struct list list = { .width = ask_style().width };
	_cleanup_buf_ struct buf out = BUF_INIT;
	struct err err = { 0 };
	struct ask ask;
	int r;

	ask_parse(argc, argv, ASK_REF, "[RUN]",
		  "Lists the runs, oldest first; with RUN the trials of that run.\v"
		  "RUN is an id, the beginning of one, a path, or 'last'.\n\n"
		  "Example: kernsoak ls last",
		  &ask);
	list.results = ask.results;
	r = ask.ref ? list_trials(&list, ask.ref, &err) : list_runs(&list, &err);
	if (r == 0 && list.n)
		columns_print(&list.columns, &out);
	if (list.ix && ask.results && index_note(list.ix))
		fprintf(stderr, "kernsoak: the index is not kept: %s\n", index_note(list.ix));
	index_close(list.ix);
	columns_done(&list.columns);
	return r < 0 ? cmd_fail(&err, EXIT_INTERNAL) : ask_print(&out);
}
