/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * kernsoak explain: what a kind of crash means, what to look at first, and which settings make it
 * fatal. It is named by signature, class, family, title, a line of the console, or a trial.
 */
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>

#include "base/str.h"
#include "cmd/ask.h"
#include "cmd/cmd.h"
#include "detect/detector.h"
#include "detect/signatures.h"
#include "model/explain.h"
#include "store/verdicts.h"

enum { INDENT = 4, WIDTH = 80 };

/* What is to be explained: one class, or all of a family, or all there are. */
struct subject {
	enum crash_class class;      /* CRASH_NONE: all whose family it is */
	const char *family;          /* NULL: any */
	const struct signature *sig; /* NULL: all of the class */
	char title[TITLE_LEN];       /* of the crash that was named; "" none */
};

static const struct signature *signature_named(const char *name)
{
	const struct signature *sig;

	for (size_t i = 0; (sig = signature_nth(i)); i++)
		if (str_eq(sig->name, name) && sig->class != CRASH_NONE)
			return sig;
	return NULL;
}

/* ---- as text ---- */

static void put_text(struct buf *out, const char *heading, const char *text)
{
	buf_printf(out, "\n%s\n", heading);
	str_wrap(out, text, INDENT, WIDTH);
}

static void put_settings(struct buf *out, const struct explanation *e)
{
	buf_puts(out, "\nWhat makes it fatal\n");
	for (const char *s = e->settings; *s;) {
		const size_t n = strcspn(s, "\n");
		_cleanup_free_
		char *line = xstrndup(s, n);

		str_wrap(out, line, INDENT, WIDTH);
		s += n + (s[n] == '\n');
	}
}

static void put_row(struct buf *out, const struct signature *sig)
{
	_cleanup_free_
	char *about = xasprintf("%s: %s", sig->name, sig->sentence);

	str_wrap(out, about, INDENT, WIDTH);
	if (signature_severity(sig) != crash_info(sig->class)->severity)
		buf_printf(out, "%*sseverity %s: %s\n", INDENT + 2, "",
			   severity_name(signature_severity(sig)),
			   severity_effect(sig->class, signature_severity(sig)));
	buf_printf(out, "%*s%s\n", INDENT + 2, "", sig->example);
}

static void put_rows(struct buf *out, const struct subject *s)
{
	const struct signature *sig;
	bool any = false;

	for (size_t i = 0; (sig = signature_nth(i)); i++) {
		if (sig->class != s->class || (s->sig && s->sig != sig))
			continue;
		if (!any)
			buf_puts(out, "\nSignatures, each with a line that it is found by\n");
		any = true;
		put_row(out, sig);
	}
	if (!any)
		put_text(out, "Signatures", "none: it is not found by a line of the console.");
}

static void put_one(struct buf *out, const struct subject *s)
{
	const struct crash_info *info = crash_info(s->class);
	const struct explanation *e = crash_explain(s->class);

	if (s->title[0]) {
		str_sanitise(out, s->title, strlen(s->title), false);
		buf_putc(out, '\n');
	}
	buf_printf(out, "%s: %s\n", info->name, info->sentence);
	put_text(out, "What the kernel says", e->meaning);
	put_text(out, "What to look at first", e->look);
	put_settings(out, e);
	put_text(out, "What it needs", e->needs);
	put_text(out, "Kernels", e->kernels);
	buf_printf(out, "\nFor kernsoak\n%*sfamily %s, severity %s\n", INDENT, "", info->family,
		   severity_name(info->severity));
	str_wrap(out, severity_effect(s->class, info->severity), INDENT, WIDTH);
	put_rows(out, s);
}

static void put_list(struct buf *out, const struct subject *s)
{
	for (enum crash_class c = CRASH_NONE + 1; c < CRASH_COUNT; c++) {
		const struct crash_info *info = crash_info(c);
		const struct signature *sig;

		if (s->family && !str_eq(s->family, info->family))
			continue;
		buf_printf(out, "%-26s %-5s  %s\n", info->name, severity_name(info->severity),
			   info->sentence);
		for (size_t i = 0; (sig = signature_nth(i)); i++)
			if (sig->class == c)
				buf_printf(out, "  %-24s %-5s  %s\n", sig->name,
					   severity_name(signature_severity(sig)), sig->sentence);
	}
}

/* ---- as JSON ---- */

static json_t *row_to_json(const struct signature *sig)
{
	json_t *o = json_object();

	json_set_str(o, "name", sig->name);
	json_set_str(o, "sentence", sig->sentence);
	json_set_str(o, "severity", severity_name(signature_severity(sig)));
	json_set_str(o, "literal", sig->literal);
	json_set_str(o, "example", sig->example);
	return o;
}

static json_t *class_to_json(enum crash_class c, const struct signature *only)
{
	const struct crash_info *info = crash_info(c);
	const struct explanation *e = crash_explain(c);
	json_t *o = json_object(), *rows = json_array();
	const char *none = str_after(e->settings, "none: ");
	const struct signature *sig;

	json_set_str(o, "class", info->name);
	json_set_str(o, "family", info->family);
	json_set_str(o, "severity", severity_name(info->severity));
	json_set_str(o, "effect", severity_effect(c, info->severity));
	json_set_str(o, "sentence", info->sentence);
	json_set_str(o, "meaning", e->meaning);
	json_set_str(o, "look", e->look);
	json_object_set_new(o, "fatal_with", explanation_settings(e));
	if (none)
		json_set_str(o, "fatal_with_none", none);
	json_set_str(o, "needs", e->needs);
	json_set_str(o, "kernels", e->kernels);
	for (size_t i = 0; (sig = signature_nth(i)); i++)
		if (sig->class == c && (!only || sig == only))
			json_array_append_new(rows, row_to_json(sig));
	json_object_set_new(o, "signatures", rows);
	return o;
}

static json_t *subject_to_json(const struct subject *s)
{
	json_t *o;

	if (s->class != CRASH_NONE) {
		o = class_to_json(s->class, s->sig);
		if (s->title[0])
			json_set_str(o, "title", s->title);
		return o;
	}
	o = json_array();
	for (enum crash_class c = CRASH_NONE + 1; c < CRASH_COUNT; c++)
		if (!s->family || str_eq(s->family, crash_info(c)->family))
			json_array_append_new(o, class_to_json(c, NULL));
	return o;
}

static int print(const struct subject *s, bool json)
{
	_cleanup_buf_ struct buf out = BUF_INIT;

	if (json)
		return ask_print_json(subject_to_json(s));
	if (s->class != CRASH_NONE) {
		put_one(&out, s);
	} else {
		put_list(&out, s);
	}
	return ask_print(&out);
}

/* ---- what was named ---- */

static bool by_name(const char *word, struct subject *ret)
{
	const struct signature *sig = signature_named(word);
	enum crash_class class = crash_by_name(word);

	if (class != CRASH_NONE)
		ret->class = class;
	else if (sig)
		*ret = (struct subject){ .class = sig->class, .sig = sig };
	else if (crash_is_word(word))
		ret->family = word;
	else
		return false;
	return true;
}

static void by_sighting(const struct sighting *s, struct subject *ret)
{
	*ret = (struct subject){ .class = s->class, .sig = signature_named(s->signature) };
	snprintf(ret->title, sizeof(ret->title), "%s", s->title);
}

static void on_sighting(void *arg, enum sighting_phase phase, uint64_t serial,
			const struct sighting *s)
{
	struct subject *subject = arg;

	if (phase != SIGHTING_CLOSED || serial != 0)
		return;
	by_sighting(s, subject);
	if (s->integrity == INTEGRITY_HEADER_ONLY) /* a lone line: "... in corrupted" */
		subject->title[0] = '\0';
}

/* As the console's text: by the detector itself. */
static bool by_text(const char *text, struct subject *ret)
{
	struct err err = { 0 };
	struct detector *d = detector_new(on_sighting, ret, &err);

	if (!d)
		return false;
	detector_feed(d, text, strlen(text), TIME_NEVER);
	detector_finish(d);
	detector_free(d);
	return ret->class != CRASH_NONE;
}

/* A title with its holes as shell wildcards. */
static bool title_fits(const char *title, const char *text)
{
	_cleanup_buf_ struct buf glob = BUF_INIT;

	for (const char *s = title; s && *s; s++) {
		if (*s == '{' && strchr(s, '}')) {
			buf_putc(&glob, '*');
			s = strchr(s, '}');
			continue;
		}
		if (strchr("*?[\\", *s))
			buf_putc(&glob, '\\');
		buf_putc(&glob, *s);
	}
	return glob.len > 1 && fnmatch(buf_str(&glob), text, 0) == 0;
}

/* As reports name it: "WARNING in foo". */
static bool by_title(const char *text, struct subject *ret)
{
	const struct signature *sig;

	for (size_t i = 0; (sig = signature_nth(i)); i++) {
		if (sig->class == CRASH_NONE || !title_fits(sig->title, text))
			continue;
		ret->class = sig->class; /* several rows have one title */
		snprintf(ret->title, sizeof(ret->title), "%s", text);
		return true;
	}
	return false;
}

/* ---- a trial ---- */

static bool is_trial(const char *word)
{
	return !strpbrk(word, " \t\n:") &&
	       (strchr(word, '/') || word[strspn(word, "0123456789")] == '\0');
}

static int by_trial(const struct ask *ask, struct subject *ret, struct err *err)
{
	_cleanup_run_dir_ struct run_dir run = RUN_DIR_INIT;
	struct verdict v = { 0 };
	uint64_t trial;
	int r = trial_ref_open(ask->results, ask->ref, &run, &trial, err);

	if (r == 0)
		r = verdict_read(run.fd, trial, &v, err);
	if (r < 0)
		return r;
	if (!v.has_sighting)
		return err_set(err, ENOENT, "%s: nothing failed there: %.300s", ask->ref, v.reason);
	by_sighting(&v.sighting, ret);
	return 0;
}

static const char *nth_word(size_t i, const void *arg)
{
	size_t n = 0;

	(void)arg;
	while (crash_word(n))
		n++;
	return i < n ? crash_word(i) : signature_word(i - n);
}

static int unknown(const char *word, struct err *err)
{
	_cleanup_buf_ struct buf clean = BUF_INIT;
	const char *near;
	size_t n = 0;

	while (nth_word(n, NULL))
		n++;
	near = str_nearest(word, n, nth_word, NULL);
	str_sanitise(&clean, word, strlen(word), false);
	return err_set(err, ENOENT,
		       "'%.200s' is no signature, class, family or title, nor a line that any "
		       "signature fits%s%s%s (kernsoak explain lists them)",
		       buf_str(&clean), near ? "; did you mean '" : "", near ? near : "",
		       near ? "'?" : "");
}

int cmd_explain(int argc, char **argv)
{
	struct subject s = { .class = CRASH_NONE };
	struct err err = { 0 };
	struct ask ask;
	int r = 0;

	ask_parse(
		argc, argv, ASK_REF | ASK_JSON, "[SIGNATURE|CLASS|FAMILY|TEXT|RUN/TRIAL]",
		"Says what a kind of crash means, what to look at first, which settings make it "
		"fatal, what the kernel needs to print it, and what kernsoak makes of it. Without "
		"an argument: all kinds, each with the signatures that find it.\v"
		"TEXT is a line of a console or a crash's title, in quotes; RUN/TRIAL explains "
		"what ended that trial.\n\n"
		"Example: kernsoak explain rcu-stall\n"
		"         kernsoak explain \"BUG: scheduling while atomic: a/1/0x2\"\n\n"
		"Exit status: 0; 64 nothing of that name.",
		&ask);
	if (!ask.ref)
		return print(&s, ask.json);
	if (by_name(ask.ref, &s) || by_text(ask.ref, &s) || by_title(ask.ref, &s))
		return print(&s, ask.json);
	r = is_trial(ask.ref) ? by_trial(&ask, &s, &err) : unknown(ask.ref, &err);
	return r < 0 ? cmd_fail(&err, EXIT_BAD_USAGE) : print(&s, ask.json);
}
