/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/index.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>

#include "base/exit.h"
#include "store/index_take.h"

enum { SCHEMA_VERSION = 2, APPLICATION_ID = 0x6b736f6b /* "ksok" */, BUSY_MS = 10000 };

/* schema.sql, byte for byte, with a NUL behind it. */
__asm__(".pushsection .rodata\n"
	"schema_sql:\n"
	".incbin \"harness/store/schema.sql\"\n"
	".byte 0\n"
	".popsection\n");
extern const char schema_sql[];

struct index {
	sqlite3 *db;
	char *results;
	char *note; /* why it is in memory; NULL: it is a file */
};

/* --- opening --- */

enum where { FILE_AS_IS, FILE_ANEW, MEMORY };

static int make_schema(sqlite3 *db, struct err *err)
{
	char pragma[96];
	int r = sql_exec(db, "begin immediate", err);

	if (r == 0)
		r = sql_exec(db, schema_sql, err);
	snprintf(pragma, sizeof(pragma), "pragma application_id = %d; pragma user_version = %d",
		 APPLICATION_ID, SCHEMA_VERSION);
	if (r == 0)
		r = sql_exec(db, pragma, err);
	if (r == 0)
		r = sql_exec(db, "commit", err);
	if (r < 0)
		sql_exec(db, "rollback", NULL);
	return r;
}

static bool is_sound(sqlite3 *db)
{
	_cleanup_statement_ sqlite3_stmt *st = NULL;

	return sql_prepare(db, "pragma quick_check(1)", &st, NULL) == 0 &&
	       sql_step(db, st, NULL) == 1 &&
	       str_eq((const char *)sqlite3_column_text(st, 0), "ok");
}

/* Ours, of this version and sound: nothing to do. Empty: gets the schema. Else -EBADMSG. */
static int check_schema(sqlite3 *db, struct err *err)
{
	int64_t version = 0, id = 0, tables = 0;
	int r = sql_ask_int(db, "pragma user_version", 0, &version, err);

	if (r == 0)
		r = sql_ask_int(db, "pragma application_id", 0, &id, err);
	if (r == 0)
		r = sql_ask_int(db, "select count(*) from sqlite_schema", 0, &tables, err);
	if (r < 0)
		return r;
	if (tables == 0)
		return make_schema(db, err);
	if (version != SCHEMA_VERSION || id != APPLICATION_ID)
		return err_set(err, EBADMSG, INDEX_FILE " is of another version");
	return is_sound(db) ? 0 : err_set(err, EBADMSG, INDEX_FILE " is damaged");
}

static void remove_files(const char *results)
{
	static const char *const tail[] = { "", "-wal", "-shm", "-journal" };

	for (size_t i = 0; i < ARRAY_SIZE(tail); i++) {
		_cleanup_free_
		char *path = xasprintf("%s/" INDEX_FILE "%s", results, tail[i]);

		unlink(path);
	}
}

static int connect_db(const char *path, sqlite3 **ret, struct err *err)
{
	int r = sqlite3_open(path, ret) == SQLITE_OK ? 0 : sql_error(*ret, err);

	if (r < 0)
		return r;
	sqlite3_busy_timeout(*ret, BUSY_MS);
	/* WAL where the file system can; with it `normal` is safe, and the rest is derived again.
	 */
	return sql_exec(*ret,
			"pragma foreign_keys = on; pragma trusted_schema = off;"
			"pragma journal_mode = wal; pragma synchronous = normal",
			err);
}

static int open_db(const char *results, enum where where, sqlite3 **ret, struct err *err)
{
	_cleanup_free_
	char *path = where == MEMORY ? xstrdup(":memory:") : xasprintf("%s/" INDEX_FILE, results);
	sqlite3 *db = NULL;
	int r;

	if (where == FILE_ANEW)
		remove_files(results);
	r = connect_db(path, &db, err);
	if (r == 0)
		r = check_schema(db, err);
	if (r < 0) {
		sqlite3_close(db);
		return r;
	}
	*ret = db;
	return 0;
}

/* Tries the file, a new file where it is damaged, and at last memory. */
static int reopen(struct index *ix, enum where where, struct err *err)
{
	struct err why = { 0 };
	int r;

	sqlite3_close(TAKE(ix->db, NULL));
	for (;; where = r == -EBADMSG && where == FILE_AS_IS ? FILE_ANEW : MEMORY) {
		r = open_db(ix->results, where, &ix->db, &why);
		if (r == 0 && where == MEMORY && ix->results && !ix->note)
			ix->note = xstrdup(why.msg);
		if (r == 0)
			return 0;
		if (where == MEMORY)
			return err_set(err, why.code, "%s", why.msg);
	}
}

int index_open(const char *results, struct index **ret, struct err *err)
{
	struct index *ix = xcalloc(1, sizeof(*ix));
	int r;

	ix->results = results ? xstrdup(results) : NULL;
	r = reopen(ix, results ? FILE_AS_IS : MEMORY, err);
	if (r < 0) {
		index_close(ix);
		return r;
	}
	*ret = ix;
	return 0;
}

struct index *index_close(struct index *ix)
{
	if (!ix)
		return NULL;
	sqlite3_close(ix->db);
	free(ix->results);
	free(ix->note);
	free(ix);
	return NULL;
}

const char *index_note(const struct index *ix)
{
	return ix->note;
}

/* --- keeping up --- */

static int end_transaction(sqlite3 *db, int r, struct err *err)
{
	if (r == 0)
		r = sql_exec(db, "commit", err);
	if (r < 0)
		sql_exec(db, "rollback", NULL);
	return r;
}

int index_ingest_run(struct index *ix, const struct run_dir *run, struct err *err)
{
	int64_t mark = 0;
	int r = run_fingerprint(run, &mark, err);

	if (r == 0)
		r = sql_exec(ix->db, "begin immediate", err);
	if (r < 0)
		return r;
	return end_transaction(ix->db, index_take_run(ix->db, run, mark, err), err);
}

static int known_mark(struct index *ix, const char *run, int64_t *ret, struct err *err)
{
	_cleanup_statement_ sqlite3_stmt *st = NULL;
	struct sql_row row = { 0 };
	int r = sql_prepare(ix->db, "select fingerprint from run where run = ?", &st, err);

	if (r < 0)
		return r;
	row.st = st;
	sql_put_text(&row, run);
	r = sql_step(ix->db, st, err);
	if (r == 1)
		*ret = sqlite3_column_int64(st, 0);
	return r;
}

static int refresh_run(struct index *ix, const char *id, struct err *err)
{
	_cleanup_run_dir_ struct run_dir run = RUN_DIR_INIT;
	int64_t mark = 0, known = 0;
	struct err why = { 0 };
	int r = run_dir_open(ix->results, id, &run, &why);

	if (r == 0)
		r = run_fingerprint(&run, &mark, &why);
	if (r < 0) {
		r = sql_exec(ix->db, "begin immediate", err);
		return r < 0 ? r
			     : end_transaction(ix->db, index_take_unreadable(ix->db, id, &why, err),
					       err);
	}
	r = known_mark(ix, id, &known, err);
	if (r < 0 || (r == 1 && known == mark))
		return MIN(r, 0);
	return index_ingest_run(ix, &run, err);
}

static int forget_gone(struct index *ix, const struct strv *there, struct err *err)
{
	_cleanup_statement_ sqlite3_stmt *st = NULL;
	_cleanup_strv_ struct strv gone = { 0 };
	int r = sql_prepare(ix->db, "select run from run", &st, err);

	while (r == 0 && (r = sql_step(ix->db, st, err)) == 1) {
		const char *run = (const char *)sqlite3_column_text(st, 0);

		if (!strv_has(there, run))
			strv_add(&gone, run);
		r = 0;
	}
	sqlite3_reset(st);
	for (size_t i = 0; i < gone.n && r == 0; i++)
		r = index_forget(ix->db, gone.item[i], err);
	return r;
}

static int refresh_once(struct index *ix, struct err *err)
{
	_cleanup_strv_ struct strv ids = { 0 };
	int r = run_dir_list(ix->results, &ids, err);

	for (size_t i = 0; i < ids.n && r == 0; i++)
		r = refresh_run(ix, ids.item[i], err);
	return r < 0 ? r : forget_gone(ix, &ids, err);
}

int index_refresh(struct index *ix, struct err *err)
{
	struct err why = { 0 };
	int r = refresh_once(ix, &why);

	if (r == 0)
		return 0;
	if (ix->note)
		return err_set(err, why.code, "%s", why.msg);
	/* Damage that quick_check did not see: a new file. A full or read-only disk: memory. */
	if (r != -EBADMSG)
		ix->note = xstrdup(why.msg);
	r = reopen(ix, r == -EBADMSG ? FILE_ANEW : MEMORY, err);
	return r < 0 ? r : refresh_once(ix, err);
}

int index_rebuild(const char *results, struct index **ret, struct err *err)
{
	struct index *ix = xcalloc(1, sizeof(*ix));
	int r;

	ix->results = xstrdup(results);
	r = open_db(results, FILE_ANEW, &ix->db, err);
	if (r == 0)
		r = refresh_once(ix, err);
	if (r < 0) {
		index_close(ix);
		return err_exit(err, EXIT_CANNOT_WRITE);
	}
	*ret = ix;
	return 0;
}

/* --- asking --- */

static const char *text(sqlite3_stmt *st, int column)
{
	const unsigned char *s = sqlite3_column_text(st, column);

	return s ? (const char *)s : "";
}

static uint64_t number(sqlite3_stmt *st, int column)
{
	int64_t v = sqlite3_column_int64(st, column);

	return v > 0 ? (uint64_t)v : 0;
}

static struct index_run run_of_row(sqlite3_stmt *st)
{
	struct index_run run = {
		.run = text(st, 0),
		.scenario = text(st, 1),
		.started_s = sqlite3_column_int64(st, 2),
		.state = text(st, 3),
		.why = text(st, 4),
		.planned = number(st, 5),
		.unfinished = number(st, 6),
		.exposure_ns = number(st, 7),
	};

	for (int o = 0; o < OUTCOME_COUNT; o++)
		run.outcome[o] = number(st, 8 + o);
	return run;
}

/* One `sum(outcome = 'X')` per outcome, in the enum's order. */
static char *runs_query(void)
{
	_cleanup_buf_ struct buf b = BUF_INIT;

	buf_puts(&b, "select run, scenario, run.started_s, state, why, planned,"
		     " sum(outcome = 'INFRA' and not final),"
		     " sum(case when outcome = 'INFRA' then 0 else exposure_ns end)");
	for (int o = 0; o < OUTCOME_COUNT; o++)
		buf_printf(&b, ", sum(outcome = '%s')", outcome_name((enum outcome)o));
	buf_puts(&b, " from run left join trial using (run) group by run"
		     " order by run.started_s, run");
	return buf_steal(&b);
}

int index_runs(struct index *ix, index_run_fn fn, void *arg, struct err *err)
{
	_cleanup_statement_ sqlite3_stmt *st = NULL;
	_cleanup_free_
	char *sql = runs_query();
	int r = sql_prepare(ix->db, sql, &st, err);

	while (r == 0 && (r = sql_step(ix->db, st, err)) == 1) {
		struct index_run run = run_of_row(st);

		r = fn(arg, &run);
		if (r != 0)
			return r;
	}
	return r;
}

static struct index_trial trial_of_row(sqlite3_stmt *st)
{
	struct index_trial t = {
		.trial = number(st, 0),
		.arm = text(st, 1),
		.final = sqlite3_column_int(st, 3),
		.reason = text(st, 4),
		.exposure_ns = number(st, 5),
		.exposure_work = sqlite3_column_type(st, 6) == SQLITE_NULL
					 ? NAN
					 : sqlite3_column_double(st, 6),
		.unit = text(st, 7),
		.kernel = text(st, 8),
		.started_s = sqlite3_column_int64(st, 9),
		.title = text(st, 10),
		.crash_id = text(st, 11),
	};

	if (!outcome_by_name(text(st, 2), &t.outcome))
		t.outcome = OUTCOME_INFRA;
	return t;
}

int index_trials(struct index *ix, const char *run, index_trial_fn fn, void *arg, struct err *err)
{
	_cleanup_statement_ sqlite3_stmt *st = NULL;
	struct sql_row row = { 0 };
	int r = sql_prepare(
		ix->db,
		"select t.trial, arm, outcome, final, reason, exposure_ns, exposure_work, unit,"
		" kernel, started_s, title, id from trial t left join sighting s"
		" on s.run = t.run and s.trial = t.trial and s.position = 0"
		" where t.run = ? order by t.trial",
		&st, err);

	if (r < 0)
		return r;
	row.st = st;
	sql_put_text(&row, run);
	while (r == 0 && (r = sql_step(ix->db, st, err)) == 1) {
		struct index_trial trial = trial_of_row(st);

		r = fn(arg, &trial);
		if (r != 0)
			return r;
	}
	return r;
}
