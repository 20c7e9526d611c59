/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rules are those of the tools named; the code is ours. */
#include "stats/rivals.h"

#include <math.h>

#include "base/buf.h"

static const double wrong_wanted = 0.05;

/* ---- some runs of one version over the slots ---- */

struct job {
	double start, end;
	bool crash;
};

/* One run from `start` on, on slot i; with all its boots. */
static struct job play_job(struct game *g, const struct rival_round *b, size_t i, double start)
{
	struct job j = { .start = start, .end = start };
	double left = b->length_s, lived;
	enum game_end end = GAME_OTHER;

	while (end == GAME_OTHER && left > 1e-9) {
		j.end += game_boot(g, i, b->version);
		end = game_run(g, b->version, 0, left, &lived);
		j.end += lived;
		left -= lived;
		if (end == GAME_OTHER && b->any_crash)
			end = GAME_CRASH;
	}
	j.crash = end == GAME_CRASH;
	return j;
}

static size_t soonest(const double *free_at, size_t n)
{
	size_t best = 0;

	for (size_t i = 1; i < n; i++)
		if (free_at[i] < free_at[best])
			best = i;
	return best;
}

static struct rival_count play_unusable(struct game *g, const struct rival_round *b)
{
	size_t tries = b->all ? b->runs : 1;

	for (size_t i = 0; i < tries; i++) {
		double s = game_boot(g, i % g->w->slots, b->version);

		g->cost_s += s;
		g->wall_s += s / (double)MIN(tries, g->w->slots);
	}
	return (struct rival_count){ .unusable = true };
}

/* Each run goes to the slot that is free first; one that a crash forestalls is never begun. */
struct rival_count rival_play(struct game *g, const struct rival_round *b)
{
	_cleanup_free_
	struct job *job = xcalloc(b->runs, sizeof(*job));
	double free_at[GAME_SLOTS_MAX] = { 0 }, first_crash = INFINITY, last = 0;
	struct rival_count t = { 0 };
	size_t n = 0;

	if (g->unusable[b->version])
		return play_unusable(g, b);
	while (n < b->runs) {
		size_t i = soonest(free_at, g->w->slots);

		if (!b->all && free_at[i] >= first_crash)
			break;
		job[n] = play_job(g, b, i, free_at[i]);
		free_at[i] = job[n].end;
		first_crash = job[n].crash ? fmin(first_crash, job[n].end) : first_crash;
		n++;
	}
	for (size_t i = 0; i < n; i++) {
		double end = b->all ? job[i].end : fmin(job[i].end, first_crash);

		t.crashed += job[i].crash && job[i].end <= end;
		t.clean += !job[i].crash && job[i].end <= end;
		g->cost_s += end - job[i].start;
		last = fmax(last, end);
	}
	g->wall_s += last;
	return t;
}

/* ---- git bisect: a verdict a version, and it is final ---- */

enum word { GOOD, BAD, SKIP };

/* The version nearest to the middle that was not skipped; 0 where there is none. */
static size_t middle(size_t good, size_t bad, const bool *skipped)
{
	size_t mid = (good + bad) / 2;

	for (size_t d = 0; d < bad - good; d++) {
		if (mid + d < bad && !skipped[mid + d])
			return mid + d;
		if (mid > good + d && !skipped[mid - d])
			return mid - d;
	}
	return 0;
}

typedef enum word judge_fn(struct game *g, size_t version, void *arg);

static struct verdict_range git_bisect(struct game *g, judge_fn *judge, void *arg)
{
	_cleanup_free_
	bool *skipped = xcalloc(g->w->versions, sizeof(*skipped));
	size_t good = 0, bad = g->w->versions - 1, v;

	while (bad - good > 1 && (v = middle(good, bad, skipped)))
		switch (judge(g, v, arg)) {
		case GOOD: good = v; break;
		case BAD: bad = v; break;
		case SKIP: skipped[v] = true; break;
		}
	return (struct verdict_range){ good + 1, bad };
}

static enum word judge_fixed(struct game *g, size_t version, void *arg)
{
	struct rival_round b = *(const struct rival_round *)arg;
	struct rival_count t;

	b.version = version;
	t = rival_play(g, &b);
	return t.unusable ? SKIP : t.crashed ? BAD : GOOD;
}

/* `seconds` in all, in at least `runs` runs: more slots share the same time. */
static struct verdict_range fixed(struct game *g, size_t runs, double seconds)
{
	struct rival_round b = { .runs = MAX(runs, g->w->slots) };

	b.length_s = seconds / (double)b.runs;
	return git_bisect(g, judge_fixed, &b);
}

static double steps_over_wrong(const struct game *g)
{
	return fmax(1, ceil(log2((double)(g->w->versions - 1)))) / wrong_wanted;
}

static struct verdict_range play_naive(struct game *g)
{
	return fixed(g, 5, 5 * 600.0);
}

static struct verdict_range play_tuned(struct game *g)
{
	return fixed(g, 5, game_mttf_seen(g) * log(steps_over_wrong(g)));
}

/* What is left of the promise where the MTTF was seen in few crashes: Lomax, not exponential. */
static struct verdict_range play_safe(struct game *g)
{
	double d = (double)g->w->first_crashes;

	return fixed(g, 5, d * game_mttf_seen(g) * (pow(steps_over_wrong(g), 1 / d) - 1));
}

static struct verdict_range play_oracle(struct game *g)
{
	return fixed(g, 1, g->w->mttf_s * log(steps_over_wrong(g)));
}

/* ---- syzkaller's pkg/bisect: ten guests a commit, any crash counts ---- */

struct syz {
	double length_s;
	bool flaky;
};

static struct rival_count syz_batch(struct game *g, size_t version, size_t runs,
				    const struct syz *s)
{
	struct rival_round b = { version, runs, s->length_s, true, true };

	return rival_play(g, &b);
}

static bool mostly_clean(const struct rival_count *t)
{
	return (double)t->crashed / (double)(t->crashed + t->clean) < 0.5;
}

static enum word judge_syz(struct game *g, size_t version, void *arg)
{
	struct syz *s = arg;
	size_t runs = s->flaky ? 20 : 10;
	struct rival_count t = syz_batch(g, version, runs, s);

	if (!t.unusable && t.crashed == 0 && t.clean >= (s->flaky ? runs * 3 / 4 : runs / 2))
		return GOOD;
	if (t.crashed >= MAX(2, runs / 6) && t.crashed + t.clean >= runs / 2) {
		s->flaky = s->flaky || mostly_clean(&t);
		return BAD;
	}
	return SKIP;
}

/* Its 20 runs at the bad end are set-up, and free; what it could not decide it does not name. */
static struct verdict_range syz(struct game *g, double length_s)
{
	struct syz s = { .length_s = length_s };
	double cost = g->cost_s, wall = g->wall_s;
	struct rival_count t = syz_batch(g, g->w->versions - 1, 20, &s);
	struct verdict_range r;

	g->cost_s = cost;
	g->wall_s = wall;
	for (size_t i = 0; i < g->w->slots; i++)
		g->slot[i].any = i == 0;
	if (t.crashed < 3)
		return (struct verdict_range){ 0 };
	s.flaky = mostly_clean(&t);
	r = git_bisect(g, judge_syz, &s);
	for (size_t v = r.first; v < r.last; v++)
		if (!g->unusable[v])
			return (struct verdict_range){ 0 };
	return r;
}

static struct verdict_range play_syz(struct game *g)
{
	return syz(g, 360);
}

static struct verdict_range play_syz_tuned(struct game *g)
{
	return syz(g, game_mttf_seen(g));
}

static struct verdict_range play_bernoulli(struct game *g)
{
	return bernoulli_play(g, 600);
}

static struct verdict_range play_bernoulli_tuned(struct game *g)
{
	return bernoulli_play(g, game_mttf_seen(g));
}

const struct rival *rival_nth(size_t i)
{
	static const struct rival table[] = {
		{ "naive", "git bisect, 5 runs of 600 s a version", play_naive },
		{ "tuned", "git bisect, 5 runs by the mean of the first crashes", play_tuned },
		{ "safe", "as tuned, with what few crashes leave unknown allowed for", play_safe },
		{ "oracle", "git bisect, 1 run, told the rate", play_oracle },
		{ "syz", "syzkaller's pkg/bisect: 10 or 20 guests of 360 s", play_syz },
		{ "syz-tuned", "the same, as long as the mean of the first crashes",
		  play_syz_tuned },
		{ "bernoulli", "Bayes over tests of 600 s (BBChop, git_bayesect)", play_bernoulli },
		{ "bernoulli-tuned", "the same, as long as the mean of the first crashes",
		  play_bernoulli_tuned },
	};

	return i < ARRAY_SIZE(table) ? &table[i] : NULL;
}
