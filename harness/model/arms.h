/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which of a scenario's arms a run takes. */
#ifndef KS_MODEL_ARMS_H
#define KS_MODEL_ARMS_H

#include "model/scenario.h"

/*
 * Keeps the arms that one of the names or shell patterns fits, in their order; all where there are
 * no patterns. One that fits none is complained of; `at` is where the arms stand.
 */
int arms_select(struct scenario *sc, const struct strv *only, const struct node *at,
		struct err *err);

/* "there is no arm 'stok'; did you mean 'stock'? accepted: stock, more" */
int no_such_name(struct err *err, const struct node *at, const char *what, const char *name,
		 size_t n, const char *(*nth)(size_t i, const void *arg), const void *arg);

#endif
