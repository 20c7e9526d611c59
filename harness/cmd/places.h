/* SPDX-License-Identifier: GPL-3.0-or-later */
/* --vmlinux, --debug-dir and --system-map, for the verbs that show reports. */
#ifndef KS_CMD_PLACES_H
#define KS_CMD_PLACES_H

#include <argp.h>

#include "report/places.h"

/* The children of a verb that has no other; the input is a struct symbol_sources. */
extern const struct argp_child cmd_places_children[];

/* *ret is NULL where no option was given. */
int cmd_places_open(const struct symbol_sources *from, struct places **ret, struct err *err);

/* Says the complaints from the *said-th on, on stderr; updates *said. */
void cmd_places_complain(const struct places *p, const char *log, size_t *said);

#endif
