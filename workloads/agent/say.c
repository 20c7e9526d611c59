/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "say.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include "child.h"

static struct {
	struct port *port;
	bool failed;
	struct wire line; /* the one being written */
} self;

void say_init(struct port *port)
{
	self.port = port;
}

uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

struct wire *say(const char *word)
{
	wire_begin(&self.line, word);
	return &self.line;
}

bool send_line(struct wire *w, enum urgency urgency)
{
	wire_end(w);
	return port_send(self.port, w, urgency);
}

void say_up(const char *word)
{
	struct wire *w = say(word);

	wire_u64(w, "up", now_ns());
	send_line(w, PORT_MUST);
}

void say_overdue(const char *load, const char *name, uint64_t ms)
{
	struct wire *w = say("probe");

	if (load)
		wire_text(w, "load", load);
	wire_text(w, "name", name);
	wire_u64(w, "overdue_ms", ms);
	wire_u64(w, "up", now_ns());
	send_line(w, PORT_MUST);
}

static void say_text(const char *word, enum urgency urgency, const char *fmt, va_list ap)
{
	char text[CHILD_LINE_MAX + 128];
	struct wire *w = say(word);

	vsnprintf(text, sizeof text, fmt, ap);
	wire_text(w, "text", text);
	send_line(w, urgency);
}

void say_log(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say_text("log", PORT_MAY_DROP, fmt, ap);
	va_end(ap);
}

void say_error(const char *fmt, ...)
{
	va_list ap;

	self.failed = true;
	va_start(ap, fmt);
	say_text("error", PORT_MUST, fmt, ap);
	va_end(ap);
}

bool say_failed(void)
{
	return self.failed;
}
