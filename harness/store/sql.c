/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/sql.h"

#include <errno.h>
#include <math.h>

#include "store/index.h"

static int code_of(int sqlite_code)
{
	switch (sqlite_code & 0xff) {
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
	case SQLITE_SCHEMA:
	case SQLITE_ERROR: return EBADMSG; /* a table that should be there is not */
	case SQLITE_FULL: return ENOSPC;
	case SQLITE_READONLY: return EROFS;
	case SQLITE_BUSY:
	case SQLITE_LOCKED: return EBUSY;
	default: return EIO;
	}
}

int sql_error(sqlite3 *db, struct err *err)
{
	return err_set(err, code_of(sqlite3_errcode(db)), INDEX_FILE ": %s", sqlite3_errmsg(db));
}

int sql_exec(sqlite3 *db, const char *sql, struct err *err)
{
	return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : sql_error(db, err);
}

void sql_cleanup_statement(sqlite3_stmt **st)
{
	sqlite3_finalize(*st);
}

int sql_prepare(sqlite3 *db, const char *sql, sqlite3_stmt **ret, struct err *err)
{
	return sqlite3_prepare_v2(db, sql, -1, ret, NULL) == SQLITE_OK ? 0 : sql_error(db, err);
}

int sql_step(sqlite3 *db, sqlite3_stmt *st, struct err *err)
{
	int r = sqlite3_step(st);

	return r == SQLITE_ROW ? 1 : r == SQLITE_DONE ? 0 : sql_error(db, err);
}

int sql_ask_int(sqlite3 *db, const char *sql, int64_t fallback, int64_t *ret, struct err *err)
{
	_cleanup_statement_ sqlite3_stmt *st = NULL;
	int r = sql_prepare(db, sql, &st, err);

	if (r == 0)
		r = sql_step(db, st, err);
	if (r >= 0)
		*ret = r ? sqlite3_column_int64(st, 0) : fallback;
	return MIN(r, 0);
}

/* --- a row to be written --- */

static void put(struct sql_row *row, int code)
{
	if (row->code == SQLITE_OK)
		row->code = code;
}

void sql_put_text(struct sql_row *row, const char *s)
{
	put(row, sqlite3_bind_text(row->st, ++row->column, s, -1, SQLITE_TRANSIENT));
}

void sql_put_int(struct sql_row *row, int64_t v)
{
	put(row, sqlite3_bind_int64(row->st, ++row->column, v));
}

void sql_put_u64(struct sql_row *row, uint64_t v)
{
	if (v > INT64_MAX)
		put(row, sqlite3_bind_null(row->st, ++row->column));
	else
		sql_put_int(row, (int64_t)v);
}

void sql_put_double(struct sql_row *row, double v)
{
	if (isfinite(v))
		put(row, sqlite3_bind_double(row->st, ++row->column, v));
	else
		put(row, sqlite3_bind_null(row->st, ++row->column));
}

int sql_put_row(sqlite3 *db, struct sql_row *row, struct err *err)
{
	int r = row->code == SQLITE_OK ? sql_step(db, row->st, err) : sql_error(db, err);

	sqlite3_reset(row->st);
	return r;
}
