/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The kernel's own words in a title. */
#ifndef KS_DETECT_QUOTE_H
#define KS_DETECT_QUOTE_H

#include "model/sighting.h"

/*
 * Appends s to the *n bytes of a title, without what differs from time to time: addresses become
 * ADDR, numbers NUM, f+0x1/0x2 f. Leaves room for the NUL, and writes none.
 */
void quote_append(char dst[static TITLE_LEN], size_t *n, const char *s);

#endif
