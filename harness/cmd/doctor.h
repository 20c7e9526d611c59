/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What `kernsoak doctor` found, each with the command that mends it. */
#ifndef KS_CMD_DOCTOR_H
#define KS_CMD_DOCTOR_H

#include "base/macro.h"

enum finding_state {
	FINDING_OK,
	FINDING_LACK,    /* guests can run; something else cannot, or is slow */
	FINDING_MISSING, /* without it no guest runs */
};

struct finding {
	enum finding_state state;
	char *what, *text;
	char *mend; /* a command; NULL: there is nothing to mend, or no command does */
};

struct findings {
	struct finding *item;
	size_t n;
};

void findings_done(struct findings *f);

/* Takes text and mend, which may be NULL. */
void finding_add(struct findings *f, enum finding_state state, const char *what, char *text,
		 char *mend);

/* At everything; changes nothing. results: where runs would be kept. */
void doctor_look(const char *results, struct findings *ret);

#endif
