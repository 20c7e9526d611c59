/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "detect/crashid.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/hash.h"
#include "detect/frames.h"

enum { FINE_FRAMES = 5 };

static void name(char ret[CRASH_ID_LEN], const char *prefix, uint64_t h)
{
	snprintf(ret, CRASH_ID_LEN, "%s%016" PRIx64, prefix, h);
}

static bool stalls(enum crash_class c)
{
	return c == CRASH_SOFT_LOCKUP || c == CRASH_HARD_LOCKUP || c == CRASH_RCU_STALL;
}

void crashid_set(struct sighting *s)
{
	uint64_t h = hash_str(HASH_INIT, crash_info(s->class)->family), fine;
	unsigned n = 0;

	if (s->class == CRASH_CUSTOM) /* texts of all kinds: one name each */
		h = hash_str(h, s->signature);
	/* where a stalled CPU was in its loop is chance; what the dispatcher had called is not */
	if (stalls(s->class) && s->anchor[0]) {
		h = hash_str(h, s->anchor);
		h = hash_str(h, s->module);
	} else if (s->function[0]) {
		h = hash_str(h, s->function);
		h = hash_str(h, s->module);
	} else {
		h = hash_str(h, s->title);
	}
	name(s->id, "k1:", h);

	fine = hash_str(HASH_INIT, crash_info(s->class)->name);
	for (unsigned i = 0; i < s->n_frames && n < FINE_FRAMES; i++)
		if (s->frame[i].reliable && !frames_skipped(s->frame[i].function, SKIP_REPORT)) {
			fine = hash_str(fine, s->frame[i].function);
			n++;
		}
	if (n == 0)
		fine = hash_str(fine, s->title);
	name(s->id_fine, "k2:", fine);
}
