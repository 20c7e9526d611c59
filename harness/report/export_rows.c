/* SPDX-License-Identifier: GPL-3.0-or-later */
/* CSV and JSON lines: the same columns, of lives and of all trials. */
#include <math.h>

#include "base/json.h"
#include "report/export_parts.h"

/* A number is written as it stands; null is an empty cell. */
struct column {
	const char *name;
	json_t *(*value)(const struct export_run *x, const struct verdict *v);
};

static json_t *seconds(uint64_t ns)
{
	return ns == TIME_NEVER ? json_null() : json_real((double)ns / 1e9);
}

static json_t *text_or_null(const char *s)
{
	return *s ? json_text(s) : json_null();
}

#define COLUMN(name, expr)                                                                         \
	static json_t *get_##name(const struct export_run *x, const struct verdict *v)             \
	{                                                                                          \
		(void)x;                                                                           \
		(void)v;                                                                           \
		return expr;                                                                       \
	}
COLUMN(time, export_counts(v) ? seconds(v->exposure_ns) : json_null())
COLUMN(status, export_counts(v) ? json_integer(v->outcome == OUTCOME_FAILED) : json_null())
COLUMN(arm, json_text(export_arm(v->arm)))
COLUMN(cause, text_or_null(v->has_sighting ? v->sighting.id : ""))
COLUMN(stratum, text_or_null(x->view.host))
COLUMN(outcome, json_string(outcome_name(v->outcome)))
COLUMN(crash, text_or_null(v->has_sighting ? v->sighting.title : ""))
COLUMN(work, export_counts(v) ? json_figure(v->exposure_work) : json_null())
COLUMN(unit, text_or_null(v->unit))
COLUMN(run, json_text(x->view.run))
COLUMN(trial, json_integer((json_int_t)v->trial))
COLUMN(block, json_integer((json_int_t)v->block))
COLUMN(begun_s, json_integer((json_int_t)v->started_s))
COLUMN(boot_s, seconds(v->boot_ns))
COLUMN(wall_s, seconds(v->wall_ns))
COLUMN(kernel, text_or_null(v->kernel))
COLUMN(accel, text_or_null(v->accel))
COLUMN(origin, text_or_null(v->origin))
COLUMN(host_load, json_figure(v->host_load))
COLUMN(host_steal, json_figure(v->host_steal))
COLUMN(reason, text_or_null(v->reason))
#undef COLUMN

static const struct column column[] = {
#define COLUMN(name)                                                                               \
	{                                                                                          \
#name, get_##name                                                                  \
	}
	COLUMN(time),    COLUMN(status), COLUMN(arm),     COLUMN(cause),     COLUMN(stratum),
	COLUMN(outcome), COLUMN(crash),  COLUMN(work),    COLUMN(unit),      COLUMN(run),
	COLUMN(trial),   COLUMN(block),  COLUMN(begun_s), COLUMN(boot_s),    COLUMN(wall_s),
	COLUMN(kernel),  COLUMN(accel),  COLUMN(origin),  COLUMN(host_load), COLUMN(host_steal),
	COLUMN(reason),
#undef COLUMN
};

/* ---- CSV ---- */

/* RFC 4180; what a spreadsheet would take for a formula gets a ' before it. */
static void csv_text(struct buf *out, const char *s)
{
	_cleanup_buf_ struct buf b = BUF_INIT;

	if (*s && strchr("=+-@\t", *s))
		buf_putc(&b, '\'');
	str_sanitise(&b, s, strlen(s), false);
	if (b.len && buf_str(&b)[strcspn(buf_str(&b), "\",")] == 0 && b.data[0] != ' ' &&
	    b.data[b.len - 1] != ' ') {
		buf_append(out, b.data, b.len);
		return;
	}
	buf_putc(out, '"');
	for (size_t i = 0; i < b.len; i++)
		buf_printf(out, b.data[i] == '"' ? "\"\"" : "%c", b.data[i]);
	buf_putc(out, '"');
}

static void csv_cell(struct buf *out, const json_t *v)
{
	if (json_is_string(v))
		csv_text(out, json_string_value(v));
	else if (json_is_integer(v))
		buf_printf(out, "%lld", (long long)json_integer_value(v));
	else if (json_is_real(v))
		buf_printf(out, "%.15g", json_real_value(v));
}

void export_csv(const struct export_run *x, struct buf *out)
{
	for (size_t c = 0; c < ARRAY_SIZE(column); c++)
		buf_printf(out, "%s%s", c ? "," : "", column[c].name);
	buf_puts(out, "\r\n");
	for (size_t i = 0; i < x->n; i++) {
		if (!export_counts(&x->trial[i]))
			continue;
		for (size_t c = 0; c < ARRAY_SIZE(column); c++) {
			_cleanup_json_ json_t *v = column[c].value(x, &x->trial[i]);

			buf_puts(out, c ? "," : "");
			csv_cell(out, v);
		}
		buf_puts(out, "\r\n");
	}
}

/* ---- JSON lines ---- */

void export_jsonl(const struct export_run *x, struct buf *out)
{
	for (size_t i = 0; i < x->n; i++) {
		_cleanup_json_ json_t *o = json_object();
		_cleanup_free_
		char *line = NULL;

		for (size_t c = 0; c < ARRAY_SIZE(column); c++)
			json_object_set_new(o, column[c].name, column[c].value(x, &x->trial[i]));
		line = json_dumps(o, JSON_COMPACT | JSON_REAL_PRECISION(15));
		buf_printf(out, "%s\n", line);
	}
}
