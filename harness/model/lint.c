/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/lint.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>

#include "model/controls.h"
#include "model/explain.h"
#include "model/units.h"

void lint_done(struct lint *l)
{
	strv_done(&l->said);
}

static void say(const struct look *l, const struct err *warning)
{
	struct lint *lint = l->opt->lint;

	if (strv_has(&lint->said, warning->msg))
		return;
	strv_add(&lint->said, warning->msg);
	lint->say(lint->arg, warning);
}

#define warn(l, at, ...)                                                                           \
	do {                                                                                       \
		struct err _warning = { 0 };                                                       \
		tree_complain(&_warning, at, "warning: " __VA_ARGS__);                             \
		say(l, &_warning);                                                                 \
	} while (0)

/* ---- an arm's times ---- */

static void lint_soak(const struct look *l)
{
	char a[UNIT_TEXT];

	if (!look_is_fake(l) && l->s->limits.soak < 5 * NS_PER_S)
		warn(l, look_place(l, "limits.soak", "limits"),
		     "a soak of %s is shorter than a boot: most of the run's time goes into boots",
		     duration_format(a, l->s->limits.soak));
}

/* Classes that a limit finds, and that nothing finds without it. */
static void lint_limits(const struct look *l)
{
	const struct limits *lim = &l->s->limits;
	const struct {
		enum crash_class class;
		const char *key;
		uint64_t limit;
	} rows[] = {
		{ CRASH_HEARTBEAT_LOST, "limits.heartbeat", lim->heartbeat },
		{ CRASH_SILENCE, "limits.silence", lim->silence },
		{ CRASH_NO_PROGRESS, "limits.progress", lim->progress },
	};
	char a[UNIT_TEXT], b[UNIT_TEXT];

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *class = crash_info(rows[i].class)->name;

		if (!strv_has(&l->s->target.classes, class))
			continue;
		if (rows[i].limit == TIME_NEVER)
			warn(l, look_place(l, "fail.target.class", "fail"),
			     "%s is never seen: it is what %s finds, and that is none", class,
			     rows[i].key);
		else if (rows[i].limit >= lim->soak)
			warn(l, look_place(l, rows[i].key, "fail.target.class"),
			     "%s is never seen: %s (%s) is not over before the soak is (%s)", class,
			     rows[i].key, duration_format(a, rows[i].limit),
			     duration_format(b, lim->soak));
	}
}

/* ---- the target, and what the kernel can say ---- */

/* The first symbol in the text, less its CONFIG_; false where there is none before `end`. */
static bool next_symbol(const char **text, const char *end, char *ret, size_t size)
{
	const char *s = strstr(*text, "CONFIG_");
	size_t n = 0;

	if (!s || s >= end)
		return false;
	s += strlen("CONFIG_");
	while (isupper((unsigned char)s[n]) || isdigit((unsigned char)s[n]) || s[n] == '_')
		n++;
	snprintf(ret, size, "%.*s", (int)n, s);
	*text = s + n;
	return true;
}

/*
 * The symbol without which this kernel never prints the class, by what explain.def says it needs:
 * "CONFIG_A; what else helps", "CONFIG_A or CONFIG_B". An alternative that is no symbol ("or
 * slub_debug") may hold, and so may the rest where a symbol is "for" a part of the class. false: it
 * can print it, for all that is known.
 */
static bool lacks(enum crash_class c, const struct kconfig *config, char *ret, size_t size)
{
	const char *needs = crash_explain(c)->needs, *s = needs;
	const char *end = needs + strcspn(needs, ";");
	const char *either = strstr(needs, " or");
	char symbol[64];
	size_t n = 0;

	if (!str_after(needs, "CONFIG_"))
		return false;
	while ((either || !n) && next_symbol(&s, end, symbol, sizeof(symbol))) {
		if (!str_eq(kconfig_value(config, symbol), "n") || str_after(s, " for "))
			return false;
		if (!n++)
			snprintf(ret, size, "%s", symbol);
	}
	return !either || either > end || n > 1;
}

/* Every class that the word stands for. */
static bool lacks_all(const char *word, const struct kconfig *config, char *ret, size_t size)
{
	size_t n = 0;

	for (int c = CRASH_NONE + 1; c < CRASH_COUNT; c++)
		if (crash_is((enum crash_class)c, word) &&
		    (n++, !lacks((enum crash_class)c, config, ret, size)))
			return false;
	return n > 0;
}

/* One word of several that cannot be seen is caution; all of them are a mistake. */
static void lint_classes(const struct look *l, const struct kconfig *config)
{
	const struct strv *words = &l->s->target.classes;
	char symbol[64] = "";

	for (size_t i = 0; i < words->n; i++)
		if (!lacks_all(words->item[i], config, symbol, sizeof(symbol)))
			return;
	if (words->n)
		warn(l, look_place(l, "fail.target.class", "fail"),
		     "%s is never seen: %s was built without CONFIG_%s", words->item[words->n - 1],
		     l->s->kernel, symbol);
}

static void lint_kernel(const struct look *l)
{
	const struct lint *lint = l->opt->lint;
	_cleanup_kconfig_ struct kconfig config = { 0 };
	struct err why = { 0 };

	if (!lint->kernel || look_is_fake(l) || !*l->s->kernel)
		return;
	if (lint->kernel(lint->arg, l->s->kernel, &config, &why) < 0) {
		warn(l, look_place(l, "kernel", "kernel"), "%s", why.msg);
		return;
	}
	if (config.n)
		lint_classes(l, &config);
}

static void lint_severity(const struct look *l)
{
	for (size_t i = 0; i < l->s->target.classes.n; i++) {
		const char *word = l->s->target.classes.item[i];
		const char *severity = pairs_get(&l->s->detect.severity, word);

		if (severity && str_eq(severity, "noise"))
			warn(l, look_place(l, "detect.severity", "fail.target.class"),
			     "%s is the target, and its severity is noise: it is never seen", word);
	}
}

/* ---- the host ---- */

static void lint_cpus(const struct look *l)
{
	const uint64_t cpus = l->opt->lint->cpus;

	if (cpus && !look_is_fake(l) && l->s->guest.vcpus > cpus)
		warn(l, look_place(l, "guest.vcpus", "guest"),
		     "%llu vCPUs on a host of %llu processors: they wait for one another, so that "
		     "rates are the host's, and lockups may be, too",
		     (unsigned long long)l->s->guest.vcpus, (unsigned long long)cpus);
}

void lint_arm(const struct look *l)
{
	static void (*const lints[])(const struct look *) = {
		lint_soak, lint_limits, lint_kernel, lint_severity, lint_cpus,
	};

	for (size_t i = 0; i < ARRAY_SIZE(lints); i++)
		lints[i](l);
}

/* ---- the whole ---- */

static const struct node *arm_at(const struct look *l, const struct node *arms, size_t i)
{
	const struct entry *e = tree_get(arms, l->sc->arm[i].name);

	return e ? e->key : l->at;
}

static bool are_alike(const struct settings *a, const struct settings *b)
{
	_cleanup_json_ json_t *x = settings_to_json(a), *y = settings_to_json(b);

	return json_equal(x, y);
}

static void lint_alike(const struct look *l, const struct node *arms)
{
	const struct scenario *sc = l->sc;

	for (size_t i = 1; i < sc->n_arms; i++)
		for (size_t j = 0; j < i && !control_of(sc->arm[i].name); j++) {
			if (!are_alike(&sc->arm[i].settings, &sc->arm[j].settings))
				continue;
			warn(l, arm_at(l, arms, i),
			     "the arms %s and %s do not differ: comparing them says only what "
			     "chance "
			     "does",
			     sc->arm[j].name, sc->arm[i].name);
			break;
		}
}

/* Who lives long in both arms keeps a sequential test open. */
static void lint_endless(const struct look *l)
{
	const struct stop *stop = &l->sc->stop;

	if (stop->until_decided && !stop->trials && stop->budget_ns == TIME_NEVER)
		warn(l, look_place(l, "stop.decided", "stop"),
		     "nothing ends this where the arms cannot be told apart; say stop.trials or "
		     "stop.budget");
}

/* Guests at once, without --jobs. */
static uint64_t slots_of(const struct look *l)
{
	return l->opt->lint->cpus ? scenario_slots(l->sc, l->opt->lint->cpus) : 1;
}

static void lint_memory(const struct look *l)
{
	const uint64_t host = l->opt->lint->memory_bytes, guests = slots_of(l);
	uint64_t most = 0;
	char a[UNIT_TEXT], b[UNIT_TEXT];

	for (size_t i = 0; i < l->sc->n_arms; i++)
		if (!str_eq(l->sc->arm[i].settings.guest.backend, "fake"))
			most = MAX(most, l->sc->arm[i].settings.guest.memory_bytes);
	if (host && guests * most > host)
		warn(l, look_place(l, "guest.memory", "guest"),
		     "%llu guest%s of %s at once, and this host has %s: it would swap, or its own "
		     "OOM killer choose; run fewer (--jobs)",
		     (unsigned long long)guests, guests == 1 ? "" : "s", size_human(a, most),
		     size_human(b, host));
}

static void lint_budget(const struct look *l)
{
	const struct scenario *sc = l->sc;
	const uint64_t slots = slots_of(l);
	double all_ns = 0;
	char a[UNIT_TEXT], b[UNIT_TEXT];

	if (sc->stop.budget_ns == TIME_NEVER || sc->stop.until_decided)
		return;
	for (size_t i = 0; i < sc->n_arms; i++)
		all_ns += (double)sc->stop.trials * (double)sc->arm[i].settings.limits.soak;
	all_ns /= (double)slots;
	if (all_ns > (double)sc->stop.budget_ns)
		warn(l, look_place(l, "stop.budget", "stop"),
		     "if no guest failed, the trials would soak for %s, %llu at once; the budget "
		     "of "
		     "%s cuts some short",
		     duration_human(a, all_ns < 9e18 ? (uint64_t)all_ns : INT64_MAX),
		     (unsigned long long)slots, duration_human(b, sc->stop.budget_ns));
}

void lint_whole(const struct look *l, const struct node *arms)
{
	lint_alike(l, arms);
	lint_endless(l);
	lint_memory(l);
	lint_budget(l);
}
