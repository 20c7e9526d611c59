/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Names that stay: same bug, same id, on every build and version. The prefix numbers the rules of
 * normalisation, so that old results can be told from new ones and keyed again from their logs.
 *	k1: class family, guilty function (of a stall the anchor), module
 *						joins what one bug shows in several ways
 *	k2: class, the first five reliable frames that are not the report's own	tells its ways apart
 */
#ifndef KS_DETECT_CRASHID_H
#define KS_DETECT_CRASHID_H

#include "model/sighting.h"

/* Fills s->id and s->id_fine from class, title, function, module and frames. */
void crashid_set(struct sighting *s);

#endif
