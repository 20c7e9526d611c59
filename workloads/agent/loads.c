/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "loads.h"

#include <stdio.h>
#include <string.h>

#include "child.h"
#include "say.h"
#include "tune.h"

#define PROGRESS_NS (100 * 1000000ull) /* between two progress lines of a load */
#define NEVER       UINT64_MAX

static struct {
	struct child load[LOADS_MAX];
	size_t n;
	bool begun, ending;
} self;

/* ---- what they say ---- */

static void say_progress(struct child *c, uint64_t at_ns)
{
	struct wire *w = say("progress");

	wire_text(w, "load", c->name);
	wire_u64(w, "count", c->count);
	wire_u64(w, "up", at_ns);
	if (send_line(w, PORT_MAY_DROP))
		c->sent_count = c->count;
	c->sent_at_ns = at_ns;
}

static void said_armed(struct child *c, const char *text)
{
	struct wire *w = say("armed");

	wire_text(w, "load", c->name);
	wire_text(w, "text", text);
	send_line(w, PORT_MUST);
}

/* "NAME NUMBER": the number is left as it is where there is none. */
static void name_and_number(const char *text, char *ret_name, size_t size, uint64_t *ret_number)
{
	const size_t n = strcspn(text, " ");

	snprintf(ret_name, size, "%.*s", (int)n, text);
	if (text[n])
		wire_number(text + n + 1, ret_number);
}

/* "NAME MILLISECONDS", of a probe that has not come back in its time. */
static void said_overdue(struct child *c, const char *text)
{
	char name[64];
	uint64_t ms = 0;

	name_and_number(text, name, sizeof name, &ms);
	say_overdue(c->name, name, ms);
}

/* "NAME N": so many more attempts came to that. */
static void said_finding(struct child *c, const char *text)
{
	char name[64];
	uint64_t count = 1;
	struct wire *w = say("finding");

	name_and_number(text, name, sizeof name, &count);
	wire_text(w, "load", c->name);
	wire_text(w, "name", name);
	wire_u64(w, "n", count);
	send_line(w, PORT_MUST);
}

static void ended(struct child *c)
{
	struct wire *w;

	if (self.ending)
		return; /* not by itself */
	if (!self.begun) {
		if (!say_failed())
			say_error("load %s ended with status %d before the soak", c->name,
				  c->status);
		return;
	}
	w = say("exited");
	wire_text(w, "load", c->name);
	wire_u64(w, "status", (uint64_t)c->status);
	send_line(w, PORT_MUST);
}

static void load_says(struct child *c, enum child_event event, const char *text)
{
	uint64_t at_ns = now_ns();

	switch (event) {
	case CHILD_SAYS_ARMED: said_armed(c, text); break;
	case CHILD_SAYS_FAIL: say_error("load %s: %s", c->name, text); break;
	case CHILD_SAYS_OVERDUE: said_overdue(c, text); break;
	case CHILD_SAYS_FINDING: said_finding(c, text); break;
	case CHILD_SAYS_NOTE: say_log("%s: %s", c->name, text); break;
	case CHILD_COUNTED:
		if (at_ns - c->sent_at_ns >= PROGRESS_NS)
			say_progress(c, at_ns);
		break;
	case CHILD_EXITED:
		if (c->count != c->sent_count)
			say_progress(c, at_ns);
		ended(c);
		break;
	}
}

void loads_reaped(int pid, int status)
{
	for (size_t i = 0; i < self.n; i++)
		if (self.load[i].pid == pid && self.load[i].state != CHILD_ENDED)
			child_reaped(&self.load[i], status, now_ns(), load_says);
}

nfds_t loads_before_poll(struct pollfd *fds)
{
	nfds_t n = 0;

	for (size_t i = 0; i < self.n; i++) {
		fds[n++] = (struct pollfd){ .fd = self.load[i].out, .events = POLLIN };
		fds[n++] = (struct pollfd){ .fd = self.load[i].err, .events = POLLIN };
	}
	return n;
}

void loads_after_poll(const struct pollfd *fds)
{
	for (size_t i = 0; i < self.n; i++)
		if (fds[2 * i].revents || fds[2 * i + 1].revents)
			child_read(&self.load[i], now_ns(), load_says);
}

static uint64_t progress_due_ns(const struct child *c)
{
	return c->count == c->sent_count ? NEVER : c->sent_at_ns + PROGRESS_NS;
}

uint64_t loads_due_ns(void)
{
	uint64_t due_ns = NEVER;

	for (size_t i = 0; i < self.n; i++)
		if (progress_due_ns(&self.load[i]) < due_ns)
			due_ns = progress_due_ns(&self.load[i]);
	return due_ns;
}

void loads_on_time(uint64_t at_ns)
{
	for (size_t i = 0; i < self.n; i++)
		if (progress_due_ns(&self.load[i]) <= at_ns)
			say_progress(&self.load[i], at_ns);
}

/* ---- what is done with them ---- */

void loads_add(const char *tokens)
{
	char name[64];

	if (wire_get(tokens, "name", name, sizeof name) < 0 || strchr(name, '/') || name[0] == '.')
		say_error("load: no name");
	else if (self.n == LOADS_MAX)
		say_error("load %s: there are already %d", name, LOADS_MAX);
	else
		child_init(&self.load[self.n++], name, tokens);
}

void loads_spawn(uint64_t seed)
{
	char why[512];

	for (size_t i = 0; i < self.n && !say_failed(); i++)
		if (child_spawn(&self.load[i], seed + i, why, sizeof why) < 0)
			say_error("%s", why);
}

bool loads_armed(void)
{
	for (size_t i = 0; i < self.n; i++)
		if (self.load[i].state != CHILD_ARMED)
			return false;
	return true;
}

void loads_begun(void)
{
	self.begun = true;
}

void loads_go(void)
{
	for (size_t i = 0; i < self.n; i++)
		child_go(&self.load[i]);
}

void loads_tune(const char *tokens)
{
	char said[512];

	if (tune(self.load, self.n, tokens, said, sizeof said) < 0)
		say_error("%s", said);
	else
		say_log("%s", said);
}

void loads_terminate(void)
{
	self.ending = true;
	for (size_t i = 0; i < self.n; i++)
		child_terminate(&self.load[i]);
}

void loads_kill(void)
{
	for (size_t i = 0; i < self.n; i++)
		child_kill(&self.load[i]);
}

size_t loads_alive(void)
{
	size_t n = 0;

	for (size_t i = 0; i < self.n; i++)
		n += child_alive(&self.load[i]);
	return n;
}
