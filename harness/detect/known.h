/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The sightings that repeats are folded into. Packed: a sighting has room for 48 long names, and a
 * process may watch ten thousand consoles.
 */
#ifndef KS_DETECT_KNOWN_H
#define KS_DETECT_KNOWN_H

#include "model/sighting.h"

enum { KNOWN_MAX = 8, KNOWN_PACKED_MAX = 3072 };

struct known_one;

struct known {
	struct known_one *one[KNOWN_MAX]; /* in order of arrival */
	unsigned n;
};

void known_done(struct known *k);

/* Takes it in. The oldest but the first goes: the first cause is what a trial is about. */
void known_add(struct known *k, uint64_t serial, const struct sighting *s);

/* Index of the one that s repeats: of its class, id and subject, and ignored or not as it is; or
 * -1. */
int known_find(const struct known *k, const struct sighting *s);

/* Index of the last one that is a crash or worse, or -1. */
int known_last_crash(const struct known *k);

bool known_class(const struct known *k, enum crash_class class);

/* Unpacks the i-th; frames beyond KNOWN_PACKED_MAX bytes of names are lost. */
uint64_t known_get(const struct known *k, int i, struct sighting *ret);

/* Changes the i-th's repeats, last_ns, panicked and ignored to those of s. */
void known_update(struct known *k, int i, const struct sighting *s);

#endif
