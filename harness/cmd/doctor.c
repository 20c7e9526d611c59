/* SPDX-License-Identifier: GPL-3.0-or-later */
/* kernsoak doctor: what this host has and lacks, and the command that mends each lack. */
#include "cmd/doctor.h"

#include <stdio.h>

#include "base/str.h"
#include "cmd/ask.h"
#include "cmd/cmd.h"

static const char *const state_names[] = {
	[FINDING_OK] = "ok",
	[FINDING_LACK] = "no",
	[FINDING_MISSING] = "MISSING",
};

void findings_done(struct findings *f)
{
	for (size_t i = 0; i < f->n; i++) {
		free(f->item[i].what);
		free(f->item[i].text);
		free(f->item[i].mend);
	}
	free(f->item);
	*f = (struct findings){ 0 };
}

void finding_add(struct findings *f, enum finding_state state, const char *what, char *text,
		 char *mend)
{
	f->item = xrealloc(f->item, (f->n + 1) * sizeof(*f->item));
	f->item[f->n++] = (struct finding){ state, xstrdup(what), text, mend };
}

static bool is_able(const struct findings *f)
{
	for (size_t i = 0; i < f->n; i++)
		if (f->item[i].state == FINDING_MISSING)
			return false;
	return true;
}

static int print_text(const struct findings *f)
{
	for (size_t i = 0; i < f->n; i++) {
		const struct finding *x = &f->item[i];

		printf("%-8s %-28s %s\n", state_names[x->state], x->what, x->text);
		if (x->mend)
			printf("%-8s %-28s   %s\n", "", "", x->mend);
	}
	puts(is_able(f) ? "Guests can run here."
			: "No guest can run here before what is MISSING is mended.");
	return 0;
}

/* docs/RESULTS.md describes it. */
static int print_json(const struct findings *f)
{
	json_t *o = json_object(), *all = json_array();

	json_set_u64(o, "version", 1);
	json_set_bool(o, "able", is_able(f));
	for (size_t i = 0; i < f->n; i++) {
		static const char *const names[] = { "ok", "lack", "missing" };
		const struct finding *x = &f->item[i];
		json_t *one = json_object();

		json_set_str(one, "what", x->what);
		json_set_str(one, "state", names[x->state]);
		json_set_str(one, "text", x->text);
		json_object_set_new(one, "mend", x->mend ? json_text(x->mend) : json_null());
		json_array_append_new(all, one);
	}
	json_object_set_new(o, "findings", all);
	return ask_print_json(o);
}

int cmd_doctor(int argc, char **argv)
{
	struct findings found = { 0 };
	struct ask ask;
	int code;

	ask_parse(
		argc, argv, ASK_JSON, NULL,
		"Says what this host has and lacks to run guests, and below each lack the command "
		"that mends it. Changes nothing.\v"
		"Example: kernsoak doctor\n\n"
		"Exit status: 0 guests can run; 69 something is missing.",
		&ask);
	doctor_look(ask.results, &found);
	code = ask.json ? print_json(&found) : print_text(&found);
	if (code == 0 && !is_able(&found))
		code = EXIT_HOST_UNABLE;
	findings_done(&found);
	return code;
}
