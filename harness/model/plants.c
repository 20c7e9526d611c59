/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/plants.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "base/str.h"
#include "model/guest_words.h"
#include "model/units.h"

/* Which keys a kind takes. `when`, `delay` and what belongs to them go with most. */
enum {
	KEY_CLOCK = 1,    /* when, mean, shape, max-fires */
	KEY_FUNCTION = 2, /* function, caller: the clock of when: hit */
	KEY_RATE = 4,
	KEY_CPU = 8,
	KEY_DURATION = 16,
	KEY_DEVICES = 32,
	KEY_SPEED = 64,
	KEY_DELAY = 128, /* delay, delay-at, delay-caller */

	KEYS = KEY_CLOCK | KEY_FUNCTION | KEY_RATE | KEY_CPU | KEY_DELAY,
	KEYS_STALL = KEYS | KEY_DURATION,
	KEYS_LIE = KEY_CLOCK | KEY_FUNCTION | KEY_RATE | KEY_DELAY,
};

static const struct {
	const char *key;
	unsigned bit;
} plant_keys[] = {
	{ "when", KEY_CLOCK },        { "mean", KEY_CLOCK },
	{ "shape", KEY_CLOCK },       { "max-fires", KEY_CLOCK },
	{ "function", KEY_FUNCTION }, { "caller", KEY_FUNCTION },
	{ "rate", KEY_RATE },         { "cpu", KEY_CPU },
	{ "duration", KEY_DURATION }, { "devices", KEY_DEVICES },
	{ "speed", KEY_SPEED },       { "delay", KEY_DELAY },
	{ "delay-at", KEY_DELAY },    { "delay-caller", KEY_DELAY },
};

#define HAZARD ORIGIN_HAZARD

static const struct plant_def plants[] = {
	{ "null", HAZARD, KEYS, "oops-null", "faultlab_null", "", "writes through a NULL pointer" },
	{ "gpf", HAZARD, KEYS, "gpf", "faultlab_gpf", "",
	  "writes through a pointer that no address can be" },
	{ "bug", HAZARD, KEYS, "bug", "faultlab_bug", "", "runs into a BUG()" },
	{ "warn", HAZARD, KEYS, "warning", "faultlab_warn", "",
	  "runs into a WARN(): not the end of a trial but as its target, or with panic_on_warn" },
	{ "panic", HAZARD, KEYS, "panic", "faultlab_panic", "", "panics" },
	{ "oops-in-irq", HAZARD, KEYS, "oops-null", "faultlab_in_irq", "",
	  "writes through a NULL pointer in an interrupt, which no kernel survives" },
	{ "divide", HAZARD, KEYS, "divide-error", "faultlab_divide", "", "divides by zero" },
	{ "stack-overflow", HAZARD, KEYS, "stack-overflow", "faultlab_deeper", "",
	  "calls itself until the stack is used up" },
	{ "double-free", HAZARD, KEYS, "bug", "faultlab_double_free", "SLAB_FREELIST_HARDENED",
	  "frees an object twice" },
	{ "use-after-free", HAZARD, KEYS, "slab-corruption", "faultlab_write_freed",
	  "KASAN, KFENCE (kfence.sample_interval=1), or slub_debug=FZP on the command line",
	  "writes into an object that it has freed, 500 times in a second" },
	{ "list-corruption", HAZARD, KEYS, "list-corruption", "faultlab_list_corruption",
	  "DEBUG_LIST", "deletes an item from a list that does not hold it" },
	{ "refcount", HAZARD, KEYS, "refcount", "faultlab_refcount", "",
	  "gives one reference back twice: a warning, as warn is" },
	{ "soft-lockup", HAZARD, KEYS_STALL, "soft-lockup", "faultlab_soft_lockup", "",
	  "spins with preemption off" },
	{ "hard-lockup", HAZARD, KEYS_STALL, "", "",
	  "one that is to name it: an NMI watchdog, which TCG has not",
	  "spins with interrupts off" },
	{ "rcu-stall", HAZARD, KEYS_STALL, "rcu-stall", "faultlab_rcu_stall", "",
	  "stays in an RCU reader" },
	{ "hung-task", HAZARD, KEYS_STALL, "hung-task", "faultlab_hung_task", "",
	  "sleeps uninterruptibly" },
	{ "workqueue-stall", HAZARD, KEYS_STALL, "probe-overdue", "", "limits.workqueue",
	  "fills system_wq of a CPU with works that wait; no kernel says so" },
	{ "sleep-in-atomic", HAZARD, KEYS, "atomic-sleep", "faultlab_sleep_in_atomic", "",
	  "sleeps while it holds a spin lock" },
	{ "spin-deadlock", HAZARD, KEYS, "soft-lockup", "faultlab_spin_deadlock", "",
	  "takes a spin lock twice" },
	{ "memory-leak", HAZARD, KEYS | KEY_SPEED, "boot-oom", "", "",
	  "takes memory and keeps it, at a speed, until there is none" },
	{ "progress-stop", HAZARD, KEYS, "", "", "limits.progress",
	  "stops every process but the agent, without a word" },
	{ "netdev-leak", HAZARD, KEY_CLOCK | KEY_RATE | KEY_DURATION | KEY_DEVICES | KEY_DELAY,
	  "unregister-netdevice", "", "a load that removes network devices",
	  "keeps a reference on a network device that goes; a hit is a device's removal" },
	{ "skiptrylock", ORIGIN_RACE, KEYS_LIE, "oops", "",
	  "ext4 with extents under memory pressure",
	  "_raw_write_trylock() claims to ext4_es_scan() that it took the lock" },
	{ "rbleft", HAZARD, KEYS_LIE, "oops-paging", "es_do_reclaim_extents",
	  "ext4 with extents under memory pressure",
	  "gives a node that es_do_reclaim_extents() erases a left child of no address" },
	{ "none", ORIGIN_STOCK, KEY_DELAY, "", "", "",
	  "loads the module and plants nothing: a negative control, tainted like the others" },
};

const struct plant_def *plant_nth(size_t i)
{
	return i < ARRAY_SIZE(plants) ? &plants[i] : NULL;
}

const struct plant_def *plant_by_name(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(plants); i++)
		if (str_eq(plants[i].name, name))
			return &plants[i];
	return NULL;
}

const char *const plant_whens[] = { "now", "time", "hit", NULL };

bool plant_is_kind(const char *name)
{
	return plant_by_name(name) != NULL;
}

/* What a compiler adds to a name (.isra.0) is part of it. */
bool plant_is_function(const char *word)
{
	return word_all_of(word, "_.", 60);
}

bool plant_is_netdev(const char *word)
{
	const size_t n = strlen(word);

	return n > 0 && word_all_of(word, "._-*", 30) && strcspn(word, "*") >= n - 1;
}

/* ---- do the keys go together? ---- */

/* A kind that is a lie of a function has that function, and every hit is one. */
static bool is_lie(const struct plant_def *def)
{
	return (def->keys & KEY_FUNCTION) && !(def->keys & KEY_CPU);
}

static const char *when_of(const struct plant_def *def, const struct pairs *p)
{
	const char *when = pairs_get(p, "when");

	return when ? when : is_lie(def) ? "hit" : "now";
}

static int refuse(const char *key, const char **ret_key, struct err *err, const char *kind,
		  const char *text)
{
	*ret_key = key;
	return err_set(err, EINVAL, "plant.%s%s%s: %s", kind, key ? "." : "", key ? key : "", text);
}

static int check_keys(const struct plant_def *def, const struct pairs *p, const char **ret_key,
		      struct err *err)
{
	_cleanup_buf_ struct buf takes = BUF_INIT;
	const char *wrong = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(plant_keys); i++) {
		if (def->keys & plant_keys[i].bit)
			buf_printf(&takes, "%s%s", takes.len ? ", " : "", plant_keys[i].key);
		else if (pairs_get(p, plant_keys[i].key))
			wrong = plant_keys[i].key;
	}
	if (!wrong)
		return 0;
	*ret_key = wrong;
	return err_set(err, EINVAL, "%s is not for %s; it takes %s", wrong, def->name,
		       buf_str(&takes));
}

static double shape_of(const struct pairs *p)
{
	const char *text = pairs_get(p, "shape");
	double v = 1;

	if (text)
		number_parse(text, &v, NULL);
	return v;
}

/* A key that means something only beside another. */
static int check_pairs(const struct plant_def *def, const struct pairs *p, const char **ret_key,
		       struct err *err)
{
	const char *when = when_of(def, p);
	const bool time = str_eq(when, "time"), hit = str_eq(when, "hit"),
		   own_clock = is_lie(def) || (def->keys & KEY_DEVICES);

	if (!time && pairs_get(p, "mean"))
		return refuse("mean", ret_key, err, def->name, "it goes with `when: time`");
	if (!time && pairs_get(p, "shape"))
		return refuse("shape", ret_key, err, def->name, "it goes with `when: time`");
	if (time && !pairs_get(p, "mean"))
		return refuse("when", ret_key, err, def->name,
			      "a time is drawn from a law, and `mean` says which (3s)");
	if (pairs_get(p, "shape") && shape_of(p) < 0.25)
		return refuse(
			"shape", ret_key, err, def->name,
			"below 0.25 lifetimes spread over more than nine powers of ten; accepted "
			"is 0.25 to 20");
	if (hit && !own_clock && !pairs_get(p, "function"))
		return refuse("when", ret_key, err, def->name,
			      "whose hits count? `function` says it (vfs_write)");
	if (!hit && !own_clock && pairs_get(p, "function"))
		return refuse("function", ret_key, err, def->name, "it goes with `when: hit`");
	if (!hit && !own_clock && pairs_get(p, "rate"))
		return refuse("rate", ret_key, err, def->name, "it goes with `when: hit`");
	if (pairs_get(p, "caller") && !pairs_get(p, "function"))
		return refuse("caller", ret_key, err, def->name, "it goes with `function`");
	if (!pairs_get(p, "delay") != !pairs_get(p, "delay-at"))
		return refuse(pairs_get(p, "delay") ? "delay" : "delay-at", ret_key, err, def->name,
			      "`delay` says how long, `delay-at` in which function");
	if (pairs_get(p, "delay-caller") && !pairs_get(p, "delay"))
		return refuse("delay-caller", ret_key, err, def->name, "it goes with `delay`");
	return 0;
}

int plants_check(const struct named_list *l, bool whole, const char **ret_name,
		 const char **ret_key, struct err *err)
{
	int r = 0;

	for (size_t i = 0; i < l->n && r == 0; i++) {
		const struct plant_def *def = plant_by_name(l->item[i].name);

		*ret_name = l->item[i].name;
		*ret_key = NULL;
		r = check_keys(def, &l->item[i].value, ret_key, err);
		if (r == 0 && whole)
			r = check_pairs(def, &l->item[i].value, ret_key, err);
		if (r == 0 && whole && l->n > 1 && str_eq(def->name, "none"))
			r = err_set(err, EINVAL,
				    "plant.none plants nothing, and another stands beside it; "
				    "`KIND: none` takes one away in an arm");
	}
	return r;
}

/* ---- words for the module ---- */

static uint64_t duration_of(const struct pairs *p, const char *key)
{
	const char *text = pairs_get(p, key);
	uint64_t v = 0;

	if (text && !str_eq(text, "none"))
		duration_parse(text, &v, NULL);
	return v;
}

static void put_u64(struct pairs *p, const char *key, uint64_t v)
{
	char text[24];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)v);
	pairs_add(p, key, text);
}

static void put_duration(struct pairs *out, const struct pairs *p, const char *key)
{
	if (duration_of(p, key))
		put_u64(out, key, duration_of(p, key));
}

/* The module knows of scale and shape; people know the mean. */
static void put_law(struct pairs *out, const struct pairs *p)
{
	const double shape = shape_of(p), mean = (double)duration_of(p, "mean");

	put_u64(out, "scale", (uint64_t)llround(mean / tgamma(1 + 1 / shape)));
	put_u64(out, "shape", (uint64_t)llround(shape * 1000));
}

static void put_fires(struct pairs *out, const struct plant_def *def, const struct pairs *p)
{
	const char *text = pairs_get(p, "max-fires");

	if (str_eq(text ? text : is_lie(def) ? "none" : "1", "none"))
		put_u64(out, "max-fires", 0);
	else if (text)
		pairs_add(out, "max-fires", text);
}

void plant_words(const struct named *plant, uint64_t seed, struct pairs *ret)
{
	static const char *const as_they_are[] = { "function", "caller",       "rate",   "cpu",
						   "delay-at", "delay-caller", "devices" };
	const struct plant_def *def = plant_by_name(plant->name);
	const struct pairs *p = &plant->value;
	uint64_t speed;

	assert(def);
	pairs_add(ret, "kind", def->name);
	pairs_add(ret, "when", when_of(def, p));
	if (str_eq(when_of(def, p), "time"))
		put_law(ret, p);
	put_fires(ret, def, p);
	for (size_t i = 0; i < ARRAY_SIZE(as_they_are); i++)
		if (pairs_get(p, as_they_are[i]))
			pairs_add(ret, as_they_are[i], pairs_get(p, as_they_are[i]));
	put_duration(ret, p, "duration");
	put_duration(ret, p, "delay");
	if (pairs_get(p, "speed") && size_parse(pairs_get(p, "speed"), &speed, NULL) == 0)
		put_u64(ret, "speed", speed);
	put_u64(ret, "seed", seed);
}

/* ---- origins ---- */

enum origin plants_origin(const struct settings *s)
{
	enum origin o = ORIGIN_STOCK;

	for (size_t i = 0; i < s->plant.n; i++) {
		const struct plant_def *def = plant_by_name(s->plant.item[i].name);
		enum origin one = pairs_get(&s->plant.item[i].value, "delay") ? ORIGIN_RACE
				  : def                                       ? def->origin
									      : ORIGIN_STOCK;

		o = MAX(o, one);
	}
	return o;
}

const char *origin_name(enum origin o)
{
	static const char *const names[] = { "stock", "planted-hazard", "planted-race" };

	return names[o];
}
