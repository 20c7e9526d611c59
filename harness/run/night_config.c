/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "run/night_config.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stddef.h>

#include "base/exit.h"
#include "base/fs.h"
#include "model/scenario.h"
#include "model/units.h"
#include "model/yaml.h"
#include "store/layout.h"

enum kind { TEXT, WORDS, TIME, SIZE, NUMBER, COUNT, WHEN };

struct key {
	const char *name;
	enum kind kind;
	size_t offset; /* of its field */
	double lo, hi; /* of a NUMBER or COUNT */
};

#define IN(type, name, kind, field, ...)                                                           \
	{                                                                                          \
		name, kind, offsetof(struct type, field), __VA_ARGS__                              \
	}
static const struct key top_keys[] = {
	IN(night_config, "name", TEXT, name),
	IN(night_config, "results", TEXT, results),
	IN(night_config, "metrics", TEXT, metrics),
	IN(night_config, "jobs", COUNT, jobs, 1, 1024),
	IN(night_config, "resume-within", TIME, resume_ns),
	{ 0 },
};
static const struct key compare_keys[] = {
	IN(night_config, "factor", NUMBER, compare.factor, 1.05, 100),
	IN(night_config, "alpha", NUMBER, compare.alpha, 1e-6, 0.5),
	{ 0 },
};
static const struct key keep_keys[] = {
	IN(night_config, "age", TIME, keep.age_ns),
	IN(night_config, "size", SIZE, keep.size_bytes),
	{ 0 },
};
static const struct key hook_keys[] = {
	IN(night_config, "command", WORDS, hook.command),
	IN(night_config, "when", WHEN, hook.only_changes),
	IN(night_config, "deadline", TIME, hook.deadline_ns),
	{ 0 },
};
static const struct key job_keys[] = {
	IN(night_job, "scenario", TEXT, scenario),
	IN(night_job, "name", TEXT, name),
	IN(night_job, "profile", TEXT, profile),
	IN(night_job, "set", WORDS, set),
	IN(night_job, "arms", WORDS, arms),
	IN(night_job, "budget", TIME, budget_ns),
	{ 0 },
};
#undef IN

/* Maps in the file, all of whose keys have fields of the config. */
static const struct {
	const char *name;
	const struct key *key;
} groups[] = {
	{ "compare", compare_keys },
	{ "keep", keep_keys },
	{ "hook", hook_keys },
};

/* ---- values ---- */

static int read_words(const struct node *v, struct strv *ret, struct err *err)
{
	if (v->kind != NODE_LIST)
		return tree_complain(err, v, "a list was expected: [first, second]");
	for (size_t i = 0; i < v->n; i++) {
		if (v->item[i].value->kind != NODE_SCALAR)
			return tree_complain(err, v->item[i].value, "a word was expected");
		strv_add(ret, v->item[i].value->text);
	}
	return 0;
}

static int read_number(const struct node *v, const struct key *k, double *ret, struct err *err)
{
	struct err why = { 0 };

	if (number_parse(v->text, ret, &why) < 0)
		return tree_complain(err, v, "%s", why.msg);
	if (*ret < k->lo || *ret > k->hi)
		return tree_complain(err, v, "%s is %g to %g, not %.40s", k->name, k->lo, k->hi,
				     v->text);
	return 0;
}

static int read_when(const struct node *v, bool *ret, struct err *err)
{
	if (!str_eq(v->text, "always") && !str_eq(v->text, "change"))
		return tree_complain(err, v, "'%.40s' is no time for a hook: always or change",
				     v->text);
	*ret = str_eq(v->text, "change");
	return 0;
}

static int read_count(const struct node *v, const struct key *k, uint64_t *ret, struct err *err)
{
	double number;

	if (read_number(v, k, &number, err) < 0)
		return -EINVAL;
	if (number != floor(number))
		return tree_complain(err, v, "%s is a whole number, not %.40s", k->name, v->text);
	*ret = (uint64_t)number;
	return 0;
}

static int read_value(const struct node *v, const struct key *k, void *base, struct err *err)
{
	char *field = (char *)base + k->offset;
	struct err why = { 0 };

	if (k->kind == WORDS)
		return read_words(v, (struct strv *)field, err);
	if (v->kind != NODE_SCALAR)
		return tree_complain(err, v, "%s takes one value", k->name);
	switch (k->kind) {
	case WORDS: break;
	case TEXT:
		free(*(char **)field);
		*(char **)field = xstrdup(v->text);
		return 0;
	case TIME:
		if (duration_parse(v->text, (uint64_t *)field, &why) < 0)
			return tree_complain(err, v, "%s", why.msg);
		return 0;
	case SIZE:
		if (size_parse(v->text, (uint64_t *)field, &why) < 0)
			return tree_complain(err, v, "%s", why.msg);
		return 0;
	case NUMBER: return read_number(v, k, (double *)field, err);
	case COUNT: return read_count(v, k, (uint64_t *)field, err);
	case WHEN: return read_when(v, (bool *)field, err);
	}
	return 0;
}

/* ---- maps ---- */

static const char *key_name(size_t i, const void *arg)
{
	return ((const char *const *)arg)[i];
}

/* `more`: keys that are read elsewhere; ends with NULL. */
static int unknown_key(const struct node *at, const struct key *keys, const char *const *more,
		       struct err *err)
{
	const char *name[16];
	_cleanup_buf_ struct buf list = BUF_INIT;
	const char *near;
	size_t n = 0;

	for (; keys->name; keys++)
		name[n++] = keys->name;
	for (; more && *more; more++)
		name[n++] = *more;
	for (size_t i = 0; i < n; i++)
		buf_printf(&list, "%s%s", i ? ", " : "", name[i]);
	near = str_nearest(at->text, n, key_name, name);
	if (near)
		return tree_complain(err, at, "there is no key '%.40s' here; did you mean '%s'?",
				     at->text, near);
	return tree_complain(err, at, "there is no key '%.40s' here; there are %s", at->text,
			     buf_str(&list));
}

static int read_map(const struct node *map, const struct key *keys, const char *const *more,
		    void *base, struct err *err)
{
	if (map->kind != NODE_MAP)
		return tree_complain(err, map, "a map was expected: keys with values");
	for (size_t i = 0; i < map->n; i++) {
		const struct node *name = map->item[i].key;
		const struct key *k = keys;
		bool elsewhere = false;

		for (const char *const *m = more; m && *m; m++)
			elsewhere = elsewhere || str_eq(*m, name->text);
		while (k->name && !str_eq(k->name, name->text))
			k++;
		if (elsewhere)
			continue;
		if (!k->name)
			return unknown_key(name, keys, more, err);
		if (read_value(map->item[i].value, k, base, err) < 0)
			return -EINVAL;
	}
	return 0;
}

/* ---- scenarios ---- */

static void job_done(struct night_job *j)
{
	free(j->scenario);
	free(j->name);
	free(j->profile);
	strv_done(&j->set);
	strv_done(&j->arms);
}

/* Relative to the file that names it. */
static void resolve(struct night_job *j, const char *path)
{
	const char *slash = strrchr(path, '/');
	char *whole;

	if (!slash || j->scenario[0] == '/')
		return;
	whole = xasprintf("%.*s/%s", (int)(slash - path), path, j->scenario);
	free(j->scenario);
	j->scenario = whole;
}

/* Is it one that `run` would take? Its name is the job's, where that has none. */
static int check_scenario(struct night_job *j, struct err *err)
{
	const struct scenario_options opt = { .profile = j->profile,
					      .set = j->set,
					      .only_arms = j->arms };
	struct scenario s = { 0 };

	if (scenario_read(j->scenario, &opt, &s, err) < 0)
		return err_exit(err, EXIT_BAD_SCENARIO);
	if (!j->name)
		j->name = xstrdup(s.name);
	scenario_done(&s);
	return 0;
}

static int read_job(struct night_config *c, const struct node *map, const char *path,
		    struct err *err)
{
	struct night_job *j;

	c->job = xrealloc(c->job, (c->n + 1) * sizeof(*c->job));
	j = &c->job[c->n++];
	*j = (struct night_job){ 0 };
	if (read_map(map, job_keys, NULL, j, err) < 0)
		return -EINVAL;
	if (!j->scenario)
		return tree_complain(err, map, "which scenario? scenario: FILE");
	resolve(j, path);
	if (check_scenario(j, err) < 0)
		return err_wrap(err, "%s:%u", path, map->line);
	if (!run_name_ok(j->name))
		return tree_complain(err, map, "'%.60s' is no name: letters, digits, - _ .",
				     j->name);
	for (size_t i = 0; i + 1 < c->n; i++)
		if (str_eq(c->job[i].name, j->name))
			return tree_complain(err, map,
					     "there are two entries called %s; give one a `name:`",
					     j->name);
	return 0;
}

static int read_jobs(struct night_config *c, const struct node *root, const char *path,
		     struct err *err)
{
	const struct entry *e = tree_get(root, "scenarios");

	if (!e || e->value->kind != NODE_LIST || !e->value->n)
		return tree_complain(
			err, e ? e->value : root,
			"what is to be run? scenarios: [{ scenario: FILE, budget: 2h }]");
	for (size_t i = 0; i < e->value->n; i++)
		if (read_job(c, e->value->item[i].value, path, err) < 0)
			return -EINVAL;
	return 0;
}

/* ---- the file ---- */

static void set_defaults(struct night_config *c)
{
	*c = (struct night_config){ .resume_ns = 20 * 3600 * NS_PER_S };
	c->compare.factor = 2;
	c->compare.alpha = 0.01;
	c->hook.deadline_ns = 60 * NS_PER_S;
}

void night_config_done(struct night_config *c)
{
	free(c->name);
	free(c->results);
	free(c->metrics);
	strv_done(&c->hook.command);
	for (size_t i = 0; i < c->n; i++)
		job_done(&c->job[i]);
	free(c->job);
	*c = (struct night_config){ 0 };
}

static char *name_of_file(const char *path)
{
	const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;

	return xstrndup(base, strcspn(base, "."));
}

static int read_root(struct night_config *c, const struct node *root, const char *path,
		     struct err *err)
{
	static const char *const more[] = { "compare", "keep", "hook", "scenarios", NULL };

	if (read_map(root, top_keys, more, c, err) < 0)
		return -EINVAL;
	for (size_t i = 0; i < ARRAY_SIZE(groups); i++) {
		const struct entry *e = tree_get(root, groups[i].name);

		if (e && read_map(e->value, groups[i].key, NULL, c, err) < 0)
			return -EINVAL;
	}
	if (!c->name)
		c->name = name_of_file(path);
	if (!run_name_ok(c->name))
		return tree_complain(err, root,
				     "'%.60s' is no name for nights: letters, digits, - _ .; "
				     "say `name:`",
				     c->name);
	return read_jobs(c, root, path, err);
}

int night_config_read(const char *path, struct night_config *ret, struct err *err)
{
	_cleanup_night_config_ struct night_config c = { 0 };
	_cleanup_buf_ struct buf text = BUF_INIT;
	struct trees *trees = trees_new();
	const struct node *root = NULL;
	int r = fs_read_named(path, TREE_MAX_BYTES, &text, err);

	set_defaults(&c);
	if (r == 0)
		r = tree_parse(trees, path, buf_str(&text), text.len, &root, err);
	if (r == 0)
		r = read_root(&c, root, path, err);
	trees_free(trees);
	if (r < 0)
		return err_exit(err, EXIT_BAD_SCENARIO);
	*ret = TAKE(c, (struct night_config){ 0 });
	return 0;
}
