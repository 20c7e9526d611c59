/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From a run's folder into the tables of the index. The caller has the transaction.
 */
#ifndef KS_STORE_INDEX_TAKE_H
#define KS_STORE_INDEX_TAKE_H

#include "store/layout.h"
#include "store/sql.h"

/* Changes whenever a file changes that the index reads; costs a stat a trial. */
int run_fingerprint(const struct run_dir *run, int64_t *ret, struct err *err);

/* The run as it now is, instead of what was known of it. */
int index_take_run(sqlite3 *db, const struct run_dir *run, int64_t mark, struct err *err);

/* A folder that cannot be opened or listed: a line of its own, not a reason to fail. */
int index_take_unreadable(sqlite3 *db, const char *run, const struct err *why, struct err *err);

int index_forget(sqlite3 *db, const char *run, struct err *err);

#endif
