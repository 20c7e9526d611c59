/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "detect/crashid.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/hash.h"

enum { FINE_FRAMES = 5 };

static void name(char ret[CRASH_ID_LEN], const char *prefix, uint64_t h)
{
	snprintf(ret, CRASH_ID_LEN, "%s%016" PRIx64, prefix, h);
}

void crashid_set(struct sighting *s)
{
	uint64_t h = hash_str(HASH_INIT, crash_info(s->class)->family), fine;
	unsigned n = 0;

	if (s->function[0]) {
		h = hash_str(h, s->function);
		h = hash_str(h, s->module);
	} else {
		h = hash_str(h, s->title);
	}
	name(s->id, "k1:", h);

	fine = hash_str(HASH_INIT, crash_info(s->class)->name);
	for (unsigned i = 0; i < s->n_frames && n < FINE_FRAMES; i++)
		if (s->frame[i].reliable) {
			fine = hash_str(fine, s->frame[i].function);
			n++;
		}
	if (n == 0)
		fine = hash_str(fine, s->title);
	name(s->id_fine, "k2:", fine);
}
