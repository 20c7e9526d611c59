/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A tree against the schema: every complaint about a key or a value is made here. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>

#include "base/str.h"
#include "model/schema.h"
#include "model/units.h"

enum {
	MAX_NAMED = 64,      /* each may cost the detector a literal */
	MAX_WIRE = 15 << 10, /* a load's line to the agent, of the 16 KiB in PROTOCOL.md */
};

struct reading {
	unsigned in;
	bool whole;
	struct settings *s;
	struct scenario *sc;
	struct err *err;
};

/* ---- unknown keys ---- */

struct names {
	const char *name[64];
	size_t n;
};

static void names_add(struct names *v, const char *name)
{
	if (v->n < ARRAY_SIZE(v->name))
		v->name[v->n++] = name;
}

static const char *nth_name(size_t i, const void *arg)
{
	return ((const struct names *)arg)->name[i];
}

static void list_names(struct buf *out, const struct names *v)
{
	for (size_t i = 0; i < v->n; i++)
		buf_printf(out, "%s%s", i ? ", " : "", v->name[i]);
}

const char *field_below(const struct field *f, const char *group)
{
	const char *rest = *group ? str_after(f->path, group) : f->path;

	if (*group && rest)
		rest = *rest == '.' ? rest + 1 : NULL;
	return rest && !strchr(rest, '.') ? rest : NULL;
}

static void children_of(const char *group, unsigned in, struct names *ret)
{
	const struct field *f;

	ret->n = 0;
	for (size_t i = 0; (f = schema_nth(i)); i++)
		if ((f->in & in) && field_below(f, group))
			names_add(ret, field_below(f, group));
}

/* A row of that last step in another group ("memory" at the top: guest.memory). */
static const struct field *elsewhere(const char *key, unsigned in)
{
	const struct field *f;

	for (size_t i = 0; (f = schema_nth(i)); i++) {
		const char *dot = strrchr(f->path, '.');

		if (dot && (f->in & in) && !f->of_item && str_eq(dot + 1, key))
			return f;
	}
	return NULL;
}

static const char *document_name(unsigned in)
{
	return in == IN_ARM       ? "an arm"
	       : in == IN_PROFILE ? "a profile"
	       : in == IN_SETTING ? "--set"
				  : "a scenario";
}

/* "there is no key 'x' in guest; did you mean 'y'? accepted are ..." */
static int no_such_name(const struct reading *r, const struct node *key, const char *what,
			const char *place, const struct names *accepted)
{
	_cleanup_buf_ struct buf list = BUF_INIT;
	const char *near = str_nearest(key->text, accepted->n, nth_name, accepted);

	list_names(&list, accepted);
	return tree_complain(r->err, key, "there is no %s '%.60s'%s; %s%s%saccepted %s %s", what,
			     key->text, place, near ? "did you mean '" : "", near ? near : "",
			     near ? "'? " : "", accepted->n == 1 ? "is" : "are",
			     accepted->n ? buf_str(&list) : "none");
}

static int unknown_key(const struct reading *r, const struct node *key, const char *group)
{
	_cleanup_free_
	char *path = xasprintf("%s%s%.200s", group, *group ? "." : "", key->text);
	const struct field *other = elsewhere(key->text, r->in);
	_cleanup_free_
	char *place = xasprintf(" in %s", *group ? group : document_name(r->in));
	struct names accepted;

	if (schema_by_path(path))
		return tree_complain(r->err, key,
				     "'%s' is not for %s: it belongs to the scenario's file", path,
				     document_name(r->in));
	children_of(group, r->in, &accepted);
	if (other && !str_nearest(key->text, accepted.n, nth_name, &accepted))
		return tree_complain(r->err, key, "'%.60s' belongs elsewhere: write it as %s",
				     key->text, other->path);
	return no_such_name(r, key, "key", place, &accepted);
}

/* ---- values ---- */

static int wrong_kind(const struct reading *r, const struct node *n, const char *name,
		      const char *want, const char *example)
{
	char found[64];

	return tree_complain(r->err, n, "%s should be %s%s%s; found %s", name, want,
			     example ? ", such as " : "", example ? example : "",
			     tree_found(n, found, sizeof(found)));
}

static const char *article(enum field_type t)
{
	return t == FIELD_TEXT ? "" : "a ";
}

static int kind_complaint(const struct reading *r, const struct node *n, const struct field *f)
{
	char want[64];

	snprintf(want, sizeof(want), "%s%s", article(f->type), field_type_name(f->type));
	return wrong_kind(r, n, f->path, want, f->example);
}

static int read_word(const struct reading *r, const struct node *n, const struct field *f)
{
	struct err why = { 0 };

	if (n->kind != NODE_SCALAR)
		return kind_complaint(r, n, f);
	if (field_set(f, field_at(f, r->s, r->sc), n->text, &why) < 0)
		return tree_complain(r->err, n, "%s: %s", f->path, why.msg);
	return 0;
}

static int read_list(const struct reading *r, const struct node *n, const struct field *f)
{
	strv_done(field_at(f, r->s, r->sc));
	if (n->kind == NODE_MAP)
		return kind_complaint(r, n, f);
	if (n->kind == NODE_SCALAR)
		return read_word(r, n, f);
	for (size_t i = 0; i < n->n; i++) {
		int x = read_word(r, n->item[i].value, f);

		if (x < 0)
			return x;
	}
	return 0;
}

static int read_pairs(const struct reading *r, const struct node *n, const struct field *f)
{
	struct pairs *p = field_at(f, r->s, r->sc);

	pairs_done(p);
	if (n->kind != NODE_MAP)
		return kind_complaint(r, n, f);
	for (size_t i = 0; i < n->n; i++) {
		const struct node *key = n->item[i].key, *value = n->item[i].value;
		struct err why = { 0 };

		if (!f->fits(key->text))
			return tree_complain(r->err, key, "%s: '%.60s' should be %s", f->path,
					     key->text, f->shape);
		if (value->kind == NODE_NULL)
			continue;
		if (value->kind != NODE_SCALAR || strchr(value->text, '\n'))
			return wrong_kind(r, value, key->text, "one line of text", NULL);
		if (field_accepts(f, value->text, &why) < 0)
			return tree_complain(r->err, value, "%s: %s", f->path, why.msg);
		pairs_add(p, key->text, value->text);
	}
	return 0;
}

/* ---- maps of maps ---- */

static int read_item_key(const struct reading *r, const struct entry *e, const char *group,
			 struct pairs *ret)
{
	_cleanup_free_
	char *path = xasprintf("%s.%.60s", group, e->key->text);
	const struct field *f = strchr(e->key->text, '.') ? NULL : schema_by_path(path);
	struct err why = { 0 };

	if (!f)
		return unknown_key(r, e->key, group);
	if (e->value->kind == NODE_NULL)
		return 0;
	if (e->value->kind != NODE_SCALAR)
		return kind_complaint(r, e->value, f);
	if (field_accepts(f, e->value->text, &why) < 0)
		return tree_complain(r->err, e->value, "%s: %s", f->path, why.msg);
	pairs_add(ret, e->key->text, e->value->text);
	return 0;
}

static int check_needed(const struct reading *r, const struct entry *e, const char *group,
			const struct pairs *p)
{
	const struct field *f;

	for (size_t i = 0; r->whole && (f = schema_nth(i)); i++)
		if (f->needed && field_below(f, group) && !pairs_get(p, field_below(f, group)))
			return tree_complain(r->err, e->key, "'%.60s' needs '%s': %s such as %s",
					     e->key->text, field_below(f, group), f->shape,
					     f->example);
	return 0;
}

static int read_item(const struct reading *r, const struct entry *e, const struct field *f)
{
	_cleanup_free_
	char *group = xasprintf("%s.*", f->path),
	     *path = xasprintf("%s.%.60s", f->path, e->key->text);
	struct named *named;

	if (!f->fits(e->key->text))
		return tree_complain(r->err, e->key, "%s: '%.60s' should be %s", f->path,
				     e->key->text, f->shape);
	if ((e->value->kind == NODE_NULL && !f->bare) ||
	    (e->value->kind == NODE_SCALAR && str_eq(e->value->text, "none")))
		return 0;
	if (e->value->kind != NODE_MAP && e->value->kind != NODE_NULL)
		return wrong_kind(r, e->value, path, "a map, or none", NULL);
	named = named_add(field_at(f, r->s, r->sc), e->key->text);
	for (size_t i = 0; i < e->value->n; i++)
		if (read_item_key(r, &e->value->item[i], group, &named->value) < 0)
			return -EINVAL;
	return check_needed(r, e, group, &named->value);
}

/* Where in the map the name stands, and the key below it where there is one. */
static const struct node *place_of(const struct node *map, const char *name, const char *key)
{
	const struct entry *e = tree_get(map, name);
	const struct entry *k =
		e && key && e->value->kind == NODE_MAP ? tree_get(e->value, key) : NULL;

	return k ? k->key : e ? e->key : map;
}

static int check_named(const struct reading *r, const struct node *n, const struct field *f)
{
	const char *name = "", *key = NULL;
	struct err why = { 0 };

	if (!f->check || f->check(field_at(f, r->s, r->sc), r->whole, &name, &key, &why) == 0)
		return 0;
	return tree_complain(r->err, place_of(n, name, key), "%s", why.msg);
}

static int read_named(const struct reading *r, const struct node *n, const struct field *f)
{
	named_list_done(field_at(f, r->s, r->sc));
	if (n->kind != NODE_MAP)
		return kind_complaint(r, n, f);
	if (n->n > MAX_NAMED)
		return tree_complain(r->err, n->item[MAX_NAMED].key, "more than %d in %s",
				     MAX_NAMED, f->path);
	for (size_t i = 0; i < n->n; i++) {
		int x = read_item(r, &n->item[i], f);

		if (x < 0)
			return x;
	}
	return check_named(r, n, f);
}

/* ---- loads ---- */

/* In millionths per second. */
static int param_rate(const char *word, uint64_t *ret, struct err *err)
{
	double per_s;
	int r = rate_parse(word, &per_s, err);

	if (r == 0)
		*ret = per_s < 1e12 ? (uint64_t)(per_s * 1e6 + 0.5) : INT64_MAX;
	return r;
}

static int param_number(const struct load_param *p, const char *word, uint64_t *ret,
			struct err *err)
{
	_cleanup_free_
	char *range = load_param_range(p);
	uint64_t v = 0;
	int r = 0;

	if (p->type == PARAM_DURATION)
		r = duration_parse(word, &v, err);
	else if (p->type == PARAM_SIZE)
		r = size_parse(word, &v, err);
	else if (p->type == PARAM_RATE)
		r = param_rate(word, &v, err);
	else if (str_to_u64(word, INT64_MAX, &v) < 0)
		r = err_set(err, EINVAL, "'%.40s' should be a whole number", word);
	if (r < 0)
		return r;
	if (v >= p->min && v <= p->max) {
		*ret = v;
		return 0;
	}
	return err_set(err, ERANGE, "%.40s is out of range; accepted is %s", word, range);
}

static int param_bool(const char *word, uint64_t *ret, struct err *err)
{
	static const char *const words[] = { "no", "yes", "false", "true", "off", "on" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (str_eq(words[i], word)) {
			*ret = i & 1;
			return 0;
		}
	return err_set(err, EINVAL, "'%.40s' should be yes or no", word);
}

/* Words with one space between them, whatever white space the scenario has. */
static char *squeeze(const char *text)
{
	struct buf out = BUF_INIT;
	const char *s = text + strspn(text, " \t\n");

	while (*s) {
		const size_t n = strcspn(s, " \t\n");

		if (out.len)
			buf_putc(&out, ' ');
		buf_append(&out, s, n);
		s += n;
		s += strspn(s, " \t\n");
	}
	return buf_steal(&out);
}

static int param_choice(const struct load_param *p, const char *word, char **ret, struct err *err)
{
	_cleanup_free_
	char *range = load_param_range(p);

	if (!load_param_allows(p, word))
		return err_set(err, EINVAL, "'%.40s' should be %s", word, range);
	*ret = xstrdup(word);
	return 0;
}

/* A parameter's text as the guest gets it; the caller frees *ret. */
static int param_normal(const struct load_param *p, const char *text, char **ret, struct err *err)
{
	uint64_t v = 0;
	int r = 0;

	switch (p->type) {
	case PARAM_TEXT: *ret = xstrdup(text); return 0;
	case PARAM_LIST: *ret = squeeze(text); return 0;
	case PARAM_CHOICE: return param_choice(p, text, ret, err);
	case PARAM_BOOL: r = param_bool(text, &v, err); break;
	case PARAM_DURATION:
	case PARAM_SIZE:
	case PARAM_RATE:
	case PARAM_COUNT: r = param_number(p, text, &v, err); break;
	}
	if (r == 0)
		*ret = xasprintf("%llu", (unsigned long long)v);
	return r;
}

static const char *param_kind(enum param_type t)
{
	switch (t) {
	case PARAM_DURATION: return "a duration, such as 300ms";
	case PARAM_SIZE: return "a size, such as 64MiB";
	case PARAM_RATE: return "a rate, such as 4/s";
	case PARAM_COUNT: return "a whole number";
	case PARAM_BOOL: return "yes or no";
	case PARAM_TEXT: return "text";
	case PARAM_LIST: return "words, in one text or in a list";
	case PARAM_CHOICE: return "one word";
	}
	return "";
}

static int join_list(const struct reading *r, const struct node *n, const char *name,
		     struct buf *out)
{
	for (size_t i = 0; i < n->n; i++) {
		const struct node *item = n->item[i].value;

		if (item->kind != NODE_SCALAR || strpbrk(item->text, " \t\n"))
			return wrong_kind(r, item, name, "a list of words without spaces", NULL);
		buf_printf(out, "%s%s", i ? " " : "", item->text);
	}
	return 0;
}

static int read_param(const struct reading *r, const struct node *n, const struct load_def *def,
		      const struct load_param *p, char **ret)
{
	_cleanup_buf_ struct buf joined = BUF_INIT;
	_cleanup_free_
	char *name = xasprintf("load.%s.%s", def->name, p->key);
	const char *text = n->text;
	struct err why = { 0 };

	if (n->kind == NODE_LIST && p->type == PARAM_LIST) {
		if (join_list(r, n, name, &joined) < 0)
			return -EINVAL;
		text = buf_str(&joined);
	} else if (n->kind != NODE_SCALAR) {
		return wrong_kind(r, n, name, param_kind(p->type), NULL);
	}
	if (param_normal(p, text, ret, &why) < 0)
		return tree_complain(r->err, n, "%s: %s", name, why.msg);
	return 0;
}

static int unknown_param(const struct reading *r, const struct node *key,
			 const struct load_def *def)
{
	_cleanup_free_
	char *place = xasprintf(" of the load %s", def->name);
	struct names accepted = { 0 };

	for (const struct load_param *p = def->param; p->key; p++)
		names_add(&accepted, p->key);
	return no_such_name(r, key, "parameter", place, &accepted);
}

static int check_params(const struct reading *r, const struct node *params,
			const struct load_def *def)
{
	for (size_t i = 0; i < params->n; i++) {
		const struct load_param *p = def->param;

		while (p->key && !str_eq(p->key, params->item[i].key->text))
			p++;
		if (!p->key)
			return unknown_param(r, params->item[i].key, def);
	}
	return 0;
}

/* As percent-encoded on its way to the agent. */
static size_t wire_length(const struct load_use *use)
{
	size_t n = strlen(use->def->name);

	for (size_t i = 0; i < use->args.n; i++) {
		n += strlen(use->args.item[i].key) + 2;
		for (const char *s = use->args.item[i].value; *s; s++)
			n += *s > 0x20 && *s < 0x7f && *s != '%' ? 1 : 3;
	}
	return n;
}

static int read_params(const struct reading *r, const struct entry *load, struct load_use *use)
{
	for (const struct load_param *p = use->def->param; p->key; p++) {
		const struct entry *e = tree_get(load->value, p->key);
		_cleanup_free_
		char *value = NULL;
		int x = 0;

		if (e && e->value->kind != NODE_NULL)
			x = read_param(r, e->value, use->def, p, &value);
		else if (p->fallback)
			x = param_normal(p, p->fallback, &value, r->err);
		else if (r->whole)
			x = tree_complain(r->err, e ? e->value : load->key,
					  "the load %s needs '%s': %s", use->def->name, p->key,
					  p->sentence);
		if (x < 0)
			return x;
		if (value)
			pairs_add(&use->args, p->key, value);
	}
	if (wire_length(use) > MAX_WIRE)
		return tree_complain(
			r->err, load->key,
			"the load %s has %zu bytes of parameters; at most %d reach the "
			"guest (a space or line end counts three)",
			use->def->name, wire_length(use), MAX_WIRE);
	return 0;
}

static int unknown_load(const struct reading *r, const struct node *key)
{
	struct names accepted = { 0 };
	const struct load_def *def;

	for (size_t i = 0; (def = load_nth(i)); i++)
		names_add(&accepted, def->name);
	return no_such_name(r, key, "load", "", &accepted);
}

static int read_load(const struct reading *r, const struct entry *e)
{
	const struct load_def *def = load_by_name(e->key->text);
	struct load_use use = { .def = def };
	char path[80];
	int x;

	if (!def)
		return unknown_load(r, e->key);
	snprintf(path, sizeof(path), "load.%s", def->name);
	if (e->value->kind == NODE_SCALAR && str_eq(e->value->text, "none"))
		return 0;
	if (e->value->kind != NODE_MAP && e->value->kind != NODE_NULL)
		return wrong_kind(r, e->value, path,
				  "a map of its parameters, nothing (its defaults) or none", NULL);
	x = check_params(r, e->value, def);
	if (x == 0)
		x = read_params(r, e, &use);
	if (x < 0) {
		pairs_done(&use.args);
		return x;
	}
	r->s->load = xrealloc(r->s->load, (r->s->n_loads + 1) * sizeof(use));
	r->s->load[r->s->n_loads++] = use;
	return 0;
}

static int read_loads(const struct reading *r, const struct node *n, const struct field *f)
{
	if (n->kind != NODE_MAP)
		return kind_complaint(r, n, f);
	for (size_t i = 0; i < n->n; i++) {
		int x = read_load(r, &n->item[i]);

		if (x < 0)
			return x;
	}
	return 0;
}

/* ---- maps ---- */

static int read_overlay(const struct reading *r, const struct entry *e, const struct field *f,
			unsigned in)
{
	struct settings s = { 0 };
	struct scenario sc = { 0 };
	char path[80];
	int x = 0;

	snprintf(path, sizeof(path), "%s.%.60s", f->path, e->key->text);
	if (!f->fits(e->key->text))
		return tree_complain(r->err, e->key, "'%.80s' is no name; a name is %s",
				     e->key->text, f->shape);
	if (e->value->kind == NODE_MAP)
		x = schema_read(e->value, in, false, &s, &sc, r->err);
	else if (e->value->kind != NODE_NULL)
		x = wrong_kind(r, e->value, path, "a map of the keys that it changes", NULL);
	settings_done(&s);
	scenario_done(&sc);
	return x;
}

static int read_overlays(const struct reading *r, const struct node *n, const struct field *f)
{
	const unsigned in = str_eq(f->path, "profiles") ? IN_PROFILE : IN_ARM;

	if (n->kind != NODE_MAP)
		return kind_complaint(r, n, f);
	if (n->n > SCENARIO_MAX_ARMS)
		return tree_complain(r->err, n->item[SCENARIO_MAX_ARMS].key, "more than %d %s",
				     SCENARIO_MAX_ARMS, f->path);
	for (size_t i = 0; i < n->n; i++) {
		int x = read_overlay(r, &n->item[i], f, in);

		if (x < 0)
			return x;
	}
	return 0;
}

static int read_group(const struct reading *r, const struct node *map, const char *group);

static int read_field(const struct reading *r, const struct node *n, const struct field *f)
{
	if (n->kind == NODE_NULL) /* nothing: the default */
		return 0;
	switch (f->type) {
	case FIELD_GROUP: return read_group(r, n, f->path);
	case FIELD_LIST: return read_list(r, n, f);
	case FIELD_PAIRS: return read_pairs(r, n, f);
	case FIELD_NAMED: return read_named(r, n, f);
	case FIELD_LOADS: return read_loads(r, n, f);
	case FIELD_OVERLAYS: return read_overlays(r, n, f);
	case FIELD_GRID: return n->kind == NODE_MAP ? 0 : kind_complaint(r, n, f);
	case FIELD_TEXT:
	case FIELD_WORD:
	case FIELD_COUNT:
	case FIELD_SIZE:
	case FIELD_DURATION:
	case FIELD_NUMBER:
	case FIELD_RATE: break;
	}
	return read_word(r, n, f);
}

static int read_group(const struct reading *r, const struct node *map, const char *group)
{
	if (map->kind != NODE_MAP) {
		_cleanup_buf_ struct buf want = BUF_INIT;
		struct names accepted;

		children_of(group, r->in, &accepted);
		buf_puts(&want, "a map of ");
		list_names(&want, &accepted);
		return wrong_kind(r, map, *group ? group : document_name(r->in), buf_str(&want),
				  NULL);
	}
	for (size_t i = 0; i < map->n; i++) {
		const struct node *key = map->item[i].key;
		_cleanup_free_
		char *path = xasprintf("%s%s%s", group, *group ? "." : "", key->text);
		const struct field *f = strchr(key->text, '.') ? NULL : schema_by_path(path);
		int x = f && (f->in & r->in) ? read_field(r, map->item[i].value, f)
					     : unknown_key(r, key, group);

		if (x < 0)
			return x;
	}
	return 0;
}

int schema_read(const struct node *doc, unsigned in, bool whole, struct settings *s,
		struct scenario *sc, struct err *err)
{
	const struct reading r = { .in = in, .whole = whole, .s = s, .sc = sc, .err = err };

	return read_group(&r, doc, "");
}
