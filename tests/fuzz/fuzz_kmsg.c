/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The prefix of a line, on any line. It is within the line, taking prefixes off comes to an end, a
 * line without one is left as it is, and each form of prefix comes off any such line again.
 */
#include <assert.h>
#include <ctype.h>
#include <math.h>

#include "detect/kmsg.h"
#include "fuzz.h"

static void well_formed(const struct kmsg *k, const char *line)
{
	assert(k->text >= line && k->text <= line + strlen(line));
	assert(k->level >= -1 && k->level <= 7);
	assert(isnan(k->guest_s) || (k->guest_s >= 0 && isfinite(k->guest_s)));
	assert(memchr(k->caller, '\0', sizeof(k->caller)));
	for (const char *c = k->caller; *c; c++)
		assert(isalnum((unsigned char)*c));
	assert(k->stamped || (k->level == -1 && isnan(k->guest_s)));
}

/* The same text in a room of its own, so that a look before or behind it is seen. */
static void stands_alone(const char *text)
{
	_cleanup_free_
	char *alone = xstrdup(text);
	struct kmsg a, b;

	kmsg_parse(text, &a);
	kmsg_parse(alone, &b);
	well_formed(&b, alone);
	assert(a.text - text == b.text - alone && a.level == b.level && a.stamped == b.stamped);
}

/* Off comes one after the other, until none is left. */
static const char *strip(const char *line)
{
	struct kmsg k;

	for (;; line = k.text) {
		stands_alone(line);
		kmsg_parse(line, &k);
		well_formed(&k, line);
		if (k.text == line) {
			assert(!k.stamped && !k.caller[0]);
			return line;
		}
	}
}

static void comes_off(const char *prefix, const char *text, int level, double s, const char *caller)
{
	_cleanup_free_
	char *line = xasprintf("%s%s", prefix, text);
	struct kmsg k;

	kmsg_parse(line, &k);
	assert(k.stamped && str_eq(k.text, text) && str_eq(k.caller, caller) && k.level == level);
	assert(isnan(s) ? isnan(k.guest_s) : fabs(k.guest_s - s) < 1e-6);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	_cleanup_free_
	char *line = xstrndup((const char *)data, n);
	const char *text = strip(line);

	if (*text == ' ')
		return 0;
	comes_off("[    1.234567] ", text, -1, 1.234567, "");
	comes_off("<4>[    1.234567] ", text, 4, 1.234567, "");
	comes_off("<30>[12345.000001][ T1234] ", text, 6, 12345.000001, "T1234");
	comes_off("[    1.234567][    C1] ", text, -1, 1.234567, "C1");
	comes_off("login: <3>[    1.234567] ", text, 3, 1.234567, "");
	comes_off("6,1234,5000000,-,caller=T7;", text, 6, 5, "T7");
	comes_off("6,1234,5000000,-;", text, 6, 5, "");
	comes_off("Nov 21 11:54:06 host kernel: ", text, -1, NAN, "");
	comes_off("Nov 21 11:54:06 host kernel: [    7.000001] ", text, -1, 7.000001, "");
	return 0;
}
