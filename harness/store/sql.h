/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * SQLite with our errors: -errno and one sentence that names the index. For the files of store/
 * that keep the index; nobody else writes SQL.
 */
#ifndef KS_STORE_SQL_H
#define KS_STORE_SQL_H

#include <sqlite3.h>

#include "base/err.h"
#include "base/macro.h"

#define _cleanup_statement_ _cleanup_(sql_cleanup_statement)
void sql_cleanup_statement(sqlite3_stmt **st);

/* What the connection's last call failed of. -EBADMSG: the file is not, or no longer, an index. */
int sql_error(sqlite3 *db, struct err *err);

int sql_exec(sqlite3 *db, const char *sql, struct err *err);
int sql_prepare(sqlite3 *db, const char *sql, sqlite3_stmt **ret, struct err *err);
int sql_step(sqlite3 *db, sqlite3_stmt *st, struct err *err); /* 1: a row; 0: no more */

/* The first column of the first row, or `fallback`. */
int sql_ask_int(sqlite3 *db, const char *sql, int64_t fallback, int64_t *ret, struct err *err);

/* Binds one value after the other; the first failure stays, and sql_put_row() reports it. */
struct sql_row {
	sqlite3_stmt *st;
	int column, code;
};

void sql_put_text(struct sql_row *row, const char *s);
void sql_put_int(struct sql_row *row, int64_t v);
void sql_put_u64(struct sql_row *row, uint64_t v);  /* above INT64_MAX (TIME_NEVER): null */
void sql_put_double(struct sql_row *row, double v); /* not finite: null */
int sql_put_row(sqlite3 *db, struct sql_row *row, struct err *err);

#endif
