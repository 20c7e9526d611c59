/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/index.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <sqlite3.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/exit.h"
#include "base/hash.h"
#include "store/about.h"
#include "store/verdicts.h"

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

static int code_of(int sqlite_code)
{
	switch (sqlite_code & 0xff) {
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
	case SQLITE_SCHEMA:
	case SQLITE_ERROR: return EBADMSG; /* a table that should be there is not */
	case SQLITE_FULL: return ENOSPC;
	case SQLITE_READONLY: return EROFS;
	case SQLITE_BUSY:
	case SQLITE_LOCKED: return EBUSY;
	default: return EIO;
	}
}

static int sql_error(sqlite3 *db, struct err *err)
{
	return err_set(err, code_of(sqlite3_errcode(db)), INDEX_FILE ": %s", sqlite3_errmsg(db));
}

static int exec(sqlite3 *db, const char *sql, struct err *err)
{
	return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : sql_error(db, err);
}

static void cleanup_statement(sqlite3_stmt **st)
{
	sqlite3_finalize(*st);
}
#define _cleanup_statement_ _cleanup_(cleanup_statement)

static int prepare(sqlite3 *db, const char *sql, sqlite3_stmt **ret, struct err *err)
{
	return sqlite3_prepare_v2(db, sql, -1, ret, NULL) == SQLITE_OK ? 0 : sql_error(db, err);
}

/* 1: a row; 0: no more. */
static int step(sqlite3 *db, sqlite3_stmt *st, struct err *err)
{
	int r = sqlite3_step(st);

	return r == SQLITE_ROW ? 1 : r == SQLITE_DONE ? 0 : sql_error(db, err);
}

/* The first column of the first row, or `fallback`. */
static int ask_int(sqlite3 *db, const char *sql, int64_t fallback, int64_t *ret, struct err *err)
{
	_cleanup_statement_ sqlite3_stmt *st = NULL;
	int r = prepare(db, sql, &st, err);

	if (r == 0)
		r = step(db, st, err);
	if (r >= 0)
		*ret = r ? sqlite3_column_int64(st, 0) : fallback;
	return MIN(r, 0);
}

/* --- opening --- */

enum where { FILE_AS_IS, FILE_ANEW, MEMORY };

static int make_schema(sqlite3 *db, struct err *err)
{
	char pragma[96];
	int r = exec(db, "begin immediate", err);

	if (r == 0)
		r = exec(db, schema_sql, err);
	snprintf(pragma, sizeof(pragma), "pragma application_id = %d; pragma user_version = %d",
		 APPLICATION_ID, SCHEMA_VERSION);
	if (r == 0)
		r = exec(db, pragma, err);
	if (r == 0)
		r = exec(db, "commit", err);
	if (r < 0)
		exec(db, "rollback", NULL);
	return r;
}

static bool is_sound(sqlite3 *db)
{
	_cleanup_statement_ sqlite3_stmt *st = NULL;

	return prepare(db, "pragma quick_check(1)", &st, NULL) == 0 && step(db, st, NULL) == 1 &&
	       str_eq((const char *)sqlite3_column_text(st, 0), "ok");
}

/* Ours, of this version and sound: nothing to do. Empty: gets the schema. Else -EBADMSG. */
static int check_schema(sqlite3 *db, struct err *err)
{
	int64_t version = 0, id = 0, tables = 0;
	int r = ask_int(db, "pragma user_version", 0, &version, err);

	if (r == 0)
		r = ask_int(db, "pragma application_id", 0, &id, err);
	if (r == 0)
		r = ask_int(db, "select count(*) from sqlite_schema", 0, &tables, err);
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
	return exec(*ret,
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

/* --- taking in --- */

/* Binds one value after the other; the first failure stays. */
struct row {
	sqlite3_stmt *st;
	int column, code;
};

static void put(struct row *row, int code)
{
	if (row->code == SQLITE_OK)
		row->code = code;
}

static void put_text(struct row *row, const char *s)
{
	put(row, sqlite3_bind_text(row->st, ++row->column, s, -1, SQLITE_TRANSIENT));
}

static void put_int(struct row *row, int64_t v)
{
	put(row, sqlite3_bind_int64(row->st, ++row->column, v));
}

/* TIME_NEVER, and what SQLite's integers cannot hold, become null. */
static void put_u64(struct row *row, uint64_t v)
{
	if (v > INT64_MAX)
		put(row, sqlite3_bind_null(row->st, ++row->column));
	else
		put_int(row, (int64_t)v);
}

static void put_double(struct row *row, double v)
{
	if (isfinite(v))
		put(row, sqlite3_bind_double(row->st, ++row->column, v));
	else
		put(row, sqlite3_bind_null(row->st, ++row->column));
}

static int put_row(sqlite3 *db, struct row *row, struct err *err)
{
	int r = row->code == SQLITE_OK ? step(db, row->st, err) : sql_error(db, err);

	sqlite3_reset(row->st);
	return r;
}

struct ingest {
	sqlite3 *db;
	const char *run;
	int run_fd;
	const struct verdict *v; /* the trial that is being taken in */
	int64_t others;          /* sightings beside the one that decided */
	sqlite3_stmt *trial, *sighting;
	struct err *err;
};

static int put_trial(struct ingest *in, const struct verdict *v)
{
	struct row row = { .st = in->trial };

	put_text(&row, in->run);
	put_u64(&row, v->trial);
	put_text(&row, v->arm);
	put_u64(&row, v->block);
	put_u64(&row, v->slot);
	put_u64(&row, v->seed);
	put_text(&row, outcome_name(v->outcome));
	put_int(&row, v->final);
	put_text(&row, step_name(v->step));
	put_text(&row, v->reason);
	put_u64(&row, v->exposure_ns);
	put_double(&row, v->exposure_work);
	put_text(&row, v->unit);
	put_u64(&row, v->boot_ns);
	put_u64(&row, v->settle_ns);
	put_int(&row, v->started_s);
	put_u64(&row, v->wall_ns);
	put_text(&row, v->kernel);
	put_text(&row, v->accel);
	put_double(&row, v->host_load);
	put_double(&row, v->host_steal);
	put_u64(&row, v->vcpu_ns);
	put_u64(&row, v->reader_lag_ns);
	put_u64(&row, v->n_sightings);
	return put_row(in->db, &row, in->err);
}

static int put_sighting(struct ingest *in, int64_t position, const struct sighting *s)
{
	struct row row = { .st = in->sighting };

	put_text(&row, in->run);
	put_u64(&row, in->v->trial);
	put_int(&row, position);
	put_text(&row, s->id);
	put_text(&row, s->id_fine);
	put_text(&row, crash_info(s->class)->name);
	put_text(&row, severity_name(s->severity));
	put_text(&row, s->title);
	put_text(&row, s->function);
	put_text(&row, s->module);
	put_text(&row, integrity_name(s->integrity));
	put_int(&row, s->panicked);
	put_u64(&row, s->offset);
	put_u64(&row, s->end);
	put_u64(&row, s->at_ns);
	put_double(&row, s->guest_s);
	put_u64(&row, s->repeats);
	return put_row(in->db, &row, in->err);
}

static int take_other(void *arg, const struct sighting *s)
{
	struct ingest *in = arg;

	if (in->v->has_sighting && s->offset == in->v->sighting.offset &&
	    str_eq(s->id, in->v->sighting.id))
		return 0;
	return put_sighting(in, ++in->others, s);
}

static int take_verdict(void *arg, const struct verdict *v)
{
	struct ingest *in = arg;
	int r;

	in->v = v;
	in->others = 0;
	r = put_trial(in, v);
	if (r == 0 && v->has_sighting)
		r = put_sighting(in, 0, &v->sighting);
	return r < 0 ? r : sightings_read(in->run_fd, v->trial, take_other, in);
}

static int take_trials(sqlite3 *db, const struct run_dir *run, struct err *err)
{
	_cleanup_statement_ sqlite3_stmt *trial = NULL, *sighting = NULL;
	struct ingest in = { .db = db, .run = run->id, .run_fd = run->fd, .err = err };
	int r = prepare(
		db, "insert into trial values (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
		&trial, err);

	if (r == 0)
		r = prepare(db, "insert into sighting values (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
			    &sighting, err);
	in.trial = trial;
	in.sighting = sighting;
	return r < 0 ? r : verdicts_read(run->fd, take_verdict, &in, err);
}

static uint64_t hash_stat(uint64_t h, int dirfd, const char *name)
{
	struct stat st;

	if (fstatat(dirfd, name, &st, 0) < 0)
		return hash_bytes(h, "-", 1);
	h = hash_bytes(h, &st.st_ino, sizeof(st.st_ino));
	h = hash_bytes(h, &st.st_size, sizeof(st.st_size));
	return hash_bytes(h, &st.st_mtim, sizeof(st.st_mtim));
}

/* Changes whenever a file changes that the index reads; costs a stat a trial. */
static int fingerprint(const struct run_dir *run, int64_t *ret, struct err *err)
{
	_cleanup_free_
	uint64_t *trial = NULL;
	uint64_t h = hash_stat(hash_stat(HASH_INIT, run->fd, RUN_PLAN), run->fd, RUN_JOURNAL);
	size_t n = 0;
	int r = trial_dir_list(run->fd, &trial, &n, err);

	for (size_t i = 0; i < n; i++) {
		char name[TRIAL_NAME_LEN + sizeof("/" TRIAL_VERDICT)];

		trial_name(trial[i], name);
		strcat(name, "/" TRIAL_VERDICT);
		h = hash_stat(hash_bytes(h, &trial[i], sizeof(trial[i])), run->fd, name);
	}
	*ret = (int64_t)h;
	return r;
}

static int take_about(sqlite3 *db, const char *run, const struct about *about, int64_t mark,
		      struct err *err)
{
	_cleanup_statement_ sqlite3_stmt *st = NULL;
	struct row row = { 0 };
	int r = prepare(db, "insert into run values (?,?,?,?,?,?,?)", &st, err);

	if (r < 0)
		return r;
	row.st = st;
	put_text(&row, run);
	put_text(&row, about->scenario);
	put_int(&row, about->started_s);
	put_text(&row, run_state_name(about->state));
	put_text(&row, about->why);
	put_u64(&row, about->planned);
	put_int(&row, mark);
	return put_row(db, &row, err);
}

static int take_planned_arms(sqlite3 *db, const char *run, const struct strv *arm, struct err *err)
{
	_cleanup_statement_ sqlite3_stmt *st = NULL;
	int r = prepare(db, "insert into arm values (?,?,?)", &st, err);

	for (size_t i = 0; i < arm->n && r == 0; i++) {
		struct row row = { .st = st };

		put_text(&row, run);
		put_u64(&row, i);
		put_text(&row, arm->item[i]);
		r = put_row(db, &row, err);
	}
	return r;
}

/* Arms that only verdicts know (no plan.json), behind the others, by their first trial. */
static int take_other_arms(sqlite3 *db, const char *run, size_t first, struct err *err)
{
	_cleanup_statement_ sqlite3_stmt *st = NULL;
	struct row row = { 0 };
	int r = prepare(
		db,
		"insert into arm select ?1, ?2 - 1 + row_number() over (order by min(trial)),"
		" arm from trial where run = ?1 and arm not in"
		" (select arm from arm where run = ?1) group by arm",
		&st, err);

	if (r < 0)
		return r;
	row.st = st;
	put_text(&row, run);
	put_u64(&row, first);
	return put_row(db, &row, err);
}

static int forget(sqlite3 *db, const char *run, struct err *err)
{
	_cleanup_statement_ sqlite3_stmt *st = NULL;
	struct row row = { 0 };
	int r = prepare(db, "delete from run where run = ?", &st, err);

	if (r < 0)
		return r;
	row.st = st;
	put_text(&row, run);
	return put_row(db, &row, err);
}

static int take_run(sqlite3 *db, const struct run_dir *run, int64_t mark, struct err *err)
{
	_cleanup_about_ struct about about = { 0 };
	int r = forget(db, run->id, err);

	about_read(run, &about);
	if (r == 0)
		r = take_about(db, run->id, &about, mark, err);
	if (r == 0)
		r = take_trials(db, run, err);
	if (r == 0)
		r = take_planned_arms(db, run->id, &about.arm, err);
	if (r == 0)
		r = take_other_arms(db, run->id, about.arm.n, err);
	return r;
}

/* A folder that cannot be opened or listed: a line of its own, not a reason to fail. */
static int take_unreadable(sqlite3 *db, const char *run, const struct err *why, struct err *err)
{
	_cleanup_about_ struct about about = { .state = RUN_DAMAGED,
					       .started_s = run_id_started(run) };
	int r = forget(db, run, err);

	about.scenario = xstrdup("");
	snprintf(about.why, sizeof(about.why), "%.*s", (int)sizeof(about.why) - 1, why->msg);
	return r < 0 ? r : take_about(db, run, &about, 0, err);
}

static int end_transaction(sqlite3 *db, int r, struct err *err)
{
	if (r == 0)
		r = exec(db, "commit", err);
	if (r < 0)
		exec(db, "rollback", NULL);
	return r;
}

int index_ingest_run(struct index *ix, const struct run_dir *run, struct err *err)
{
	int64_t mark = 0;
	int r = fingerprint(run, &mark, err);

	if (r == 0)
		r = exec(ix->db, "begin immediate", err);
	if (r < 0)
		return r;
	return end_transaction(ix->db, take_run(ix->db, run, mark, err), err);
}

/* --- keeping up --- */

static int known_mark(struct index *ix, const char *run, int64_t *ret, struct err *err)
{
	_cleanup_statement_ sqlite3_stmt *st = NULL;
	struct row row = { 0 };
	int r = prepare(ix->db, "select fingerprint from run where run = ?", &st, err);

	if (r < 0)
		return r;
	row.st = st;
	put_text(&row, run);
	r = step(ix->db, st, err);
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
		r = fingerprint(&run, &mark, &why);
	if (r < 0) {
		r = exec(ix->db, "begin immediate", err);
		return r < 0 ? r
			     : end_transaction(ix->db, take_unreadable(ix->db, id, &why, err), err);
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
	int r = prepare(ix->db, "select run from run", &st, err);

	while (r == 0 && (r = step(ix->db, st, err)) == 1) {
		const char *run = (const char *)sqlite3_column_text(st, 0);

		if (!strv_has(there, run))
			strv_add(&gone, run);
		r = 0;
	}
	sqlite3_reset(st);
	for (size_t i = 0; i < gone.n && r == 0; i++)
		r = forget(ix->db, gone.item[i], err);
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
	int r = prepare(ix->db, sql, &st, err);

	while (r == 0 && (r = step(ix->db, st, err)) == 1) {
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
	struct row row = { 0 };
	int r = prepare(
		ix->db,
		"select t.trial, arm, outcome, final, reason, exposure_ns, exposure_work, unit,"
		" kernel, started_s, title, id from trial t left join sighting s"
		" on s.run = t.run and s.trial = t.trial and s.position = 0"
		" where t.run = ? order by t.trial",
		&st, err);

	if (r < 0)
		return r;
	row.st = st;
	put_text(&row, run);
	while (r == 0 && (r = step(ix->db, st, err)) == 1) {
		struct index_trial trial = trial_of_row(st);

		r = fn(arg, &trial);
		if (r != 0)
			return r;
	}
	return r;
}
