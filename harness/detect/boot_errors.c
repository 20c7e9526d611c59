/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "detect/boot_errors.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>

#include "base/buf.h"
#include "detect/crashid.h"
#include "detect/detector.h"
#include "detect/quote.h"

enum { LINES_MOST = 1000, FOUND_MOST = 64 };

struct message {
	size_t at; /* of its line in the log */
	uint64_t us, at_ns;
	bool reported; /* a line of a report that the detector knows */
};

struct boot_errors {
	struct buf log; /* the lines as a console shows them */
	struct message *message;
	size_t n, room;
};

bool boot_error_ignored(const struct boot_policy *p, const char *text)
{
	for (size_t i = 0; i < p->ignore.n; i++)
		if (strstr(text, p->ignore.item[i]) || fnmatch(p->ignore.item[i], text, 0) == 0)
			return true;
	return false;
}

struct boot_errors *boot_errors_new(void)
{
	return xcalloc(1, sizeof(struct boot_errors));
}

struct boot_errors *boot_errors_free(struct boot_errors *b)
{
	if (b) {
		buf_done(&b->log);
		free(b->message);
		free(b);
	}
	return NULL;
}

/* A line of the log stays one, whatever the guest says. */
void boot_errors_add(struct boot_errors *b, unsigned level, uint64_t us, const char *text,
		     uint64_t at_ns)
{
	if (level > BOOT_ERROR_LEVEL || b->n == LINES_MOST)
		return;
	if (b->n == b->room) {
		b->room = b->room ? 2 * b->room : 16;
		b->message = xrealloc(b->message, b->room * sizeof(*b->message));
	}
	b->message[b->n++] = (struct message){ .at = b->log.len, .us = us, .at_ns = at_ns };
	buf_printf(&b->log, "[%5llu.%06llu] ", (unsigned long long)(us / 1000000),
		   (unsigned long long)(us % 1000000));
	for (; *text; text++)
		buf_putc(&b->log, *text == '\n' || *text == '\r' ? ' ' : *text);
	buf_putc(&b->log, '\n');
}

/* ---- which lines count ---- */

struct search {
	const struct boot_errors *b;
	const struct boot_policy *policy;
	struct message *message; /* a copy of b's, to be marked */
	struct sighting *found;  /* FOUND_MOST */
	size_t n;
};

static void remember(struct search *f, const struct sighting *s)
{
	for (size_t i = 0; i < f->n; i++)
		if (str_eq(f->found[i].id_fine, s->id_fine)) {
			f->found[i].repeats++;
			f->found[i].last_ns = s->last_ns;
			return;
		}
	if (f->n < FOUND_MOST)
		f->found[f->n++] = *s;
}

static void on_report(void *arg, enum sighting_phase phase, uint64_t serial,
		      const struct sighting *s)
{
	struct search *f = arg;
	struct sighting report = *s;

	(void)serial;
	if (phase != SIGHTING_CLOSED || s->severity < SEVERITY_CRASH)
		return;
	for (size_t i = 0; i < f->b->n; i++) {
		if (f->b->message[i].at < s->offset || f->b->message[i].at >= s->end)
			continue;
		f->message[i].reported = true;
		report.at_ns = report.last_ns = f->b->message[i].at_ns;
	}
	report.offset = report.end = 0;
	if (!s->ignored[0] && !boot_error_ignored(f->policy, s->title))
		remember(f, &report);
}

static void take_message(struct search *f, const struct message *m)
{
	const char *line = f->b->log.data + m->at, *text = strchr(line, ']') + 2;
	_cleanup_free_
	char *copy = xstrndup(text, strcspn(text, "\n"));
	struct sighting s = { .class = CRASH_BOOT_ERROR, .at_ns = m->at_ns, .last_ns = m->at_ns };
	size_t n = (size_t)snprintf(s.title, sizeof(s.title), "boot-error: ");

	if (boot_error_ignored(f->policy, copy))
		return;
	quote_append(s.title, &n, copy);
	s.title[n] = 0;
	s.severity = crash_info(s.class)->severity;
	s.guest_s = (double)m->us / 1e6;
	crashid_set(&s);
	remember(f, &s);
}

int boot_errors_find(const struct boot_errors *b, const struct settings *s, boot_error_fn fn,
		     void *arg, struct err *err)
{
	struct search f = { .b = b, .policy = &s->boot };
	struct detector *d = detector_new_for(&s->detect, on_report, &f, err);

	if (!d)
		return -EINVAL;
	f.found = xcalloc(FOUND_MOST, sizeof(*f.found));
	f.message = xcalloc(b->n + 1, sizeof(*f.message));
	if (b->n)
		memcpy(f.message, b->message, b->n * sizeof(*b->message));
	detector_feed(d, buf_str(&b->log), b->log.len, TIME_NEVER);
	detector_finish(d);
	detector_free(d);
	for (size_t i = 0; i < b->n; i++)
		if (!f.message[i].reported)
			take_message(&f, &b->message[i]);
	for (size_t i = 0; i < f.n; i++)
		fn(arg, &f.found[i]);
	free(f.found);
	free(f.message);
	return 0;
}
