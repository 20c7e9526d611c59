/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "detect/kmsg.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>

enum { GLUE_MAX = 160 }; /* how far into a line a timestamp is looked for */

static const char *skip_digits(const char *s)
{
	while (isdigit((unsigned char)*s))
		s++;
	return s;
}

/* `[   12.345678]`: the rest behind it, or NULL. */
static const char *timestamp(const char *s, double *ret_s)
{
	const char *start, *dot, *end;

	if (*s++ != '[')
		return NULL;
	while (*s == ' ')
		s++;
	start = s;
	dot = skip_digits(s);
	end = *dot == '.' ? skip_digits(dot + 1) : dot;
	if (dot == start || dot - start > 12 || end - dot != 7 || *end != ']')
		return NULL;
	*ret_s = strtod(start, NULL);
	return end + 1;
}

/* `[ T123]`, `[    C1]`: the rest behind it, or NULL. */
static const char *caller(const char *s, char ret[16])
{
	const char *start, *end;

	if (*s++ != '[')
		return NULL;
	while (*s == ' ')
		s++;
	start = s;
	if (*s != 'T' && *s != 'C')
		return NULL;
	end = skip_digits(s + 1);
	if (end == s + 1 || *end != ']' || end - start > 15)
		return NULL;
	memcpy(ret, start, (size_t)(end - start));
	ret[end - start] = '\0';
	return end + 1;
}

/* `<4>`: the rest, or NULL. Above 7 the facility is in the upper bits. */
static const char *level(const char *s, int *ret)
{
	const char *end = *s == '<' ? skip_digits(s + 1) : s;

	if (end == s || end == s + 1 || end - s > 4 || *end != '>')
		return NULL;
	*ret = atoi(s + 1) & 7;
	return end + 1;
}

/* `4,123,12345678,-,caller=T1;`: the rest, or NULL. */
static const char *extended(const char *s, struct kmsg *k)
{
	const char *a = skip_digits(s), *b, *c, *semicolon, *by;

	if (a == s || a - s > 3 || *a != ',')
		return NULL;
	b = skip_digits(a + 1);
	if (b == a + 1 || *b != ',')
		return NULL;
	c = skip_digits(b + 1);
	semicolon = strchr(c, ';');
	if (c == b + 1 || c - b > 21 || *c != ',' || !semicolon || semicolon - c > 64)
		return NULL;
	k->level = atoi(s) & 7;
	k->guest_s = strtod(b + 1, NULL) / 1e6;
	k->seq = strtoull(a + 1, NULL, 10);
	by = strstr(c, ",caller=");
	if (by && by < semicolon)
		sscanf(by, ",caller=%15[TC0-9]", k->caller);
	return semicolon + 1;
}

/* The first timestamp of the line within reach: where it starts, or NULL. */
static const char *find_timestamp(const char *line, double *ret_s, const char **ret_rest)
{
	for (const char *s = line; s - line < GLUE_MAX && (s = strchr(s, '[')); s++)
		if ((*ret_rest = timestamp(s, ret_s)))
			return s;
	return NULL;
}

/* "Nov 21 11:54:06 host kernel: " without a clock of the kernel's own. */
static const char *syslog_text(const char *line)
{
	static const char tag[] = " kernel: ";
	size_t near = strnlen(line, GLUE_MAX + sizeof(tag) - 2); /* it begins before GLUE_MAX */
	const char *kernel = memmem(line, near, tag, sizeof(tag) - 1);
	const char *colon = kernel ? strchr(line, ':') : NULL;

	return kernel && kernel > colon && isdigit((unsigned char)colon[1])
		       ? kernel + sizeof(tag) - 1
		       : NULL;
}

void kmsg_parse(const char *line, struct kmsg *ret)
{
	struct kmsg k = { .level = -1, .guest_s = NAN, .seq = TIME_NEVER, .text = line };
	const char *rest, *at;

	if ((rest = level(k.text, &k.level)) || (rest = extended(k.text, &k)) ||
	    (rest = syslog_text(k.text))) {
		k.text = rest;
		k.stamped = true;
	}
	at = find_timestamp(k.text, &k.guest_s, &rest);
	if (at) {
		/* "login: <4>[ 12.345678]": a level right before the clock is the kernel's */
		if (k.level < 0 && at >= line + 3 && at[-1] == '>' && at[-3] == '<')
			level(at - 3, &k.level);
		k.text = rest;
		k.stamped = true;
	}
	while ((rest = caller(k.text, k.caller)))
		k.text = rest;
	/* printk puts one between stamp and text, and none behind a record's semicolon */
	if (*k.text == ' ' && (at || k.caller[0] || (k.stamped && k.seq == TIME_NEVER)))
		k.text++;
	*ret = k;
}
