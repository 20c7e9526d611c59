/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cascades out of a run's folder: what the model played is written as a run would, and read again.
 */
#include "unit.h"

#include "folder.h"
#include "report/cascade_collect.h"
#include "run_folder.h"
#include "store/journal.h"

#define BEGIN_MS INT64_C(1795000019123)

static const struct cascade_model usual = {
	.hosts = 4,
	.containers = 12,
	.rate = 2,
	.lambda = 1 / 2000.0,
	.moves = 5,
	.delay_s = 10,
	.horizon_s = 300,
};

struct made {
	struct folder dir;
	struct journal *journal;
	struct run_dir run;
	struct view view;
};

static void made_begin(struct made *f)
{
	static const char *const settings =
		"[{\"cascade\": {\"hosts\": 4, \"containers\": 12, \"rate\": 2, \"moves\": "
		"\"none\"}},"
		" {\"cascade\": {\"hosts\": 4, \"containers\": 12, \"rate\": 2, \"moves\": "
		"\"5/m\"}}]";
	struct err err = { 0 };
	json_t *plan = json_object();

	*f = (struct made){ .run = RUN_DIR_INIT };
	assert_int_equal(folder_make(&f->dir), 0);
	mkdirat(f->dir.fd, RUN_TRIALS, 0755);
	json_set_str(plan, "scenario", "autoheal");
	json_object_set_new(plan, "arms", json_pack("[ss]", "none", "limited"));
	json_object_set_new(plan, "trials", json_array());
	json_object_set_new(plan, "settings", json_loads(settings, 0, NULL));
	run_folder_json(f->dir.fd, RUN_PLAN, plan);
	assert_ok(journal_open(f->dir.fd, &f->journal, &err));
}

static void append(struct made *f, struct journal_record rec)
{
	struct err err = { 0 };

	rec.at_s = rec.at_ms / 1000;
	assert_ok(journal_append(f->journal, &rec, &err));
}

static int64_t at_ms(double s)
{
	return BEGIN_MS + llround(1000 * s);
}

static const char *why_of(const struct cascade_step *s)
{
	return s->at_s == 0 ? "begin" : s->containers > 0 ? "moved" : "died";
}

static void put_host(struct made *f, const struct cascade_host *h, uint64_t trial, const char *arm)
{
	const bool died = !isnan(h->dead_s);
	struct verdict v = {
		.outcome = !died       ? OUTCOME_STOPPED
			   : h->target ? OUTCOME_FAILED
				       : OUTCOME_OTHER,
		.final = true,
		.step = STEP_SOAK,
		.trial = trial,
		.exposure_ns = (uint64_t)(1e9 * (died ? h->dead_s : usual.horizon_s)),
		.exposure_work = h->deletions,
		.exposure_wait_ns = TIME_NEVER,
		.host_load = NAN,
		.host_steal = NAN,
	};

	snprintf(v.arm, sizeof(v.arm), "%s", arm);
	snprintf(v.unit, sizeof(v.unit), "deletions");
	run_folder_trial(f->dir.fd, &v, "");
}

static void put_end(struct made *f, uint64_t cascade, const char *why)
{
	struct journal_record end = { .event = JOURNAL_CASCADE_END, .cascade = cascade };

	end.at_ms = at_ms(usual.horizon_s);
	snprintf(end.why, sizeof(end.why), "%s", why);
	append(f, end);
}

/* As a run would have written it; its hosts are the trials 4 cascade + 1 and so on. */
static void put_cascade(struct made *f, const struct cascade *c, uint64_t cascade, const char *arm)
{
	for (size_t i = 0; i < c->n_steps; i++) {
		struct journal_record rec = {
			.event = JOURNAL_PLACE,
			.cascade = cascade,
			.trial = 4 * cascade + 1 + c->step[i].host,
			.at_ms = at_ms(c->step[i].at_s),
			.containers = (uint64_t)c->step[i].containers,
		};

		snprintf(rec.why, sizeof(rec.why), "%s", why_of(&c->step[i]));
		append(f, rec);
	}
	for (size_t i = 0; i < c->n_hosts; i++)
		put_host(f, &c->host[i], 4 * cascade + 1 + i, arm);
}

static void put_played(struct made *f, uint64_t cascade, const char *arm, double moves,
		       struct cascade *ret)
{
	struct cascade_model m = usual;
	struct rng r = rng_make(cascade + 10);

	m.moves = moves;
	cascade_play(&m, &r, ret);
	put_cascade(f, ret, cascade, arm);
}

static const struct cascades *made_load(struct made *f)
{
	struct err err = { 0 };

	f->journal = journal_free(f->journal);
	assert_ok(run_dir_open(".", f->dir.path, &f->run, &err));
	assert_ok(view_load(&f->run, &f->view, &err));
	return &f->view.cascades;
}

static void made_done(struct made *f)
{
	view_done(&f->view);
	run_dir_done(&f->run);
	folder_remove(&f->dir);
}

static void same(double got, double want, double within)
{
	if (!(fabs(got - want) <= within) && !(isnan(got) && isnan(want)))
		fail_msg("%.9g, want %.9g", got, want);
}

static void what_was_written_is_read_again(void **state)
{
	struct cascade played[3];
	struct made f;
	const struct cascades *c;

	(void)state;
	made_begin(&f);
	for (size_t i = 0; i < 3; i++) {
		put_played(&f, i, i ? "limited" : "none", i ? 5 : 0, &played[i]);
		put_end(&f, i, "time");
	}
	c = made_load(&f);
	assert_true(c->n == 3 && c->n_arms == 2 && c->open == 0 && c->unusable == 0);
	assert_string_equal(c->arm[1].name, "limited");
	assert_true(c->arm[0].moves == 0 && c->arm[1].moves == 5 && c->arm[1].in_view == 1);
	same(c->horizon_s, 300, 1e-9);
	for (size_t i = 0; i < 3; i++) {
		const struct cascade *got = &c->item[i];

		assert_true(got->n_hosts == 4 && got->containers == 12 && got->rate == 2);
		assert_int_equal(got->n_steps, played[i].n_steps);
		for (size_t h = 0; h < 4; h++) {
			same(got->host[h].dead_s, played[i].host[h].dead_s, 0.002);
			same(got->host[h].found_s, played[i].host[h].found_s, 0.002);
			same(got->host[h].deletions, played[i].host[h].deletions, 1e-6);
		}
		same(cascade_served(got), cascade_served(&played[i]), 0.1);
		cascade_done(&played[i]);
	}
	assert_true(c->all.died > 0 && c->all.deletions > 0);
	made_done(&f);
}

static void void_and_unfinished_ones_are_left_out(void **state)
{
	struct cascade played[3];
	struct made f;
	const struct cascades *c;

	(void)state;
	made_begin(&f);
	for (size_t i = 0; i < 3; i++)
		put_played(&f, i, "none", 0, &played[i]);
	put_end(&f, 0, "void: host 2 never came up");
	put_end(&f, 1, "all-dead");
	c = made_load(&f);
	assert_true(c->n == 1 && c->unusable == 1 && c->open == 1);
	assert_string_equal(c->why.item[0], "host 2 never came up");
	for (size_t i = 0; i < 3; i++)
		cascade_done(&played[i]);
	made_done(&f);
}

/* Another crash, and a host that went away without one, end their deletions and are no deaths. */
static void hosts_that_are_lost_otherwise_are_no_deaths(void **state)
{
	struct cascade c = { .n_hosts = 4, .containers = 4, .rate = 1, .end_s = 300 };
	struct made f;
	const struct cascades *got;

	(void)state;
	made_begin(&f);
	c.host = xcalloc(4, sizeof(*c.host));
	for (size_t i = 0; i < 4; i++) {
		c.host[i] = (struct cascade_host){ .dead_s = NAN, .found_s = NAN, .deletions = 10 };
		cascade_add_step(&c, 0, i, 1);
	}
	c.host[1].dead_s = 50;          /* OTHER */
	cascade_add_step(&c, 70, 2, 0); /* given up, and never said why */
	c.host[3] = (struct cascade_host){ 120, true, NAN, 10 };
	put_cascade(&f, &c, 0, "none");
	put_end(&f, 0, "time");
	got = made_load(&f);
	assert_true(got->all.died == 1 && got->all.otherwise == 2);
	same(got->item[0].host[2].dead_s, 70, 1e-9);
	assert_false(got->item[0].host[1].target);
	same(got->all.deletions, 40, 1e-9);
	cascade_done(&c);
	made_done(&f);
}

/* Clocks that are set back, hosts without a verdict, arms that nobody planned, empty cascades. */
static void odd_journals_are_survived(void **state)
{
	struct made f;
	const struct cascades *c;
	struct journal_record rec = { .event = JOURNAL_PLACE, .trial = 1, .containers = 3 };

	(void)state;
	made_begin(&f);
	rec.at_ms = BEGIN_MS;
	snprintf(rec.why, sizeof(rec.why), "begin");
	append(&f, rec);
	rec.trial = 2;
	append(&f, rec);
	rec.at_ms -= 5000; /* set back */
	rec.containers = UINT64_C(1) << 62;
	snprintf(rec.why, sizeof(rec.why), "moved");
	append(&f, rec);
	put_host(&f, &(struct cascade_host){ 1e9, true, NAN, NAN }, 1, "none");
	put_end(&f, 0, "time");
	put_end(&f, 77, "time"); /* of nobody */
	rec.cascade = 5;
	append(&f, rec);
	rec.trial = 999999;
	append(&f, rec);
	put_end(&f, 5, "void");
	c = made_load(&f);
	assert_true(c->n == 1 && c->unusable == 2);
	assert_true(c->item[0].step[2].at_s >= c->item[0].step[1].at_s);
	made_done(&f);
}

static void other_runs_have_none(void **state)
{
	struct made f;

	(void)state;
	made_begin(&f);
	assert_false(cascades_any(made_load(&f)));
	made_done(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(what_was_written_is_read_again),
		test(void_and_unfinished_ones_are_left_out),
		test(hosts_that_are_lost_otherwise_are_no_deaths),
		test(odd_journals_are_survived),
		test(other_runs_have_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
