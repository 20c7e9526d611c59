/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An axis with what this machine has on it: the packages of apt and the cache, the commits of a
 * tree. */
#ifndef KS_RUN_AXIS_FIND_H
#define KS_RUN_AXIS_FIND_H

#include "model/axis.h"

/* `like` is the scenario's kernel ("" none): its flavour is meant where the ends name none. */
int axis_find(const char *text, const char *like, struct axis *ret, struct err *err);

#endif
