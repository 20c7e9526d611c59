/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/scenario.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "base/exit.h"
#include "base/fs.h"
#include "base/str.h"
#include "model/arms.h"
#include "model/cascade.h"
#include "model/controls.h"
#include "model/lint.h"
#include "model/scenario_look.h"
#include "model/schema.h"

void scenario_done(struct scenario *s)
{
	for (size_t i = 0; i < s->n_arms; i++) {
		free(s->arm[i].name);
		settings_done(&s->arm[i].settings);
	}
	free(s->arm);
	strv_done(&s->stop.arms);
	grid_done(&s->grid);
	free(s->name);
	free(s->story);
	buf_done(&s->source);
	*s = (struct scenario){ 0 };
}

uint64_t scenario_slots(const struct scenario *s, uint64_t cpus)
{
	uint64_t vcpus = 1;

	for (size_t i = 0; i < s->n_arms; i++)
		vcpus = MAX(vcpus, s->arm[i].settings.guest.vcpus);
	return MAX(MAX(cpus / vcpus, cascade_hosts(s)), (uint64_t)1);
}

/* What the file's first lines tell tools, not people. */
static bool is_for_tools(const char *s, size_t n)
{
	return memmem(s, n, "SPDX-License-Identifier", 23) ||
	       memmem(s, n, "yaml-language-server:", 21);
}

/* The # lines that open the file, less those for tools and the empty lines around them. */
static char *story_of(const char *text, size_t n)
{
	_cleanup_buf_ struct buf out = BUF_INIT;
	const char *end = text + n;

	for (const char *s = text; s < end && *s == '#';) {
		const char *stop = memchr(s, '\n', (size_t)(end - s)) ?: end;
		const char *begin = s + 1 + (s + 1 < stop && s[1] == ' ');
		const size_t len = (size_t)(stop - begin) - (stop > begin && stop[-1] == '\r');

		if (!is_for_tools(begin, len) && (len || out.len)) {
			buf_append(&out, begin, len);
			buf_putc(&out, '\n');
		}
		s = stop + (stop < end);
	}
	while (out.len && out.data[out.len - 1] == '\n')
		out.data[--out.len] = 0;
	return buf_steal(&out);
}

struct reader {
	const struct scenario_options *opt;
	struct trees *trees;
	const struct node *doc;
	const struct node *over; /* laid over every arm; NULL: nothing */
	struct scenario *sc;
	struct err *err;
};

static const char *nth_key(size_t i, const void *map)
{
	return ((const struct node *)map)->item[i].key->text;
}

/* The command line named an arm or a profile that is not there. */
static int no_such_overlay(const struct reader *r, const struct node *at, const char *what,
			   const char *name, const struct node *map)
{
	return no_such_name(r->err, at, what, name, map && map->kind == NODE_MAP ? map->n : 0,
			    nth_key, map);
}

/* Reads a document for its complaints only. */
static int only_check(const struct node *doc, unsigned in, struct err *err)
{
	struct settings s = { 0 };
	struct scenario sc = { 0 };
	int r = schema_read(doc, in, false, &s, &sc, err);

	settings_done(&s);
	scenario_done(&sc);
	return r;
}

/* Those of the file and of its profiles. */
static int check_grids(const struct reader *r, const struct node *doc)
{
	const struct node *grid = tree_at(doc, "grid"), *profiles = tree_at(doc, "profiles");
	int x = grid ? grid_check(r->trees, grid, r->err) : 0;

	for (size_t i = 0; x == 0 && profiles && i < profiles->n; i++)
		x = check_grids(r, profiles->item[i].value);
	return x;
}

static int lay_profile(struct reader *r)
{
	const struct node *all = tree_at(r->doc, "profiles");
	const struct entry *e = r->opt->profile ? tree_get(all, r->opt->profile) : NULL;

	if (r->opt->profile && !e)
		return no_such_overlay(r, all ? all : r->doc, "profile", r->opt->profile, all);
	r->doc = tree_without(r->trees, r->doc, "profiles");
	if (e && e->value->kind == NODE_MAP)
		r->doc = tree_merge(r->trees, r->doc, e->value);
	return 0;
}

/* A setting may change an arm, but a new one is more likely a typo. */
static int check_setting(const struct reader *r, const struct node *over)
{
	const struct node *known = tree_at(r->doc, "arms"), *named = tree_at(over, "arms");
	int x = only_check(over, IN_SETTING, r->err);

	for (size_t i = 0; x == 0 && named && i < named->n; i++) {
		const struct node *key = named->item[i].key;

		if (!tree_get(known, key->text))
			x = no_such_overlay(r, key, "arm", key->text, known);
	}
	return x;
}

static int read_over(struct reader *r)
{
	for (size_t i = 0; i < r->opt->over.n; i++) {
		const struct node *over = NULL;
		int x = tree_parse_setting(r->trees, r->opt->over.item[i], schema_has_free_keys,
					   &over, r->err);

		if (x == 0)
			x = only_check(over, IN_ARM, r->err);
		if (x < 0)
			return x;
		r->over = r->over ? tree_merge(r->trees, r->over, over) : over;
	}
	return 0;
}

static int lay_settings(struct reader *r)
{
	for (size_t i = 0; i < r->opt->set.n; i++) {
		const struct node *over = NULL;
		int x = tree_parse_setting(r->trees, r->opt->set.item[i], schema_has_free_keys,
					   &over, r->err);

		if (x == 0)
			x = check_setting(r, over);
		if (x < 0)
			return x;
		r->doc = tree_merge(r->trees, r->doc, over);
	}
	return 0;
}

static int check_arm(const struct reader *r, const struct node *doc, const struct node *at,
		     const char *label, const struct settings *s)
{
	const struct look l = { doc, at, label, s, r->sc, r->opt, r->err };

	if (look_check(&l) < 0)
		return -EINVAL;
	if (r->opt->lint)
		lint_arm(&l);
	return 0;
}

/* Reads the document with the arm's overlay (NULL: as it is); the arm is added to the scenario. */
static int read_arm(struct reader *r, const struct entry *e, const char *name)
{
	_cleanup_free_
	char *label = e ? xasprintf("in the arm %s: ", name) : xstrdup("");
	const struct node *doc = r->doc;
	struct scenario *sc = r->sc;
	struct arm *arm;
	int x;

	if (e && e->value->kind == NODE_MAP)
		doc = tree_merge(r->trees, doc, e->value);
	if (r->over)
		doc = tree_merge(r->trees, doc, r->over);
	sc->arm = xrealloc(sc->arm, (sc->n_arms + 1) * sizeof(*sc->arm));
	arm = &sc->arm[sc->n_arms++];
	*arm = (struct arm){ .name = xstrdup(name) };
	schema_defaults(&arm->settings, NULL);
	x = schema_read(doc, IN_FILE, true, &arm->settings, sc, r->err);
	if (x == 0)
		x = check_arm(r, doc, e ? e->key : doc, label, &arm->settings);
	if (x == 0)
		cascade_settle(&arm->settings);
	return x;
}

/* Every arm is checked, also those that --arm leaves out; these go again. */
static int read_arms(struct reader *r, const struct node *arms)
{
	if (!arms || arms->kind != NODE_MAP || !arms->n)
		return read_arm(r, NULL, "baseline");
	for (size_t i = 0; i < arms->n; i++) {
		const struct entry *e = &arms->item[i];
		int x = control_of(e->key->text)
				? tree_complain(r->err, e->key,
						"'%s' is the name of a control; write it under "
						"`controls`",
						e->key->text)
				: read_arm(r, e, e->key->text);

		if (x < 0)
			return x;
	}
	return 0;
}

/* Its cells, instead of arms. */
static int read_cells(struct reader *r, const struct entry *grid)
{
	struct scenario *sc = r->sc;
	int x = 0;

	for (size_t i = 0; x == 0 && i < grid_cells(&sc->grid); i++) {
		const struct entry cell = {
			grid->key,
			grid_overlay(r->trees, grid->value, &sc->grid, i),
		};
		_cleanup_free_
		char *name = grid_cell_name(&sc->grid, i);

		x = read_arm(r, &cell, name);
	}
	return x;
}

static int read_arms_or_grid(struct reader *r, const struct node *arms, const struct entry *grid)
{
	int x = grid ? grid_read(r->trees, grid->value, &r->sc->grid, r->err) : 0;

	if (x < 0 || !r->sc->grid.n)
		return x < 0 ? x : read_arms(r, arms);
	if (arms && arms->n)
		return tree_complain(r->err, grid->key,
				     "a scenario has `arms` or a `grid`, not both; a profile takes "
				     "one away with nothing behind its name");
	return read_cells(r, grid);
}

/* Arms like others, but that nobody compares them: a sequential test is told of the others. */
static int read_controls(struct reader *r, const struct node *controls)
{
	struct scenario *sc = r->sc;
	const size_t n = sc->n_arms;
	int x = 0;

	if (!controls || controls->kind != NODE_MAP)
		return 0;
	for (size_t i = 0; i < controls->n && x == 0; i++)
		x = read_arm(r, &controls->item[i], control_arm(controls->item[i].key->text));
	if (sc->stop.until_decided && !sc->stop.arms.n)
		for (size_t i = 0; i < n; i++)
			strv_add(&sc->stop.arms, sc->arm[i].name);
	return x;
}

/* What a sequential test is told must be possible, and be told of arms that are there. */
static int check_decided(const struct reader *r, const struct node *decided)
{
	const struct stop *stop = &r->sc->stop;
	const struct node *arms = tree_at(decided, "arms"), *alpha = tree_at(decided, "alpha"),
			  *power = tree_at(decided, "power");
	size_t n = stop->arms.n ? 0 : r->sc->n_arms;

	for (size_t i = 0; i < stop->arms.n; i++) {
		size_t known = 0;

		for (size_t j = 0; j < r->sc->n_arms; j++)
			known += str_eq(stop->arms.item[i], r->sc->arm[j].name);
		if (!known)
			return tree_complain(r->err, arms,
					     "stop.decided.arms names '%.60s', which is no arm of "
					     "this run",
					     stop->arms.item[i]);
		n++;
	}
	if (n < 2)
		return tree_complain(r->err, arms ? arms : decided,
				     "stop.decided should have two arms to compare, or more");
	if (stop->alpha >= 0.5)
		return tree_complain(r->err, alpha ? alpha : decided,
				     "stop.decided.alpha should be below 0.5, such as 0.05");
	if (stop->power < 0.5 || stop->power >= 1)
		return tree_complain(r->err, power ? power : decided,
				     "stop.decided.power should be from 0.5 to below 1, such as "
				     "0.8");
	return 0;
}

/* The file's name without folder and ending, with - for what a name may not hold. */
static char *default_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	struct buf out = BUF_INIT;

	for (const char *s = slash ? slash + 1 : path; *s && out.len < 64; s++) {
		if (str_eq(s, ".yaml") || str_eq(s, ".yml"))
			break;
		if (isalnum((unsigned char)*s) || (out.len && strchr("._+-", *s)))
			buf_putc(&out, *s);
		else if (out.len)
			buf_putc(&out, '-');
	}
	if (!out.len)
		buf_puts(&out, "scenario");
	return buf_steal(&out);
}

static int read_layers(struct reader *r, const char *name)
{
	const struct node *arms, *controls, *decided;
	const struct entry *grid;
	int x;

	if (r->doc->kind == NODE_NULL)
		return tree_complain(r->err, r->doc,
				     "the scenario is empty; it should be a map of name, kernel, "
				     "guest, load, ...");
	x = only_check(r->doc, IN_FILE, r->err);
	if (x == 0)
		x = check_grids(r, r->doc);
	if (x == 0)
		x = lay_profile(r);
	if (x == 0)
		x = lay_settings(r);
	if (x == 0)
		x = read_over(r);
	if (x < 0)
		return x;
	arms = tree_at(r->doc, "arms");
	controls = tree_at(r->doc, "controls");
	grid = tree_get(r->doc, "grid");
	r->doc = tree_without(r->trees, r->doc, "arms");
	r->doc = tree_without(r->trees, r->doc, "grid");
	r->doc = tree_without(r->trees, r->doc, "controls");
	schema_defaults(NULL, r->sc);
	decided = tree_at(r->doc, "stop.decided");
	r->sc->stop.until_decided = decided && decided->kind == NODE_MAP;
	x = read_arms_or_grid(r, arms, grid);
	if (x == 0)
		x = read_controls(r, controls);
	if (x == 0)
		x = arms_select(r->sc, &r->opt->only_arms,
				arms   ? arms
				: grid ? grid->key
				       : r->doc,
				r->err);
	if (x == 0 && r->sc->stop.until_decided)
		x = check_decided(r, decided);
	if (r->sc->stop.until_decided && !tree_at(r->doc, "stop.trials"))
		r->sc->stop.trials = 0;
	if (x == 0 && !*r->sc->name) {
		free(r->sc->name);
		r->sc->name = default_name(name);
	}
	if (x == 0 && r->opt->lint)
		lint_whole(&(struct look){ r->doc, arms ? arms : r->doc, "", NULL, r->sc, r->opt },
			   arms);
	return x;
}

int scenario_parse(const char *name, const void *text, size_t n, const struct scenario_options *opt,
		   struct scenario *ret, struct err *err)
{
	const struct scenario_options none = { 0 };
	struct scenario sc = { .story = story_of(text, n) };
	struct reader r = { .opt = opt ? opt : &none, .trees = trees_new(), .sc = &sc, .err = err };
	int x = tree_parse(r.trees, name, text, n, &r.doc, err);

	buf_append(&sc.source, text, n);
	if (x == 0)
		x = read_layers(&r, name);
	trees_free(r.trees);
	if (x < 0)
		scenario_done(&sc);
	else
		*ret = sc;
	return x;
}

int scenario_read(const char *path, const struct scenario_options *opt, struct scenario *ret,
		  struct err *err)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	int r = fs_read_named(path, TREE_MAX_BYTES, &text, err);

	if (r < 0) {
		err_exit(err, EXIT_BAD_SCENARIO);
		return r;
	}
	return scenario_parse(path, buf_str(&text), text.len, opt, ret, err);
}
