/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * KCIDB's I/O schema 5: each arm's kernel is a checkout and a build, each trial a test, each crash
 * id an issue, and each trial that ended with it an incident. No property may be null.
 */
#include <inttypes.h>

#include "base/json.h"
#include "report/export_parts.h"

enum { LOG_MAX = 16384 };

static const char *const status[RESULT_COUNT] = {
	[RESULT_PASS] = "PASS", [RESULT_FAIL] = "FAIL", [RESULT_OTHER] = "FAIL",
	[RESULT_CUT] = "DONE",  [RESULT_LOST] = "MISS", [RESULT_WANTED] = "PASS",
};

struct kcidb {
	const struct export_run *x;
	json_t *checkouts, *builds, *tests, *issues, *incidents;
	struct strv kernels, crashes; /* that are in already */
};

static void set_text(json_t *o, const char *key, const char *s)
{
	_cleanup_buf_ struct buf clean = BUF_INIT;

	str_sanitise(&clean, s, strlen(s), false);
	if (clean.len)
		json_set_str(o, key, buf_str(&clean));
}

static void set_instant(json_t *o, const char *key, int64_t at_s)
{
	_cleanup_buf_ struct buf b = BUF_INIT;

	export_instant(&b, at_s, "+00:00");
	if (at_s > 0 && b.len)
		json_set_str(o, key, buf_str(&b));
}

/* An object with "id" and "origin". */
static json_t *object(const struct kcidb *k, const char *id)
{
	_cleanup_free_
	char *full = xasprintf("%s:%s", k->x->origin, id);
	json_t *o = json_object();

	set_text(o, "id", full);
	json_set_str(o, "origin", k->x->origin);
	return o;
}

static void refer(const struct kcidb *k, json_t *o, const char *key, const char *id)
{
	_cleanup_free_
	char *full = xasprintf("%s:%s", k->x->origin, id);

	set_text(o, key, full);
}

/* That of a package is the same in every run; what lay in a file is this run's own. */
static char *kernel_id(const struct export_run *x, const char *arm)
{
	const char *kernel = "";

	for (size_t i = 0; i < x->view.n_arms; i++)
		if (str_eq(x->view.arm[i].name, arm))
			json_get_str(x->view.arm[i].settings, "kernel", &kernel, NULL);
	if (strchr(kernel, ':') && !strchr(kernel, '/'))
		return xstrdup(kernel);
	return xasprintf("%s/%s", x->view.run, export_arm(arm));
}

/* ---- checkouts and builds ---- */

static void add_kernel(struct kcidb *k, const struct view_arm *a)
{
	_cleanup_free_
	char *id = kernel_id(k->x, a->name);
	json_t *checkout, *build;

	if (strv_has(&k->kernels, id))
		return;
	strv_add(&k->kernels, id);
	checkout = object(k, id);
	set_text(checkout, "comment", id);
	json_set_bool(checkout, "valid", true);
	json_array_append_new(k->checkouts, checkout);
	build = object(k, id);
	refer(k, build, "checkout_id", id);
	set_text(build, "comment", a->kernels.n ? a->kernels.item[0] : id);
	json_set_str(build, "architecture", "x86_64");
	json_set_str(build, "status", "PASS");
	json_array_append_new(k->builds, build);
}

/* ---- tests ---- */

/* A part of a path: letters, digits, _ and -. */
static void path_part(struct buf *out, const char *s)
{
	static const char good[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";

	for (s = *s ? s : "unknown"; *s; s++)
		buf_putc(out, strchr(good, *s) ? *s : '_');
}

static void set_path(const struct kcidb *k, json_t *o, const char *arm)
{
	_cleanup_buf_ struct buf b = BUF_INIT;

	buf_puts(&b, "kernsoak.");
	path_part(&b, k->x->view.about.scenario);
	buf_putc(&b, '.');
	path_part(&b, arm);
	json_set_str(o, "path", buf_str(&b));
}

static json_t *life(const struct verdict *v)
{
	return json_pack("{s:f, s:s, s:s}", "value", (double)v->exposure_ns / 1e9, "unit", "s",
			 "prefix", "metric");
}

static json_t *environment(const struct export_run *x, const struct verdict *v)
{
	json_t *o = json_object(), *misc = json_object();
	_cleanup_free_
	char *comment =
		xasprintf("a guest of kernsoak, %s, on %s", *v->accel ? v->accel : "not started",
			  *x->view.host ? x->view.host : "a host");

	set_text(o, "comment", comment);
	set_text(misc, "kernel", v->kernel);
	set_text(misc, "accelerator", v->accel);
	set_text(misc, "origin", v->origin);
	json_object_set_new(o, "misc", misc);
	return o;
}

static json_t *test_misc(const struct verdict *v)
{
	json_t *misc = json_object();

	set_text(misc, "outcome", outcome_name(v->outcome));
	set_text(misc, "crash_id", v->has_sighting ? v->sighting.id : "");
	json_set_u64(misc, "seed", v->seed);
	if (v->boot_ns)
		json_set_double(misc, "boot_s", (double)v->boot_ns / 1e9);
	return misc;
}

static void add_test(struct kcidb *k, const struct verdict *v, const char *id, enum result r)
{
	_cleanup_free_
	char *kernel = kernel_id(k->x, v->arm), *why = export_why(v, r);
	_cleanup_buf_ struct buf console = BUF_INIT;
	json_t *o = object(k, id);

	refer(k, o, "build_id", kernel);
	set_path(k, o, v->arm);
	set_text(o, "comment", why);
	json_set_str(o, "status", status[r]);
	set_instant(o, "start_time", v->started_s);
	json_set_double(o, "duration", (double)v->wall_ns / 1e9);
	if (export_counts(v))
		json_object_set_new(o, "number", life(v));
	export_console(k->x, v, LOG_MAX, &console);
	if (console.len)
		json_set_str(o, "log_excerpt", buf_str(&console));
	json_object_set_new(o, "environment", environment(k->x, v));
	json_object_set_new(o, "misc", test_misc(v));
	json_array_append_new(k->tests, o);
}

/* ---- issues and incidents ---- */

static void add_issue(struct kcidb *k, const struct sighting *s)
{
	json_t *o, *misc = json_object();

	if (strv_has(&k->crashes, s->id)) {
		json_decref(misc);
		return;
	}
	strv_add(&k->crashes, s->id);
	o = object(k, s->id);
	json_set_u64(o, "version", 1);
	set_text(o, "comment", s->title);
	json_object_set_new(o, "culprit", json_pack("{s:b}", "code", 1));
	set_text(misc, "class", crash_info(s->class)->name);
	set_text(misc, "function", s->function);
	set_text(misc, "module", s->module);
	json_object_set_new(o, "misc", misc);
	json_array_append_new(k->issues, o);
}

static void add_incident(struct kcidb *k, const struct verdict *v, const char *test)
{
	_cleanup_free_
	char *id = xasprintf("%s/%s", test, v->sighting.id);
	json_t *o = object(k, id);

	refer(k, o, "issue_id", v->sighting.id);
	json_set_u64(o, "issue_version", 1);
	refer(k, o, "test_id", test);
	json_set_bool(o, "present", true);
	json_array_append_new(k->incidents, o);
}

static void add_trial(struct kcidb *k, const struct verdict *v)
{
	const enum result r = export_result(v);
	_cleanup_free_
	char *id = xasprintf("%s/%06" PRIu64, k->x->view.run, v->trial);

	add_test(k, v, id, r);
	if (v->has_sighting && (r == RESULT_FAIL || r == RESULT_OTHER)) {
		add_issue(k, &v->sighting);
		add_incident(k, v, id);
	}
}

void export_kcidb(const struct export_run *x, struct buf *out)
{
	struct kcidb k = {
		x,     json_array(), json_array(), json_array(), json_array(), json_array(),
		{ 0 }, { 0 }
	};
	_cleanup_json_ json_t *o =
		json_pack("{s:{s:i, s:i}, s:o, s:o, s:o, s:o, s:o}", "version", "major", 5, "minor",
			  0, "checkouts", k.checkouts, "builds", k.builds, "tests", k.tests,
			  "issues", k.issues, "incidents", k.incidents);

	for (size_t i = 0; i < x->view.n_arms; i++)
		add_kernel(&k, &x->view.arm[i]);
	for (size_t i = 0; i < x->n; i++)
		add_trial(&k, &x->trial[i]);
	strv_done(&k.kernels);
	strv_done(&k.crashes);
	json_put(out, o);
}
