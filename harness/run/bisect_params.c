/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "run/bisect_params.h"

#include <errno.h>

#include "detect/signatures.h"

void bisect_params_done(struct bisect_params *p)
{
	axis_done(&p->axis);
	free(p->scenario);
	free(p->arm);
	free(p->profile);
	strv_done(&p->set);
	free(p->build);
	free(p->built);
	free(p->target);
	*p = (struct bisect_params){ 0 };
}

static const struct {
	const char *key;
	size_t offset;
} words[] = {
	{ "scenario", offsetof(struct bisect_params, scenario) },
	{ "arm", offsetof(struct bisect_params, arm) },
	{ "profile", offsetof(struct bisect_params, profile) },
	{ "build", offsetof(struct bisect_params, build) },
	{ "built", offsetof(struct bisect_params, built) },
	{ "target", offsetof(struct bisect_params, target) },
};

static char **word_at(const struct bisect_params *p, size_t i)
{
	return (char **)((uintptr_t)p + words[i].offset);
}

json_t *bisect_params_to_json(const struct bisect_params *p)
{
	json_t *j = json_object(), *set = json_array();

	json_set_str(j, "find", p->first_good ? "first-good" : "first-bad");
	json_set_double(j, "confidence", p->confidence);
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		json_set_str(j, words[i].key, *word_at(p, i) ? *word_at(p, i) : "");
	for (size_t i = 0; i < p->set.n; i++)
		json_array_append_new(set, json_string(p->set.item[i]));
	json_object_set_new(j, "set", set);
	json_object_set_new(j, "axis", axis_to_json(&p->axis));
	return j;
}

static int words_from_json(const json_t *j, struct bisect_params *p, struct err *err)
{
	const char *word = NULL;
	size_t n;
	json_t *s;

	if (json_get_str(j, "find", &word, err) < 0)
		return -EINVAL;
	p->first_good = word && str_eq(word, "first-good");
	if (json_get_double(j, "confidence", &p->confidence, err) < 0)
		return -EINVAL;
	if (!(p->confidence >= 0.5 && p->confidence < 1))
		return err_set(err, EINVAL, "a confidence lies between 0.5 and 1");
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		word = NULL;
		if (json_get_str(j, words[i].key, &word, err) < 0)
			return -EINVAL;
		*word_at(p, i) = xstrdup(word ? word : "");
	}
	json_array_foreach (json_object_get(j, "set"), n, s)
		if (json_is_string(s))
			strv_add(&p->set, json_string_value(s));
	return 0;
}

int bisect_params_from_json(const json_t *j, struct bisect_params *ret, struct err *err)
{
	_cleanup_bisect_params_ struct bisect_params p = { 0 };
	int r = words_from_json(j, &p, err);

	if (r == 0)
		r = axis_from_json(json_object_get(j, "axis"), &p.axis, err);
	if (r < 0)
		return err_wrap(err, "the question of the bisection");
	*ret = TAKE(p, (struct bisect_params){ 0 });
	return 0;
}

static void join(struct buf *out, const char *before, const struct strv *v, const char *sep)
{
	for (size_t i = 0; i < v->n; i++)
		buf_printf(out, "%s%s", i ? sep : before, v->item[i]);
}

char *bisect_target_words(const struct target *t)
{
	struct buf out = BUF_INIT;

	join(&out, "", &t->classes, " or ");
	if (!t->classes.n)
		buf_puts(&out, "any crash");
	join(&out, " in ", &t->frames, ", ");
	if (*t->text)
		buf_printf(&out, " titled '%s'", t->text);
	return buf_steal(&out);
}

/* ---- arms ---- */

static void keep_arm(struct scenario *s, size_t kept)
{
	for (size_t i = 0; i < s->n_arms; i++) {
		if (i == kept)
			continue;
		free(s->arm[i].name);
		settings_done(&s->arm[i].settings);
	}
	s->arm[0] = s->arm[kept];
	s->n_arms = 1;
}

int bisect_scenario(const char *name, const struct buf *source, const struct bisect_params *p,
		    const struct strv *over, struct scenario *ret, struct err *err)
{
	struct scenario_options opt = {
		.profile = *p->profile ? p->profile : NULL,
		.set = p->set,
		.signature = signature_word,
	};
	char *only[] = { p->arm };
	int r;

	if (*p->arm)
		opt.only_arms = (struct strv){ only, 1 };
	if (over)
		opt.over = *over;
	r = scenario_parse(name, buf_str(source), source->len, &opt, ret, err);
	if (r == 0)
		keep_arm(ret, 0);
	return r;
}

int bisect_arms(const char *name, const struct buf *source, const struct bisect_params *p,
		struct scenario *ret, struct err *err)
{
	struct scenario all = { 0 };
	int r = bisect_scenario(name, source, p, NULL, &all, err);

	if (r < 0)
		return r;
	keep_arm(&all, 0);
	free(all.arm[0].name);
	settings_done(&all.arm[0].settings);
	all.n_arms = 0;
	all.arm = xrealloc(all.arm, p->axis.n * sizeof(*all.arm));
	for (size_t i = 0; i < p->axis.n && r == 0; i++) {
		struct scenario one = { 0 };

		r = bisect_scenario(name, source, p, &p->axis.value[i].set, &one, err);
		if (r < 0)
			break;
		all.arm[all.n_arms++] = (struct arm){
			.name = xstrdup(p->axis.value[i].label),
			.settings = TAKE(one.arm[0].settings, (struct settings){ 0 }),
		};
		scenario_done(&one);
	}
	if (r < 0)
		scenario_done(&all);
	else
		*ret = all;
	return r;
}
