/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/draft.h"

#include <ctype.h>
#include <stdio.h>

#include "model/schema.h"

enum { WIDTH = 92 };

/* What a beginner needs, in the order of the file. */
static const struct row {
	const char *path;
	bool said;         /* else as a comment */
	const char *value; /* NULL: the default where it is said, the example where not */
} rows[] = {
	{ "name", true, "" },
	{ "kernel", true, "" },
	{ "guest", true },
	{ "guest.memory", true },
	{ "guest.vcpus", true, "" },
	{ "guest.image", false, "" },
	{ "guest.sysctl", false },
	{ "guest.cmdline", false },
	{ "load", true, "" },
	{ "fail", true },
	{ "fail.target", true },
	{ "fail.target.class", true, "[oops, bug, lockup, hang, panic]" },
	{ "fail.target.frames", false },
	{ "limits", true },
	{ "limits.soak", true },
	{ "limits.heartbeat", true },
	{ "limits.progress", true, "2m" },
	{ "arms", false },
	{ "stop", true },
	{ "stop.trials", true },
	{ "stop.budget", false },
};

/* ---- lines ---- */

/* The text as comment lines, at that depth. */
static void comment(struct buf *out, unsigned depth, const char *text)
{
	_cleanup_buf_ struct buf b = BUF_INIT;

	str_wrap(&b, text, 0, WIDTH - 2 - 2 * depth);
	for (const char *s = buf_str(&b); *s; s += strcspn(s, "\n"), s += *s == '\n')
		buf_printf(out, "%*s# %.*s\n", 2 * depth, "", (int)strcspn(s, "\n"), s);
}

/* A sentence, and in parentheses what the value may be. */
static void explain(struct buf *out, unsigned depth, const char *sentence, const char *range)
{
	_cleanup_free_
	char *text = *range ? xasprintf("%s (%s)", sentence, range) : xstrdup(sentence);

	*text = (char)toupper((unsigned char)*text);
	comment(out, depth, text);
}

/* `key: value`; what is not said is a comment. */
static void put(struct buf *out, unsigned depth, bool said, const char *key, const char *value)
{
	buf_printf(out, "%*s%s%s:%s%s\n", 2 * depth, "", said ? "" : "# ", key, *value ? " " : "",
		   value);
}

static unsigned depth_of(const char *path)
{
	unsigned n = 0;

	for (; (path = strchr(path, '.')); path++)
		n++;
	return n;
}

/* ---- loads ---- */

static void write_param(struct buf *out, const struct load_param *p)
{
	_cleanup_free_
	char *range = load_param_range(p);

	explain(out, 2, p->sentence, range);
	put(out, 2, !p->fallback, p->key,
	    !p->fallback    ? p->example
	    : !*p->fallback ? "\"\""
			    : p->fallback);
}

static void write_loads(const struct draft *d, struct buf *out)
{
	put(out, 0, true, "load", "");
	for (size_t i = 0; i < d->n_loads; i++) {
		_cleanup_free_
		char *text = xasprintf("%s; its work is counted in %s", d->load[i]->sentence,
				       d->load[i]->unit);

		explain(out, 1, text, "");
		put(out, 1, true, d->load[i]->name, "");
		for (const struct load_param *p = d->load[i]->param; p->key; p++)
			write_param(out, p);
	}
}

static uint32_t vcpus_of(const struct draft *d)
{
	uint32_t n = 1;

	for (size_t i = 0; i < d->n_loads; i++)
		n = MAX(n, d->load[i]->min_vcpus);
	return n;
}

static bool wants_containers(const struct draft *d)
{
	for (size_t i = 0; i < d->n_loads; i++)
		if (d->load[i]->in_containers)
			return true;
	return false;
}

/* ---- the whole ---- */

static void write_value(const struct draft *d, const struct row *r, const struct field *f,
			const char *key, struct buf *out)
{
	const unsigned depth = depth_of(r->path);
	char vcpus[16];

	snprintf(vcpus, sizeof(vcpus), "%u", vcpus_of(d));
	if (str_eq(r->path, "name"))
		put(out, 0, true, key, d->name);
	else if (str_eq(r->path, "kernel"))
		put(out, 0, true, key, d->kernel);
	else if (str_eq(r->path, "guest.vcpus"))
		put(out, depth, true, key, vcpus);
	else if (str_eq(r->path, "guest.image"))
		put(out, depth, wants_containers(d), key, "containers");
	else if (str_eq(r->path, "load"))
		write_loads(d, out);
	else if (f->type == FIELD_GROUP)
		put(out, depth, true, key, "");
	else
		put(out, depth, r->said, key,
		    r->value  ? r->value
		    : r->said ? f->fallback
			      : f->example);
}

static void write_row(const struct draft *d, const struct row *r, struct buf *out)
{
	const struct field *f = schema_by_path(r->path);
	const char *dot = strrchr(r->path, '.');
	_cleanup_free_
	char *range = field_range(f);

	if (!dot)
		buf_putc(out, '\n');
	explain(out, depth_of(r->path), f->sentence, strlen(range) < 100 ? range : "");
	write_value(d, r, f, dot ? dot + 1 : r->path, out);
}

void draft_write(const struct draft *d, struct buf *out)
{
	if (d->schema)
		buf_printf(out, "# yaml-language-server: $schema=%s\n#\n", d->schema);
	comment(out, 0,
		"Say here what was seen, where, and how often: this comment is kept with the "
		"runs.");
	buf_puts(out, "#\n");
	buf_printf(out,
		   "#   kernsoak check %s.yaml   is it right?\n"
		   "#   kernsoak run %s.yaml     run it\n"
		   "#   kernsoak check --schema   all that a scenario may say\n",
		   d->name, d->name);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		write_row(d, &rows[i], out);
}
