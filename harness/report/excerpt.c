/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/excerpt.h"

#include "base/fs.h"
#include "detect/kmsg.h"
#include "store/layout.h"

enum { BEFORE_BYTES = 4096, REPORT_BYTES = 65536 };

bool excerpt_next(const struct excerpt *e, size_t *at, struct excerpt_line *ret)
{
	const struct buf *b = &e->text;
	const char *start = b->data + *at, *end;

	if (*at >= b->len)
		return false;
	end = memchr(start, '\n', b->len - *at) ?: b->data + b->len;
	*at = (size_t)(end - b->data) + 1;
	*ret = (struct excerpt_line){ start, (size_t)(end - start) };
	while (ret->len && ret->text[ret->len - 1] == '\r')
		ret->len--;
	return true;
}

const char *excerpt_file(const struct sighting *s)
{
	return s->netconsole ? TRIAL_NETCONSOLE : TRIAL_CONSOLE;
}

/* One line of netconsole's. Keys behind a record begin with a blank, and are left out. */
static void put_as_console(const struct excerpt_line *l, struct buf *out)
{
	_cleanup_free_
	char *line = xstrndup(l->text, l->len);
	struct kmsg k;

	kmsg_parse(line, &k);
	if (k.seq != TIME_NEVER)
		buf_printf(out, "[%12.6f] %s\n", k.guest_s, k.text);
	else if (*line != ' ')
		buf_printf(out, "%s\n", line);
}

static void as_console(struct excerpt *e)
{
	struct buf raw = e->text;
	size_t report = e->report, at = 0;
	struct excerpt_line l;

	e->text = (struct buf)BUF_INIT;
	e->report = 0;
	while (excerpt_next(&(struct excerpt){ .text = raw }, &at, &l)) {
		if (l.text == raw.data + report)
			e->report = e->text.len;
		put_as_console(&l, &e->text);
	}
	buf_done(&raw);
}

bool excerpt_read(int trial_dir, const struct sighting *s, struct excerpt *ret)
{
	uint64_t start = s->offset > BEFORE_BYTES ? s->offset - BEFORE_BYTES : 0;
	size_t report;

	if (s->end <= s->offset || s->end > INT64_MAX)
		return false;
	ret->report = (size_t)(s->offset - start);
	report = (size_t)MIN(s->end - s->offset, (uint64_t)REPORT_BYTES);
	fs_read_part(trial_dir, excerpt_file(s), start, ret->report + report, &ret->text);
	if (ret->text.len <= ret->report)
		return false;
	if (s->netconsole)
		as_console(ret);
	return true;
}

size_t excerpt_back(const struct excerpt *e, unsigned lines)
{
	size_t at = e->report;

	while (at > 0 && (e->text.data[at - 1] != '\n' || lines-- > 0))
		at--;
	return at;
}

static bool has(const struct excerpt_line *l, const char *s)
{
	return memmem(l->text, l->len, s, strlen(s)) != NULL;
}

const char *excerpt_guilty(const struct excerpt *e, const char *function)
{
	_cleanup_free_
	char *traced = xasprintf("%s+0x", function);
	const char *best = e->text.data + e->report;
	int best_rank = 0;
	struct excerpt_line l;

	for (size_t at = e->report; *function && excerpt_next(e, &at, &l);) {
		int rank = !has(&l, function) ? 0 : !has(&l, traced) ? 1 : !has(&l, "RIP:") ? 2 : 3;

		if (rank > best_rank) {
			best = l.text;
			best_rank = rank;
		}
	}
	return best;
}
