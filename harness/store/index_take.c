/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/index_take.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/hash.h"
#include "store/about.h"
#include "store/verdicts.h"

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
	struct sql_row row = { .st = in->trial };

	sql_put_text(&row, in->run);
	sql_put_u64(&row, v->trial);
	sql_put_text(&row, v->arm);
	sql_put_u64(&row, v->block);
	sql_put_u64(&row, v->slot);
	sql_put_u64(&row, v->seed);
	sql_put_text(&row, outcome_name(v->outcome));
	sql_put_int(&row, v->final);
	sql_put_text(&row, step_name(v->step));
	sql_put_text(&row, v->reason);
	sql_put_u64(&row, v->exposure_ns);
	sql_put_double(&row, v->exposure_work);
	sql_put_text(&row, v->unit);
	sql_put_u64(&row, v->boot_ns);
	sql_put_u64(&row, v->settle_ns);
	sql_put_int(&row, v->started_s);
	sql_put_u64(&row, v->wall_ns);
	sql_put_text(&row, v->kernel);
	sql_put_text(&row, v->accel);
	sql_put_double(&row, v->host_load);
	sql_put_double(&row, v->host_steal);
	sql_put_u64(&row, v->vcpu_ns);
	sql_put_u64(&row, v->reader_lag_ns);
	sql_put_u64(&row, v->n_sightings);
	return sql_put_row(in->db, &row, in->err);
}

static int put_sighting(struct ingest *in, int64_t position, const struct sighting *s)
{
	struct sql_row row = { .st = in->sighting };

	sql_put_text(&row, in->run);
	sql_put_u64(&row, in->v->trial);
	sql_put_int(&row, position);
	sql_put_text(&row, s->id);
	sql_put_text(&row, s->id_fine);
	sql_put_text(&row, crash_info(s->class)->name);
	sql_put_text(&row, severity_name(s->severity));
	sql_put_text(&row, s->title);
	sql_put_text(&row, s->function);
	sql_put_text(&row, s->module);
	sql_put_text(&row, integrity_name(s->integrity));
	sql_put_int(&row, s->panicked);
	sql_put_u64(&row, s->offset);
	sql_put_u64(&row, s->end);
	sql_put_u64(&row, s->at_ns);
	sql_put_double(&row, s->guest_s);
	sql_put_u64(&row, s->repeats);
	return sql_put_row(in->db, &row, in->err);
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
	int r = sql_prepare(
		db, "insert into trial values (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
		&trial, err);

	if (r == 0)
		r = sql_prepare(db,
				"insert into sighting values (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
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

int run_fingerprint(const struct run_dir *run, int64_t *ret, struct err *err)
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
	struct sql_row row = { 0 };
	int r = sql_prepare(db, "insert into run values (?,?,?,?,?,?,?)", &st, err);

	if (r < 0)
		return r;
	row.st = st;
	sql_put_text(&row, run);
	sql_put_text(&row, about->scenario);
	sql_put_int(&row, about->started_s);
	sql_put_text(&row, run_state_name(about->state));
	sql_put_text(&row, about->why);
	sql_put_u64(&row, about->planned);
	sql_put_int(&row, mark);
	return sql_put_row(db, &row, err);
}

static int take_planned_arms(sqlite3 *db, const char *run, const struct strv *arm, struct err *err)
{
	_cleanup_statement_ sqlite3_stmt *st = NULL;
	int r = sql_prepare(db, "insert into arm values (?,?,?)", &st, err);

	for (size_t i = 0; i < arm->n && r == 0; i++) {
		struct sql_row row = { .st = st };

		sql_put_text(&row, run);
		sql_put_u64(&row, i);
		sql_put_text(&row, arm->item[i]);
		r = sql_put_row(db, &row, err);
	}
	return r;
}

/* Arms that only verdicts know (no plan.json), behind the others, by their first trial. */
static int take_other_arms(sqlite3 *db, const char *run, size_t first, struct err *err)
{
	_cleanup_statement_ sqlite3_stmt *st = NULL;
	struct sql_row row = { 0 };
	int r = sql_prepare(
		db,
		"insert into arm select ?1, ?2 - 1 + row_number() over (order by min(trial)),"
		" arm from trial where run = ?1 and arm not in"
		" (select arm from arm where run = ?1) group by arm",
		&st, err);

	if (r < 0)
		return r;
	row.st = st;
	sql_put_text(&row, run);
	sql_put_u64(&row, first);
	return sql_put_row(db, &row, err);
}

int index_forget(sqlite3 *db, const char *run, struct err *err)
{
	_cleanup_statement_ sqlite3_stmt *st = NULL;
	struct sql_row row = { 0 };
	int r = sql_prepare(db, "delete from run where run = ?", &st, err);

	if (r < 0)
		return r;
	row.st = st;
	sql_put_text(&row, run);
	return sql_put_row(db, &row, err);
}

int index_take_run(sqlite3 *db, const struct run_dir *run, int64_t mark, struct err *err)
{
	_cleanup_about_ struct about about = { 0 };
	int r = index_forget(db, run->id, err);

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

int index_take_unreadable(sqlite3 *db, const char *run, const struct err *why, struct err *err)
{
	_cleanup_about_ struct about about = { .state = RUN_DAMAGED,
					       .started_s = run_id_started(run) };
	int r = index_forget(db, run, err);

	about.scenario = xstrdup("");
	snprintf(about.why, sizeof(about.why), "%.*s", (int)sizeof(about.why) - 1, why->msg);
	return r < 0 ? r : take_about(db, run, &about, 0, err);
}
