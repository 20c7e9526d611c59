/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The words that syzkaller's dashboard uses for types of crashes, for whoever joins our lists. */
#ifndef KS_DETECT_COMPAT_H
#define KS_DETECT_COMPAT_H

#include "model/sighting.h"

enum { COMPAT_TYPE_LEN = 48 };

void compat_type(const struct sighting *s, char ret[COMPAT_TYPE_LEN]);

#endif
