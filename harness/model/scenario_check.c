/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What no single key of an arm can tell: one function a thing that must hold of them together. */
#include <errno.h>
#include <stdio.h>

#include "base/str.h"
#include "model/guest_check.h"
#include "model/scenario_look.h"
#include "model/units.h"

const struct node *look_place(const struct look *l, const char *path, const char *other)
{
	const struct node *n = tree_at(l->doc, path);

	if (!n)
		n = tree_at(l->doc, other);
	return n ? n : l->at;
}

bool look_is_fake(const struct look *l)
{
	return str_eq(l->s->guest.backend, "fake");
}

static int check_kernel(const struct look *l)
{
	if (*l->s->kernel || look_is_fake(l))
		return 0;
	return tree_complain(
		l->err, look_place(l, "kernel", "kernel"),
		"%sno kernel is named; write kernel: debian:6.1.0-54-cloud, or the path "
		"of a bzImage",
		l->arm);
}

static int check_any_load(const struct look *l)
{
	if (l->s->n_loads || look_is_fake(l))
		return 0;
	return tree_complain(l->err, look_place(l, "load", "load"),
			     "%sthere is no load: a guest that does nothing proves nothing; write "
			     "load: { NAME: { ... } }",
			     l->arm);
}

static int check_vcpus(const struct look *l)
{
	for (size_t i = 0; i < l->s->n_loads; i++) {
		const struct load_def *def = l->s->load[i].def;
		const struct entry *e = tree_get(tree_at(l->doc, "load"), def->name);

		if (l->s->guest.vcpus < def->min_vcpus)
			return tree_complain(l->err, tree_at(l->doc, "guest.vcpus") ?: e->key,
					     "%sthe load %s needs guest.vcpus of %u or more; it is "
					     "%llu",
					     l->arm, def->name, def->min_vcpus,
					     (unsigned long long)l->s->guest.vcpus);
	}
	return 0;
}

/* What of this load's is only in the image containers; NULL: nothing. */
static const char *wants_containers(const struct load_use *use)
{
	const char *runtime = pairs_get(&use->args, "runtime");

	if (use->def->in_containers)
		return use->def->name;
	return runtime && !str_eq(runtime, "native") ? runtime : NULL;
}

static int check_image(const struct look *l)
{
	for (size_t i = 0; i < l->s->n_loads && !look_is_fake(l); i++) {
		const char *name = l->s->load[i].def->name;
		const char *what = wants_containers(&l->s->load[i]);
		_cleanup_free_
		char *path = xasprintf("load.%s", name);

		if (what && l->s->guest.image != IMAGE_CONTAINERS)
			return tree_complain(
				l->err, look_place(l, "guest.image", path),
				"%sthe load %s: %s is in the image containers only, and "
				"guest.image is %s; write guest.image: containers",
				l->arm, name, what, image_names[l->s->guest.image]);
	}
	return 0;
}

static int check_exposure(const struct look *l)
{
	_cleanup_buf_ struct buf used = BUF_INIT;

	if (!*l->s->exposure_unit)
		return 0;
	for (size_t i = 0; i < l->s->n_loads; i++) {
		if (str_eq(l->s->load[i].def->name, l->s->exposure_unit))
			return 0;
		buf_printf(&used, "%s%s", i ? ", " : "", l->s->load[i].def->name);
	}
	return tree_complain(l->err, look_place(l, "exposure.unit", "exposure"),
			     "%sexposure.unit should be a load of this scenario; '%s' is not used, "
			     "accepted: %s",
			     l->arm, l->s->exposure_unit, used.len ? buf_str(&used) : "none");
}

static int check_report(const struct look *l)
{
	char a[UNIT_TEXT], b[UNIT_TEXT];

	if (l->s->limits.report < l->s->limits.soak)
		return 0;
	return tree_complain(l->err, look_place(l, "limits.soak", "limits.report"),
			     "%slimits.report (%s) should be shorter than limits.soak (%s)", l->arm,
			     duration_format(a, l->s->limits.report),
			     duration_format(b, l->s->limits.soak));
}

/* One bug should give one signature: the agent's own silence is told before everything's. */
static int check_silence(const struct look *l)
{
	const struct limits *lim = &l->s->limits;
	char a[UNIT_TEXT], b[UNIT_TEXT];

	if (lim->silence == TIME_NEVER || lim->heartbeat == TIME_NEVER ||
	    lim->heartbeat < lim->silence)
		return 0;
	return tree_complain(
		l->err, look_place(l, "limits.silence", "limits.heartbeat"),
		"%slimits.silence (%s) should be longer than limits.heartbeat (%s), so "
		"that one hang has one name",
		l->arm, duration_format(a, lim->silence), duration_format(b, lim->heartbeat));
}

static int check_budget(const struct look *l)
{
	char a[UNIT_TEXT], b[UNIT_TEXT];

	if (l->sc->stop.until_decided || l->sc->stop.budget_ns >= l->s->limits.soak)
		return 0;
	return tree_complain(
		l->err, look_place(l, "stop.budget", "limits.soak"),
		"%sstop.budget (%s) is shorter than one soak (limits.soak: %s): no trial "
		"could survive",
		l->arm, duration_format(a, l->sc->stop.budget_ns),
		duration_format(b, l->s->limits.soak));
}

static int check_fake(const struct look *l)
{
	const struct node *fake = tree_at(l->doc, "fake");

	if (look_is_fake(l) || !fake || fake->kind == NODE_NULL)
		return 0;
	return tree_complain(l->err, fake,
			     "%s'fake' says nothing to the backend %s; it goes with guest.backend: "
			     "fake",
			     l->arm, l->s->guest.backend);
}

static int check_guest(const struct look *l)
{
	char path[128] = "guest";
	struct err why = { 0 };

	if (guest_consistent(l->s, path, &why) == 0)
		return 0;
	return tree_complain(l->err, look_place(l, path, "guest"), "%s%s", l->arm, why.msg);
}

/* ---- detect: words that are names of signatures ---- */

static bool is_builtin(const struct look *l, const char *word)
{
	const char *name;

	for (size_t i = 0; l->opt->signature && (name = l->opt->signature(i)); i++)
		if (str_eq(name, word))
			return true;
	return false;
}

static bool is_signature(const struct look *l, const char *word)
{
	return !l->opt->signature || is_builtin(l, word) || named_get(&l->s->detect.add, word);
}

/* Classes, families, own signatures, the built-in ones: as one list. */
static const char *nth_detect_word(size_t i, const void *arg)
{
	const struct look *l = arg;
	const struct named_list *own = &l->s->detect.add;
	size_t n = 0;

	while (crash_word(n))
		n++;
	if (i < n)
		return crash_word(i);
	i -= n;
	return i < own->n ? own->item[i].name : l->opt->signature(i - own->n);
}

static int unknown_signature(const struct look *l, const struct node *at, const char *what)
{
	const char *near;
	size_t n = 0;

	while (nth_detect_word(n, l))
		n++;
	near = str_nearest(at->text, n, nth_detect_word, l);
	return tree_complain(l->err, at, "%s'%.60s' is no %s%s%s%s (kernsoak explain lists them)",
			     l->arm, at->text, what, near ? "; did you mean '" : "",
			     near ? near : "", near ? "'?" : "");
}

/* What the trial itself finds is not the detector's to judge. */
static int check_on_console(const struct look *l, const struct node *at)
{
	enum crash_class c = crash_by_name(at->text);

	if (c < CRASH_HEARTBEAT_LOST)
		return 0;
	return tree_complain(l->err, at,
			     "%s%s is not read from the console, so detect has no say in it; "
			     "limits has, and fail.target",
			     l->arm, at->text);
}

static int check_added(const struct look *l)
{
	const struct node *add = tree_at(l->doc, "detect.add");

	for (size_t i = 0; add && i < add->n; i++)
		if (is_builtin(l, add->item[i].key->text) || crash_is_word(add->item[i].key->text))
			return tree_complain(l->err, add->item[i].key,
					     "%sthere is a built-in signature or class '%s'; "
					     "choose another name, or change that one under "
					     "detect.severity",
					     l->arm, add->item[i].key->text);
	return 0;
}

static int check_ignored(const struct look *l)
{
	const struct node *ignore = tree_at(l->doc, "detect.ignore");
	int x = 0;

	for (size_t i = 0; x == 0 && ignore && i < ignore->n; i++) {
		const struct entry *e = &ignore->item[i];
		const struct entry *sig = tree_get(e->value, "signature");
		const struct entry *class = tree_get(e->value, "class");
		const struct named *named = named_get(&l->s->detect.ignore, e->key->text);

		if (!named)
			continue;
		if (named->value.n == 0)
			return tree_complain(l->err, e->key,
					     "%s'%.60s' would ignore everything; say a class, "
					     "signature, function, module or text",
					     l->arm, e->key->text);
		if (sig && sig->value->kind == NODE_SCALAR && !is_signature(l, sig->value->text))
			return unknown_signature(l, sig->value, "signature");
		if (class && class->value->kind == NODE_SCALAR)
			x = check_on_console(l, class->value);
	}
	return x;
}

static int check_severities(const struct look *l)
{
	const struct node *map = tree_at(l->doc, "detect.severity");
	int x = 0;

	for (size_t i = 0; x == 0 && map && i < map->n; i++) {
		const struct node *key = map->item[i].key;

		if (!crash_is_word(key->text) && !is_signature(l, key->text))
			return unknown_signature(l, key, "signature, class or family");
		x = check_on_console(l, key);
	}
	return x;
}

static int (*const checks[])(const struct look *) = {
	check_kernel, check_any_load, check_image,      check_vcpus,   check_exposure,
	check_report, check_silence,  check_budget,     check_fake,    check_guest,
	check_added,  check_ignored,  check_severities, cascade_check,
};

int look_check(const struct look *l)
{
	for (size_t i = 0; i < ARRAY_SIZE(checks); i++)
		if (checks[i](l) < 0)
			return -EINVAL;
	return 0;
}
