/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/two_logs.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>

#include "base/fs.h"
#include "base/str.h"
#include "detect/kmsg.h"
#include "store/layout.h"

enum {
	LOG_MAX = 64 << 20,  /* of each */
	LINES_MAX = 1 << 20, /* of each: a guest may write empty ones */
	AHEAD = 64,          /* how far one log is searched for a line of the other */
};

struct entry {
	const char *text; /* the kernel's, NUL-terminated */
	double guest_s;   /* NaN: not the kernel's, or cut off */
	uint64_t seq;     /* netconsole's; TIME_NEVER: none */
};

struct log {
	struct buf bytes; /* lines, each ended by a NUL */
	struct entry *entry;
	size_t n, room;
};

static void log_done(struct log *l)
{
	buf_done(&l->bytes);
	free(l->entry);
}

static void add(struct log *l, const char *text, double guest_s, uint64_t seq)
{
	if (l->n == LINES_MAX)
		return;
	if (l->n == l->room) {
		l->room = l->room ? 2 * l->room : 1024;
		l->entry = xrealloc(l->entry, l->room * sizeof(*l->entry));
	}
	l->entry[l->n++] = (struct entry){ text, guest_s, seq };
}

static void take_serial(struct log *l, char *line)
{
	struct kmsg k;

	line[strcspn(line, "\r")] = 0;
	kmsg_parse(line, &k);
	if (isnan(k.guest_s))
		add(l, line, NAN, TIME_NEVER);
	else
		add(l, k.text, k.guest_s, TIME_NEVER);
}

static int hex(char c)
{
	return isdigit((unsigned char)c) ? c - '0' : (c | 0x20) - 'a' + 10;
}

/* The extended format writes what is not printable as \xNN. A newline there is a line of its own on
 * the serial console. */
static void take_record(struct log *l, char *text, const struct kmsg *k)
{
	char *from = text, *to = text;

	for (; *from; from++) {
		if (from[0] != '\\' || from[1] != 'x' || !isxdigit((unsigned char)from[2]) ||
		    !isxdigit((unsigned char)from[3])) {
			*to++ = *from;
			continue;
		}
		*to = (char)(hex(from[2]) << 4 | hex(from[3]));
		from += 3;
		if (*to == '\n') {
			*to = 0;
			add(l, text, k->guest_s, k->seq);
			text = to + 1;
		}
		to++;
	}
	*to = 0;
	add(l, text, k->guest_s, k->seq);
}

/* Lines that begin with a blank are a record's keys. */
static void take_netconsole(struct log *l, char *line)
{
	struct kmsg k;

	kmsg_parse(line, &k);
	if (k.seq != TIME_NEVER)
		take_record(l, (char *)(uintptr_t)k.text, &k);
}

static void log_read(int dir, const char *name, void (*take)(struct log *l, char *line),
		     struct log *l)
{
	char *p, *end, *nl;

	fs_read_part(dir, name, 0, LOG_MAX, &l->bytes);
	p = l->bytes.data;
	end = p + l->bytes.len;
	for (; p < end; p = nl + 1) {
		nl = memchr(p, '\n', (size_t)(end - p)) ?: end;
		*nl = 0;
		take(l, p);
	}
}

/* ---- both ---- */

enum heard { HEARD_BOTH, HEARD_SERIAL, HEARD_NETCONSOLE, HEARD_NOISE };

struct both {
	struct log serial, netconsole;
	size_t i, j;       /* what comes next of each */
	uint64_t next_seq; /* TIME_NEVER: any */
};

/* The serial console may have been cut in the middle of a line. */
static bool same(const struct entry *a, const struct entry *b)
{
	return fabs(a->guest_s - b->guest_s) < 5e-7 && str_eq(a->text, b->text);
}

static bool ahead(const struct log *l, size_t from, const struct entry *e)
{
	for (size_t k = from; k < MIN(l->n, from + AHEAD); k++)
		if (same(&l->entry[k], e))
			return true;
	return false;
}

/* Whose line comes next, and which one; false at the end of both. */
static bool next(struct both *b, enum heard *ret_by, const struct entry **ret)
{
	const struct entry *s = b->i < b->serial.n ? &b->serial.entry[b->i] : NULL;
	const struct entry *n = b->j < b->netconsole.n ? &b->netconsole.entry[b->j] : NULL;

	if (s && isnan(s->guest_s))
		*ret_by = HEARD_NOISE;
	else if (s && n && same(s, n))
		*ret_by = HEARD_BOTH;
	else if (!s || !n)
		*ret_by = s ? HEARD_SERIAL : HEARD_NETCONSOLE;
	else if (ahead(&b->netconsole, b->j, s))
		*ret_by = HEARD_NETCONSOLE;
	else if (ahead(&b->serial, b->i, n))
		*ret_by = HEARD_SERIAL;
	else
		*ret_by = s->guest_s <= n->guest_s ? HEARD_SERIAL : HEARD_NETCONSOLE;
	*ret = *ret_by == HEARD_NETCONSOLE ? n : s;
	b->i += *ret_by != HEARD_NETCONSOLE;
	b->j += *ret_by == HEARD_NETCONSOLE || *ret_by == HEARD_BOTH;
	return s || n;
}

/* How many records were lost before this one of netconsole's; a number that went back is a kernel
 * that started over. */
static size_t lost_before(struct both *b, const struct entry *e)
{
	size_t lost = b->next_seq != TIME_NEVER && e->seq > b->next_seq ? e->seq - b->next_seq : 0;

	b->next_seq = e->seq + 1;
	return lost;
}

/* The entry of netconsole's that was just taken, or NULL. */
static const struct entry *taken(const struct both *b, enum heard by)
{
	return by == HEARD_NETCONSOLE || by == HEARD_BOTH ? &b->netconsole.entry[b->j - 1] : NULL;
}

static void both_read(int dir, struct both *b)
{
	*b = (struct both){ .next_seq = TIME_NEVER };
	log_read(dir, TRIAL_CONSOLE, take_serial, &b->serial);
	log_read(dir, TRIAL_NETCONSOLE, take_netconsole, &b->netconsole);
}

static void both_done(struct both *b)
{
	log_done(&b->serial);
	log_done(&b->netconsole);
}

bool two_logs_count(int trial_dir, struct two_counts *ret)
{
	struct two_counts c = { 0 };
	const struct entry *e;
	enum heard by;
	struct both b;
	bool any;

	both_read(trial_dir, &b);
	any = b.netconsole.n > 0;
	c.netconsole = b.netconsole.n;
	while (any && next(&b, &by, &e)) {
		const struct entry *n = taken(&b, by);

		c.serial += by == HEARD_BOTH || by == HEARD_SERIAL;
		c.only_serial += by == HEARD_SERIAL;
		c.only_netconsole += by == HEARD_NETCONSOLE;
		if (n)
			c.lost += lost_before(&b, n);
	}
	both_done(&b);
	if (any)
		*ret = c;
	return any;
}

void two_counts_text(const struct two_counts *c, struct buf *out)
{
	buf_printf(out, "serial %zu lines, netconsole %zu lines, %zu lost", c->serial,
		   c->netconsole, c->lost);
	if (c->only_serial)
		buf_printf(out, "; %zu only on the serial console", c->only_serial);
	if (c->only_netconsole)
		buf_printf(out, "; %zu only on netconsole", c->only_netconsole);
}

static void put_entry(struct buf *out, const char *mark, const struct entry *e)
{
	buf_puts(out, mark);
	if (!isnan(e->guest_s))
		buf_printf(out, "[%12.6f] ", e->guest_s);
	str_sanitise(out, e->text, strlen(e->text), false);
	buf_putc(out, '\n');
}

void two_logs_text(int trial_dir, struct buf *out)
{
	static const char *const marks[] = { "  ", "s ", "n ", "  " };
	const struct entry *e;
	enum heard by;
	struct both b;
	bool two;

	both_read(trial_dir, &b);
	two = b.netconsole.n > 0;
	while (next(&b, &by, &e)) {
		const struct entry *n = taken(&b, by);
		size_t lost = n ? lost_before(&b, n) : 0;

		if (lost)
			buf_printf(out, "-- %zu records lost to netconsole\n", lost);
		put_entry(out, two ? marks[by] : "", e);
	}
	both_done(&b);
}
