/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Quantities as people write them: "1h30m", "512MiB", "5%", "4/s". A bare number where a unit
 * belongs is refused. The sentences left in `err` are fragments without a position: the schema puts
 * file, line and column before them.
 */
#ifndef KS_MODEL_UNITS_H
#define KS_MODEL_UNITS_H

#include "base/err.h"

enum { UNIT_TEXT = 40 }; /* room that every formatted quantity fits in */

/* "43h", "300ms", "1h30m": whole numbers, units d h m s ms us ns falling. 0, -EINVAL, -ERANGE. */
int duration_parse(const char *s, uint64_t *ret_ns, struct err *err);

/* "256MiB", "4KiB", "512B". MB and M are refused: half of the world means another number. */
int size_parse(const char *s, uint64_t *ret_bytes, struct err *err);

/* "5%" as 0.05. */
int share_parse(const char *s, double *ret, struct err *err);

/* "4/s", "0.5/m", "10/h" as a number per second. */
int rate_parse(const char *s, double *ret_per_s, struct err *err);

/* "1.5": a plain number, decimal, finite, 0 or more. */
int number_parse(const char *s, double *ret, struct err *err);

/*
 * All write into buf[UNIT_TEXT] and return it. The plain ones can be parsed again and lose nothing
 * ("1h30m", "512MiB"; TIME_NEVER is "none"); the _human ones are for reports ("1 m 20 s", "4.53 s",
 * "1.5 GiB") and round.
 */
char *duration_format(char *buf, uint64_t ns);
char *duration_human(char *buf, uint64_t ns);
char *rate_format(char *buf, double per_s); /* "4/s", "10/h": rounded to 6 digits */
char *size_format(char *buf, uint64_t bytes);
char *size_human(char *buf, uint64_t bytes);

#endif
