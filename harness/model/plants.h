/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the host knows of planted faults (`plant` in a scenario): kinds, what they are in results,
 * and which keys they take. The faults themselves are in workloads/faultlab/, a row here for each
 * in kinds.c there.
 */
#ifndef KS_MODEL_PLANTS_H
#define KS_MODEL_PLANTS_H

#include "model/settings.h"

/* What a life in an arm says about. Results of different origins are never compared silently. */
enum origin {
	ORIGIN_STOCK,  /* of the kernel as it is */
	ORIGIN_HAZARD, /* of a fault whose rate we know */
	ORIGIN_RACE,   /* of a fault whose rate nobody knows: a lie, or a race made wider */
};

struct plant_def {
	const char *name;
	enum origin origin;
	unsigned keys;        /* a bit per row of plant_keys[]: which it takes besides the common */
	const char *class;    /* the crash class of its report; "" where it prints none */
	const char *function; /* the guilty function of its report; "" none of its own */
	const char *needs;    /* what a kernel must have or be told to show it; "" nothing */
	const char *sentence;
};

const struct plant_def *plant_nth(size_t i); /* NULL at the end */
const struct plant_def *plant_by_name(const char *name);

/* What the words of its keys may look like, for the schema. */
extern const char *const plant_whens[]; /* ends with NULL */
bool plant_is_kind(const char *name);
bool plant_is_function(const char *word);
bool plant_is_netdev(const char *word); /* a name, or its beginning and a * */

#define PLANT_SHAPE                                                                                \
	"a kind of planted fault: null, gpf, bug, warn, panic, oops-in-irq, divide, "              \
	"stack-overflow, double-free, use-after-free, list-corruption, refcount, soft-lockup, "    \
	"hard-lockup, rcu-stall, hung-task, workqueue-stall, sleep-in-atomic, spin-deadlock, "     \
	"memory-leak, netdev-leak, skiptrylock, rbleft, progress-stop or none"

/*
 * Do the keys of each plant go together? -EINVAL with a sentence, the plant's name, and the key's
 * (NULL: none of them). Not `whole`: what is missing may stand below an overlay.
 */
int plants_check(const struct named_list *l, bool whole, const char **ret_name,
		 const char **ret_key, struct err *err);

/* The words of the module's parameter `plant`, defaults filled in: kind first. */
void plant_words(const struct named *plant, uint64_t seed, struct pairs *ret);

/* Of all that is planted, that of which we know least. */
enum origin plants_origin(const struct settings *s);
const char *origin_name(enum origin o); /* "stock", "planted-hazard", "planted-race" */

#endif
