/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Settings as values: freed, compared with sightings, and as JSON under the paths of the schema. */
#include "model/settings.h"

#include <errno.h>
#include <fnmatch.h>

#include "model/schema.h"

void pairs_done(struct pairs *p)
{
	for (size_t i = 0; i < p->n; i++) {
		free(p->item[i].key);
		free(p->item[i].value);
	}
	free(p->item);
	*p = (struct pairs){ 0 };
}

void pairs_add(struct pairs *p, const char *key, const char *value)
{
	p->item = xrealloc(p->item, (p->n + 1) * sizeof(*p->item));
	p->item[p->n++] = (struct pair){ xstrdup(key), xstrdup(value) };
}

const char *pairs_get(const struct pairs *p, const char *key)
{
	for (size_t i = 0; i < p->n; i++)
		if (str_eq(p->item[i].key, key))
			return p->item[i].value;
	return NULL;
}

void named_list_done(struct named_list *l)
{
	for (size_t i = 0; i < l->n; i++) {
		free(l->item[i].name);
		pairs_done(&l->item[i].value);
	}
	free(l->item);
	*l = (struct named_list){ 0 };
}

struct named *named_add(struct named_list *l, const char *name)
{
	l->item = xrealloc(l->item, (l->n + 1) * sizeof(*l->item));
	l->item[l->n] = (struct named){ .name = xstrdup(name) };
	return &l->item[l->n++];
}

const struct named *named_get(const struct named_list *l, const char *name)
{
	for (size_t i = 0; i < l->n; i++)
		if (str_eq(l->item[i].name, name))
			return &l->item[i];
	return NULL;
}

static void loads_done(struct settings *s)
{
	for (size_t i = 0; i < s->n_loads; i++)
		pairs_done(&s->load[i].args);
	free(s->load);
}

void settings_done(struct settings *s)
{
	const struct field *f;

	loads_done(s);
	for (size_t i = 0; (f = schema_nth(i)); i++) {
		void *at = f->of_scenario || f->of_item ? NULL : field_at(f, s, NULL);

		if (!at)
			continue;
		if (f->type == FIELD_TEXT)
			free(*(char **)at);
		else if (f->type == FIELD_LIST)
			strv_done(at);
		else if (f->type == FIELD_PAIRS)
			pairs_done(at);
		else if (f->type == FIELD_NAMED)
			named_list_done(at);
	}
	*s = (struct settings){ 0 };
}

/* ---- the target ---- */

static bool class_matches(const struct target *t, const struct sighting *s)
{
	for (size_t i = 0; i < t->classes.n; i++)
		if (crash_is(s->class, t->classes.item[i]))
			return true;
	return t->classes.n == 0 && s->severity >= SEVERITY_CRASH;
}

static bool function_matches(const struct target *t, const char *function)
{
	for (size_t i = 0; *function && i < t->frames.n; i++)
		if (fnmatch(t->frames.item[i], function, 0) == 0)
			return true;
	return false;
}

static bool any_reliable(const struct sighting *s)
{
	for (unsigned i = 0; i < s->n_frames; i++)
		if (s->frame[i].reliable)
			return true;
	return false;
}

/*
 * Frames behind a `?` are leftovers on the stack, neither matched nor counted, unless the whole
 * trace is of them.
 */
static bool frames_match(const struct target *t, const struct sighting *s)
{
	const bool skip = any_reliable(s);
	uint64_t seen = 0;

	if (t->frames.n == 0 || function_matches(t, s->function))
		return true;
	if (*s->function && !(s->n_frames && str_eq(s->frame[0].function, s->function)))
		seen = 1;
	for (unsigned i = 0; i < s->n_frames && seen < t->within; i++) {
		if (skip && !s->frame[i].reliable)
			continue;
		if (function_matches(t, s->frame[i].function))
			return true;
		seen++;
	}
	return false;
}

void load_use_needs(const struct load_use *use,
		    void (*see)(void *arg, const char *modules, const char *programs), void *arg)
{
	const char *modules = pairs_get(&use->args, "modules");
	const char *programs = pairs_get(&use->args, "programs");

	see(arg, modules ? modules : "", programs ? programs : "");
	for (const struct load_need *n = use->def->need; n && n->key; n++) {
		const char *value = pairs_get(&use->args, n->key);

		if (value && str_eq(value, n->value))
			see(arg, n->modules, n->programs);
	}
}

bool target_matches(const struct target *t, const struct sighting *s)
{
	return class_matches(t, s) && frames_match(t, s) &&
	       (!t->text || !*t->text || fnmatch(t->text, s->title, 0) == 0);
}

bool target_lasted(const struct target *t, const struct sighting *s)
{
	return !t->lasts || (s->last_ns >= s->at_ns && s->last_ns - s->at_ns >= t->lasts);
}

/* ---- JSON ---- */

/* The object that holds the last step of the path, made on the way where `make`; *ret_key: that. */
static json_t *holder(json_t *o, const char *path, bool make, char key[static 64])
{
	while (o) {
		const size_t n = strcspn(path, ".");
		json_t *next;

		memcpy(key, path, MIN(n, (size_t)63));
		key[MIN(n, (size_t)63)] = 0;
		if (!path[n])
			return o;
		next = json_object_get(o, key);
		if (!next && make) {
			next = json_object();
			json_object_set_new(o, key, next);
		}
		o = next;
		path += n + 1;
	}
	return NULL;
}

static json_t *list_to_json(const struct strv *v)
{
	json_t *a = json_array(), *o = json_object();

	for (size_t i = 0; i < v->n; i++) {
		json_set_str(o, "item", v->item[i]);
		json_array_append(a, json_object_get(o, "item"));
	}
	json_decref(o);
	return a;
}

static json_t *pairs_to_json(const struct pairs *p)
{
	json_t *o = json_object();

	for (size_t i = 0; i < p->n; i++)
		json_set_str(o, p->item[i].key, p->item[i].value);
	return o;
}

static json_t *named_to_json(const struct named_list *l)
{
	json_t *o = json_object();

	for (size_t i = 0; i < l->n; i++)
		json_object_set_new(o, l->item[i].name, pairs_to_json(&l->item[i].value));
	return o;
}

static json_t *loads_to_json(const struct settings *s)
{
	json_t *o = json_object();

	for (size_t i = 0; i < s->n_loads; i++)
		json_object_set_new(o, s->load[i].def->name, pairs_to_json(&s->load[i].args));
	return o;
}

static void field_to_json(const struct field *f, const struct settings *s, json_t *root)
{
	char key[64];
	json_t *o = holder(root, f->path, true, key);
	const void *at = (const char *)s + f->offset;

	switch (f->type) {
	case FIELD_TEXT: json_set_str(o, key, *(char *const *)at ?: ""); break;
	case FIELD_WORD: json_set_str(o, key, f->words[*(const unsigned *)at]); break;
	case FIELD_COUNT:
	case FIELD_SIZE:
	case FIELD_DURATION: json_set_u64(o, key, *(const uint64_t *)at); break;
	case FIELD_NUMBER:
	case FIELD_RATE: json_set_double(o, key, *(const double *)at); break;
	case FIELD_LIST: json_object_set_new(o, key, list_to_json(at)); break;
	case FIELD_PAIRS: json_object_set_new(o, key, pairs_to_json(at)); break;
	case FIELD_NAMED: json_object_set_new(o, key, named_to_json(at)); break;
	case FIELD_LOADS: json_object_set_new(o, key, loads_to_json(s)); break;
	case FIELD_GROUP:
	case FIELD_GRID:
	case FIELD_OVERLAYS: break;
	}
}

/* Is it a row of struct settings that holds a value? */
static bool is_setting(const struct field *f)
{
	return !f->of_scenario && !f->of_item && f->type != FIELD_GROUP &&
	       f->type != FIELD_OVERLAYS && f->type != FIELD_GRID;
}

json_t *settings_to_json(const struct settings *s)
{
	json_t *root = json_object();
	const struct field *f;

	for (size_t i = 0; (f = schema_nth(i)); i++)
		if (is_setting(f))
			field_to_json(f, s, root);
	return root;
}

static int word_from_json(const struct field *f, const json_t *o, const char *key, void *at,
			  struct err *err)
{
	const char *text = NULL;
	int r = json_get_str(o, key, &text, err);

	/* An empty text means "nothing said" where a scenario could not have written it. */
	if (r < 0 || !text || (f->type == FIELD_TEXT && !*text))
		return r;
	return field_set(f, at, text, err);
}

static int u64_from_json(const struct field *f, const json_t *o, const char *key, uint64_t *at,
			 struct err *err)
{
	uint64_t v = *at;
	int r = json_get_u64(o, key, &v, err);

	if (r == 0)
		r = field_check(f, v, err);
	if (r == 0)
		*at = v;
	return r;
}

static int double_from_json(const struct field *f, const json_t *o, const char *key, double *at,
			    struct err *err)
{
	double v = *at;

	if (json_get_double(o, key, &v, err) < 0)
		return -EINVAL;
	if (!(v > (double)f->min && v <= (double)f->max))
		return err_set(err, EINVAL, "\"%s\" is out of range", key);
	*at = v;
	return 0;
}

static int list_from_json(const struct field *f, const json_t *a, struct strv *at, struct err *err)
{
	size_t i;
	json_t *v;

	if (a && !json_is_array(a))
		return err_set(err, EINVAL, "it should be a list");
	json_array_foreach (a, i, v) {
		if (!json_is_string(v))
			return err_set(err, EINVAL, "its items should be strings");
		if (field_set(f, at, json_string_value(v), err) < 0)
			return -EINVAL;
	}
	return 0;
}

static int pairs_from_json(const json_t *o, struct pairs *at, struct err *err)
{
	const char *key;
	json_t *v;

	if (o && !json_is_object(o))
		return err_set(err, EINVAL, "it should be an object");
	json_object_foreach ((json_t *)o, key, v) {
		if (!json_is_string(v))
			return err_set(err, EINVAL, "\"%.60s\" should be a string", key);
		pairs_add(at, key, json_string_value(v));
	}
	return 0;
}

static int item_from_json(const struct field *f, const char *name, const json_t *o,
			  struct named_list *at, struct err *err)
{
	struct named *named = named_add(at, name);
	const char *key;
	json_t *v;

	if (!f->fits(name) || !json_is_object(o))
		return err_set(err, EINVAL, "\"%.60s\" should be an object", name);
	json_object_foreach ((json_t *)o, key, v) {
		_cleanup_free_
		char *path = xasprintf("%s.*.%.60s", f->path, key);
		const struct field *item = schema_by_path(path);

		if (!item || !json_is_string(v))
			return err_set(err, EINVAL, "\"%.60s\" should be a string", key);
		if (field_accepts(item, json_string_value(v), err) < 0)
			return -EINVAL;
		pairs_add(&named->value, key, json_string_value(v));
	}
	return 0;
}

static int named_from_json(const struct field *f, const json_t *o, struct named_list *at,
			   struct err *err)
{
	const char *name;
	json_t *v;

	if (o && !json_is_object(o))
		return err_set(err, EINVAL, "it should be an object");
	json_object_foreach ((json_t *)o, name, v)
		if (item_from_json(f, name, v, at, err) < 0)
			return -EINVAL;
	return f->check ? f->check(at, true, &name, &name, err) : 0;
}

static bool number_ok(const struct load_param *p, const char *text)
{
	uint64_t v;

	if (p->type == PARAM_TEXT || p->type == PARAM_LIST)
		return true;
	if (p->type == PARAM_CHOICE)
		return load_param_allows(p, text);
	return str_to_u64(text, p->max, &v) == 0 && (v >= p->min || (p->tunable && !v));
}

/* Exactly the parameters of the load, in the table's order, as the guest expects them. */
static int load_from_json(const char *name, const json_t *o, struct settings *s, struct err *err)
{
	struct load_use use = { .def = load_by_name(name) };

	if (!use.def || !json_is_object(o))
		return err_set(err, EINVAL, "\"%.60s\" is no load", name);
	s->load = xrealloc(s->load, (s->n_loads + 1) * sizeof(use));
	s->load[s->n_loads++] = use;
	for (const struct load_param *p = use.def->param; p->key; p++) {
		const char *text = NULL;

		if (json_get_str(o, p->key, &text, err) < 0)
			return -EINVAL;
		if (!text || !number_ok(p, text))
			return err_set(err, EINVAL,
				       "\"%s\" of the load %s is missing or out of range", p->key,
				       name);
		pairs_add(&s->load[s->n_loads - 1].args, p->key, text);
	}
	return 0;
}

static int loads_from_json(const json_t *o, struct settings *s, struct err *err)
{
	const char *key;
	json_t *v;
	int r = 0;

	if (o && !json_is_object(o))
		return err_set(err, EINVAL, "it should be an object");
	json_object_foreach ((json_t *)o, key, v)
		if ((r = load_from_json(key, v, s, err)) < 0)
			return r;
	return 0;
}

static int field_from_json(const struct field *f, const json_t *root, struct settings *s,
			   struct err *err)
{
	char key[64];
	const json_t *o = holder((json_t *)root, f->path, false, key);
	void *at = field_at(f, s, NULL);

	if (!o) /* an older program did not know the group: its defaults */
		return 0;
	switch (f->type) {
	case FIELD_TEXT:
	case FIELD_WORD: return word_from_json(f, o, key, at, err);
	case FIELD_COUNT:
	case FIELD_SIZE:
	case FIELD_DURATION: return u64_from_json(f, o, key, at, err);
	case FIELD_NUMBER:
	case FIELD_RATE: return double_from_json(f, o, key, at, err);
	case FIELD_LIST: return list_from_json(f, json_object_get(o, key), at, err);
	case FIELD_PAIRS: return pairs_from_json(json_object_get(o, key), at, err);
	case FIELD_NAMED: return named_from_json(f, json_object_get(o, key), at, err);
	case FIELD_LOADS: return loads_from_json(json_object_get(o, key), s, err);
	case FIELD_GROUP:
	case FIELD_GRID:
	case FIELD_OVERLAYS: break;
	}
	return 0;
}

int settings_from_json(const json_t *j, struct settings *ret, struct err *err)
{
	struct settings s = { 0 };
	const struct field *f;

	if (!json_is_object(j))
		return err_set(err, EINVAL, "settings should be an object");
	schema_defaults(&s, NULL);
	for (size_t i = 0; (f = schema_nth(i)); i++)
		if (is_setting(f) && field_from_json(f, j, &s, err) < 0) {
			settings_done(&s);
			return err_wrap(err, "%s", f->path);
		}
	*ret = s;
	return 0;
}
