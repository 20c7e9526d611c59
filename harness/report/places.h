/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where in the source the frames of a report are: lines to put beneath those of a console, and
 * fields for JSON. detect/ reads the frames, symbol/ knows the places. */
#ifndef KS_REPORT_PLACES_H
#define KS_REPORT_PLACES_H

#include "base/json.h"
#include "base/str.h"
#include "model/sighting.h"
#include "symbol/symbol.h"

struct places;

int places_open(const struct symbol_sources *from, struct places **ret, struct err *err);
struct places *places_free(struct places *p); /* returns NULL */

/* Another log begins. */
void places_new_log(struct places *p);

/*
 * A whole report: n raw bytes of a console, and what was seen there. Learns which kernel it is and
 * whether the files fit. Before the other two.
 */
void places_learn(struct places *p, const char *report, size_t n, const struct sighting *s);

/*
 * Appends the lines that belong beneath one line of the console, sanitised, each with `indent`
 * before and \n behind: "do_read_fault mm/memory.c:4500 [inline]". None where the line has no
 * frame, or one that the kernel marks with `?`, or one without a place.
 */
void places_beneath(struct places *p, const char *line, size_t n, const char *indent,
		    struct buf *out);

/*
 * `o` is sighting_to_json(s). Its frames get "file", "line" and "inlined" (function, file, line of
 * each, innermost first); it gets "symbols": complaints about this log, where there are some.
 */
void places_to_json(struct places *p, const struct sighting *s, json_t *o);

/* Complaints about the current log, each once and sanitised: a wrong vmlinux, a module's file that
 * is missing. Those from *from on are new to the caller. */
const struct strv *places_complaints(const struct places *p);

#endif
