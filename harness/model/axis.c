/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/axis.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>

#include "base/exit.h"
#include "model/schema.h"

#define DEBIAN "debian:"
#define SUITE  "+deb"

enum { SHORT_SHA = 12, NEAREST = 3 };

void axis_done(struct axis *a)
{
	for (size_t i = 0; i < a->n; i++) {
		free(a->value[i].label);
		free(a->value[i].note);
		free(a->value[i].commit);
		strv_done(&a->value[i].set);
	}
	free(a->value);
	free(a->text);
	free(a->dir);
	free(a->first);
	free(a->last);
	*a = (struct axis){ 0 };
}

/* The value before: causes are laid over it. */
static struct axis_value *add_value(struct axis *a, char *label, const char *note)
{
	a->value = xrealloc(a->value, (a->n + 1) * sizeof(*a->value));
	a->value[a->n] = (struct axis_value){ .label = label, .note = xstrdup(note) };
	return &a->value[a->n++];
}

static int complain(const struct axis *a, struct err *err, const char *what)
{
	err_set(err, EINVAL, "the axis '%.200s' %s", a->text, what);
	return err_exit(err, EXIT_BAD_USAGE);
}

static int check_count(const struct axis *a, struct err *err)
{
	if (a->n < 2)
		return complain(
			a, err,
			strstr(a->text, "..")
				? "has one value; a range is debian:A..B or git:DIR#A..B, "
				  "of a key they are listed: KEY=V1,V2"
				: "has fewer than two values: there is nothing to tell apart");
	if (a->n > AXIS_MAX)
		return complain(a, err, "has more than 4096 values; name ends that are nearer");
	for (size_t i = 0; i < a->n; i++)
		for (size_t j = 0; j < i; j++)
			if (str_eq(a->value[i].label, a->value[j].label)) {
				err_set(err, EINVAL,
					"the axis '%.200s' has the value '%.80s' twice", a->text,
					a->value[i].label);
				return err_exit(err, EXIT_BAD_USAGE);
			}
	return 0;
}

/* ---- two ends ---- */

static int split_ends(struct axis *a, const char *text, struct err *err)
{
	const char *dots = strstr(text, "..");

	if (!dots || dots == text || !dots[2])
		return complain(a, err,
				a->kind == AXIS_KERNELS
					? "should have two ends: debian:6.1.0-47..6.1.0-56"
					: "should have two ends: git:DIR#good..bad");
	a->first = xstrndup(text, (size_t)(dots - text));
	a->last = xstrdup(dots[2] == '.' ? dots + 3 : dots + 2);
	return 0;
}

static int parse_git(struct axis *a, const char *text, struct err *err)
{
	const char *hash = strrchr(text, '#');

	a->kind = AXIS_COMMITS;
	if (!hash || hash == text)
		return complain(a, err, "should name a tree and two commits: git:DIR#good..bad");
	a->dir = xstrndup(text, (size_t)(hash - text));
	return split_ends(a, hash + 1, err);
}

/* ---- values ---- */

/* The end of the item: a comma that is in no bracket and no quotes. */
static const char *item_end(const char *s)
{
	char quote = 0;
	int depth = 0;

	for (; *s; s++) {
		if (quote)
			quote = *s == quote ? 0 : quote;
		else if (*s == '"' || *s == '\'')
			quote = *s;
		else if (strchr("[{", *s))
			depth++;
		else if (strchr("]}", *s))
			depth--;
		else if (*s == ',' && depth <= 0)
			break;
	}
	return s;
}

static int split_items(const struct axis *a, const char *text, struct strv *ret, struct err *err)
{
	for (const char *end; *text; text = *end ? end + 1 : end) {
		end = item_end(text);
		if (end == text)
			return complain(a, err, "has an empty value");
		strv_take(ret, xstrndup(text, (size_t)(end - text)));
	}
	return 0;
}

static const char *nth_path(size_t i, const void *arg)
{
	(void)arg;
	return schema_nth(i)->path;
}

static size_t count_paths(void)
{
	size_t n = 0;

	while (schema_nth(n))
		n++;
	return n;
}

/* Is it a key of scenarios, or below one with free names (guest.sysctl.vm.swappiness, load.X.y)? */
static bool is_key(const char *key)
{
	_cleanup_free_
	char *path = xstrdup(key);
	char *dot = path + strlen(path);

	if (schema_by_path(key))
		return true;
	while ((dot = memrchr(path, '.', (size_t)(dot - path)))) {
		const struct field *f;

		*dot = 0;
		f = schema_by_path(path);
		if (f)
			return f->type == FIELD_PAIRS || f->type == FIELD_LOADS;
	}
	return false;
}

static int check_key(const struct axis *a, const char *key, struct err *err)
{
	const char *near;

	if (is_key(key))
		return 0;
	near = str_nearest(key, count_paths(), nth_path, NULL);
	err_set(err, EINVAL,
		"the axis '%.200s' has neither debian: nor git: nor set: before it, and '%.80s' is "
		"no key of scenarios%s%s%s (kernsoak check --schema lists them)",
		a->text, key, near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
	return err_exit(err, EXIT_BAD_USAGE);
}

static int split_key(struct axis *a, const char *text, char **ret_key, const char **ret_rest,
		     struct err *err)
{
	const char *equals = strchr(text, '=');
	_cleanup_free_
	char *key = equals ? xstrndup(text, (size_t)(equals - text)) : NULL;
	int r;

	if (!key)
		return complain(a, err,
				"should be debian:FIRST..LAST, git:DIR#GOOD..BAD, KEY=V1,V2,... or "
				"set:KEY=V1,V2,...");
	r = check_key(a, key, err);
	if (r < 0)
		return r;
	*ret_key = TAKE(key, NULL);
	*ret_rest = equals + 1;
	return 0;
}

static int parse_values(struct axis *a, const char *text, struct err *err)
{
	_cleanup_strv_ struct strv item = { 0 };
	_cleanup_free_
	char *key = NULL;
	const char *rest;
	int r = split_key(a, text, &key, &rest, err);

	a->kind = AXIS_VALUES;
	if (r == 0)
		r = split_items(a, rest, &item, err);
	for (size_t i = 0; i < item.n && r == 0; i++)
		strv_take(&add_value(a, xstrdup(item.item[i]), "")->set,
			  xasprintf("%s=%s", key, item.item[i]));
	return r;
}

/* ---- causes ---- */

/* "key=value" of its own where the part before the = is a key of scenarios; else of `key`. */
static char *cause_setting(const char *key, const char *item)
{
	const char *equals = strchr(item, '=');
	_cleanup_free_
	char *own = equals ? xstrndup(item, (size_t)(equals - item)) : NULL;

	return own && is_key(own) ? xstrdup(item) : xasprintf("%s=%s", key, item);
}

/* One that is laid over another of its key joins it, where the key holds words. */
static void lay_cause(struct strv *set, const char *setting)
{
	const size_t n = strcspn(setting, "=");
	_cleanup_free_
	char *key = xstrndup(setting, n);
	const struct field *f = schema_by_path(key);
	const bool words = f && (f->type == FIELD_TEXT || f->type == FIELD_LIST);

	for (size_t i = 0; i < set->n; i++) {
		char *old = set->item[i], *joined;

		if (!words || strncmp(old, setting, n + 1) != 0)
			continue;
		joined = f->type == FIELD_TEXT ? xasprintf("%s %s", old, setting + n + 1)
					       : xasprintf("%.*s, %s]", (int)strlen(old) - 1, old,
							   setting + n + 1);
		free(old);
		set->item[i] = joined;
		return;
	}
	strv_take(set, f && f->type == FIELD_LIST ? xasprintf("%s=[%s]", key, setting + n + 1)
						  : xstrdup(setting));
}

/* Can two values of the key hold at once? */
static bool can_be_joined(const char *key)
{
	const struct field *f = schema_by_path(key);

	return !f || f->type == FIELD_TEXT || f->type == FIELD_LIST || f->type == FIELD_PAIRS;
}

static int parse_causes(struct axis *a, const char *text, struct err *err)
{
	_cleanup_strv_ struct strv item = { 0 };
	_cleanup_free_
	char *key = NULL;
	const char *rest;
	int r = split_key(a, text, &key, &rest, err);

	a->kind = AXIS_CAUSES;
	if (r == 0)
		r = split_items(a, rest, &item, err);
	if (r < 0)
		return r;
	add_value(a, xstrdup("none"), "none of them");
	for (size_t i = 0; i < item.n; i++) {
		_cleanup_free_
		char *setting = cause_setting(key, item.item[i]);
		struct axis_value *v = add_value(a, xasprintf("+%s", item.item[i]), setting);

		for (size_t k = 0; k < v[-1].set.n; k++)
			strv_add(&v->set, v[-1].set.item[k]);
		lay_cause(&v->set, setting);
	}
	if (item.n > 1 && !can_be_joined(key) &&
	    str_eq(a->value[1].note + strlen(key) + 1, item.item[0]))
		return complain(
			a, err,
			"lays values of one key over each other, of which only one can hold; "
			"give them in order, without set:");
	return 0;
}

int axis_parse(const char *text, struct axis *ret, struct err *err)
{
	struct axis a = { .text = xstrdup(text) };
	const char *rest;
	int r;

	if ((rest = str_after(text, DEBIAN))) {
		a.kind = AXIS_KERNELS;
		r = split_ends(&a, rest, err);
	} else if ((rest = str_after(text, "git:"))) {
		r = parse_git(&a, rest, err);
	} else if ((rest = str_after(text, "set:"))) {
		r = parse_causes(&a, rest, err);
	} else {
		r = parse_values(&a, text, err);
	}
	if (r == 0 && a.n)
		r = check_count(&a, err);
	if (r < 0) {
		axis_done(&a);
		return r;
	}
	*ret = a;
	return 0;
}

/* ---- Debian's kernels ---- */

/* Where the flavour begins: behind 6.1.0-54, behind 6.12.117+deb12. "" the plain one. */
static const char *flavour_of(const char *abi)
{
	const char *dash = strrchr(abi, '-');

	return dash && isalpha((unsigned char)dash[1]) ? dash : abi + strlen(abi);
}

/* Is `abi` (less its flavour) the version that somebody wrote, with the suite or without? */
static bool same_version(const char *abi, const char *wanted)
{
	const size_t n = (size_t)(flavour_of(abi) - abi);
	const size_t w = (size_t)(flavour_of(wanted) - wanted);
	const char *suite = strstr(abi, SUITE);
	const size_t plain = suite ? (size_t)(suite - abi) : n;

	return (w == n && strncmp(abi, wanted, n) == 0) ||
	       (w == plain && strncmp(abi, wanted, plain) == 0);
}

struct pick {
	const struct axis_kernel *all;
	size_t n;
	const char *flavour;
	size_t *in, n_in; /* of that flavour, in order */
};

static const char *abi_at(const struct pick *p, size_t i)
{
	return p->all[p->in[i]].name + sizeof(DEBIAN) - 1;
}

static const char *nth_word(size_t i, const void *arg)
{
	return ((const struct strv *)arg)->item[i];
}

static int compare_abis(const void *a, const void *b, void *arg)
{
	const struct axis_kernel *all = arg;

	return str_version_cmp(all[*(const size_t *)a].name, all[*(const size_t *)b].name);
}

static void pick_flavour(struct pick *p)
{
	p->in = xcalloc(MAX(p->n, (size_t)1), sizeof(*p->in));
	for (size_t i = 0; i < p->n; i++) {
		const char *abi = str_after(p->all[i].name, DEBIAN);

		if (abi && str_eq(flavour_of(abi), p->flavour))
			p->in[p->n_in++] = i;
	}
	qsort_r(p->in, p->n_in, sizeof(*p->in), compare_abis, (void *)(uintptr_t)p->all);
}

/* 6.12.117-cloud, as people write 6.12.117+deb12-cloud. */
static char *without_suite(const char *abi)
{
	const char *suite = strstr(abi, SUITE);

	return suite ? xasprintf("%.*s%s", (int)(suite - abi), abi, flavour_of(abi)) : xstrdup(abi);
}

static int no_such_end(const struct axis *a, const struct pick *p, const char *end, struct err *err)
{
	_cleanup_free_
	char *full = xasprintf("%s%s", end, *flavour_of(end) ? "" : p->flavour);
	_cleanup_strv_ struct strv known = { 0 };
	const char *near;

	for (size_t i = 0; i < p->n_in; i++)
		strv_take(&known, without_suite(abi_at(p, i)));
	near = str_nearest(full, known.n, nth_word, &known);
	if (known.n)
		err_set(err, ENOENT,
			"the axis '%.200s': there is no kernel debian:%s%s%s%s; of this flavour "
			"there are %zu, from %s to %s (`kernsoak kernels list` shows all)",
			a->text, full, near ? "; did you mean " : "", near ? near : "",
			near ? "?" : "", known.n, known.item[0], known.item[known.n - 1]);
	else
		err_set(err, ENOENT,
			"the axis '%.200s': neither apt nor the cache has a kernel of the flavour "
			"'%s' (`kernsoak kernels list` shows all)",
			a->text, *p->flavour ? p->flavour + 1 : "plain");
	return err_exit(err, EXIT_BAD_USAGE);
}

static int find_end(const struct axis *a, const struct pick *p, const char *end, size_t *ret,
		    struct err *err)
{
	for (size_t i = 0; i < p->n_in; i++)
		if (same_version(abi_at(p, i), end)) {
			*ret = i;
			return 0;
		}
	return no_such_end(a, p, end, err);
}

static const char *choose_flavour(const struct axis *a, const char *like)
{
	const char *abi = like ? str_after(like, DEBIAN) : NULL;

	if (*flavour_of(a->first))
		return flavour_of(a->first);
	if (*flavour_of(a->last))
		return flavour_of(a->last);
	return abi ? flavour_of(abi) : "";
}

static void add_kernel(struct axis *a, const struct pick *p, size_t i)
{
	const struct axis_kernel *k = &p->all[p->in[i]];
	struct axis_value *v = add_value(a, xstrdup(abi_at(p, i)), k->version ? k->version : "");

	strv_take(&v->set, xasprintf("kernel=%s", k->name));
}

int axis_add_kernels(struct axis *a, const struct axis_kernel *all, size_t n, const char *like,
		     struct err *err)
{
	struct pick p = { .all = all, .n = n, .flavour = choose_flavour(a, like) };
	size_t first = 0, last = 0;
	int r;

	pick_flavour(&p);
	r = find_end(a, &p, a->first, &first, err);
	if (r == 0)
		r = find_end(a, &p, a->last, &last, err);
	if (r == 0 && first <= last)
		for (size_t i = first; i <= last; i++)
			add_kernel(a, &p, i);
	else if (r == 0)
		for (size_t i = first + 1; i-- > last;)
			add_kernel(a, &p, i);
	free(p.in);
	return r < 0 ? r : check_count(a, err);
}

/* ---- commits ---- */

static bool is_sha(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!isxdigit((unsigned char)s[i]))
			return false;
	return n >= SHORT_SHA;
}

int axis_add_commits(struct axis *a, const char *lines, struct err *err)
{
	for (const char *s = lines, *end; *s; s = *end ? end + 1 : end) {
		const size_t sha = strcspn(s, " \n");
		_cleanup_free_
		char *subject = NULL;
		struct axis_value *v;

		end = s + strcspn(s, "\n");
		if (!is_sha(s, sha))
			return complain(a, err, "got a line from git that names no commit");
		subject = xstrndup(s + sha + (s[sha] == ' '),
				   (size_t)(end - s) - sha - (s[sha] == ' '));
		v = add_value(a, xstrndup(s, SHORT_SHA), subject);
		v->commit = xstrndup(s, sha);
	}
	return check_count(a, err);
}

/* ---- JSON ---- */

static const char *const kinds[] = { "kernels", "commits", "values", "causes" };

static json_t *value_to_json(const struct axis_value *v)
{
	json_t *o = json_object(), *set = json_array();

	json_set_str(o, "label", v->label);
	json_set_str(o, "note", v->note);
	if (v->commit)
		json_set_str(o, "commit", v->commit);
	for (size_t i = 0; i < v->set.n; i++)
		json_array_append_new(set, json_string(v->set.item[i]));
	json_object_set_new(o, "set", set);
	return o;
}

json_t *axis_to_json(const struct axis *a)
{
	json_t *o = json_object(), *values = json_array();

	json_set_str(o, "text", a->text);
	json_set_str(o, "kind", kinds[a->kind]);
	if (a->dir)
		json_set_str(o, "dir", a->dir);
	for (size_t i = 0; i < a->n; i++)
		json_array_append_new(values, value_to_json(&a->value[i]));
	json_object_set_new(o, "values", values);
	return o;
}

static int value_from_json(struct axis *a, const json_t *o, struct err *err)
{
	const char *label = NULL, *note = NULL, *commit = NULL;
	struct axis_value *v;
	size_t i;
	json_t *s;

	if (json_get_str(o, "label", &label, err) < 0 || json_get_str(o, "note", &note, err) < 0)
		return -EINVAL;
	v = add_value(a, xstrdup(label ? label : ""), note ? note : "");
	if (a->kind == AXIS_COMMITS && json_get_str(o, "commit", &commit, err) < 0)
		return -EINVAL;
	v->commit = commit ? xstrdup(commit) : NULL;
	json_array_foreach (json_object_get(o, "set"), i, s)
		if (json_is_string(s))
			strv_add(&v->set, json_string_value(s));
	return 0;
}

static int kind_from_json(struct axis *a, const json_t *j, struct err *err)
{
	const char *kind = NULL;

	if (json_get_str(j, "kind", &kind, err) < 0)
		return -EINVAL;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (kind && str_eq(kind, kinds[i])) {
			a->kind = (enum axis_kind)i;
			return 0;
		}
	return err_set(err, EINVAL, "an axis is of the kind kernels, commits, values or causes");
}

int axis_from_json(const json_t *j, struct axis *ret, struct err *err)
{
	struct axis a = { 0 };
	const char *text = NULL, *dir = NULL;
	size_t i;
	json_t *o;
	int r = json_get_str(j, "text", &text, err);

	a.text = xstrdup(text ? text : "");
	if (r == 0)
		r = kind_from_json(&a, j, err);
	if (r == 0 && a.kind == AXIS_COMMITS)
		r = json_get_str(j, "dir", &dir, err);
	if (dir)
		a.dir = xstrdup(dir);
	json_array_foreach (json_object_get(j, "values"), i, o)
		if (r == 0 && a.n < AXIS_MAX)
			r = value_from_json(&a, o, err);
	if (r == 0)
		r = check_count(&a, err);
	if (r < 0) {
		axis_done(&a);
		return r;
	}
	*ret = a;
	return 0;
}
