/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The small pattern language of signatures.def, in place of regular expressions: a kernel message
 * is a printf format, and so is its pattern. It always ends, in time linear in the line for each
 * hole.
 *
 *	{w}	one word: no blank			{n}	decimal digits
 *	{f}	a function: name, +0x1/0x2 and [module] taken along, only the name captured
 *	{h}	hexadecimal digits, 0x allowed	{*}	anything, as little as possible
 *	{r}	the rest of the line		{_}	blanks, or none
 * Upper case letters (W N F H R, and A for {*}) capture; captures are numbered from 1 in order.
 */
#ifndef KS_DETECT_PATTERN_H
#define KS_DETECT_PATTERN_H

#include "base/macro.h"

enum { CAPTURES = 4 };

struct captures {
	struct {
		const char *s; /* inside of the line; NULL: not captured */
		size_t len;
	} at[CAPTURES + 1]; /* [1..CAPTURES]; [0] is the caller's: pattern_match() empties it */
};

/* Does `text` start with the pattern? ret is written on success only. */
bool pattern_match(const char *pattern, const char *text, struct captures *ret);

#endif
