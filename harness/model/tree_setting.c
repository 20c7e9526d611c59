/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Settings of the command line, "a.b.c=VALUE", as trees. */
#include <errno.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/str.h"
#include "model/tree_parts.h"

enum { MAX_STEPS = 8 };

struct step {
	const char *text;
	size_t at; /* byte in the setting */
};

/* The next step of the path at *s, which moves to the dot or = behind it; NULL: there is none. */
static const char *take_step(struct trees *y, const char **s, bool whole)
{
	const char *begin = *s, *end;

	if (*begin == '"') {
		end = strchr(++begin, '"');
		if (!end)
			return NULL;
		*s = end + 1;
	} else {
		end = begin + strcspn(begin, whole ? "=" : ".=");
		*s = end;
	}
	if (end == begin || (**s != '.' && **s != '='))
		return NULL;
	return trees_keep_text(y, begin, (size_t)(end - begin));
}

/* Splits the path before the =; the number of steps, or -EINVAL. *ret_value is what follows. */
static int split_path(struct trees *y, const char *setting, bool (*is_leaf)(const char *path),
		      struct step *step, const char **ret_value)
{
	_cleanup_buf_ struct buf path = BUF_INIT;
	const char *s = setting;
	bool whole = false;

	for (int n = 0; n < MAX_STEPS; n++) {
		step[n].at = (size_t)(s - setting);
		step[n].text = take_step(y, &s, whole);
		if (!step[n].text)
			return -EINVAL;
		if (*s == '=') {
			*ret_value = s + 1;
			return n + 1;
		}
		s++;
		buf_printf(&path, "%s%s", n ? "." : "", step[n].text);
		whole = is_leaf && is_leaf(buf_str(&path));
	}
	return -EINVAL;
}

/* The setting with what stands before the value turned into spaces: columns stay right. */
static char *only_value(const char *setting, const char *value)
{
	_cleanup_buf_ struct buf b = BUF_INIT;

	for (const char *s = setting; s < value;) {
		uint32_t c;

		s += MAX(str_utf8(s, (size_t)(value - s), &c), (size_t)1);
		buf_putc(&b, ' ');
	}
	buf_puts(&b, value);
	return buf_steal(&b);
}

/* Where the step stands in a setting. */
static struct node step_place(const struct tree_source *source, const struct step *step)
{
	struct node n = { .source = source, .line = 1 };

	for (size_t i = 0; i <= step->at; n.column++) {
		uint32_t c;

		i += MAX(str_utf8(source->text + i, source->len - i, &c), (size_t)1);
	}
	return n;
}

/* {step: value}, standing where `at` does. */
static const struct node *wrap(struct trees *y, struct node at, const char *step,
			       const struct node *value)
{
	struct node n = { .source = at.source, .line = at.line, .column = at.column };
	struct entry e = { .value = value };

	n.kind = NODE_SCALAR;
	n.text = step;
	e.key = trees_keep_node(y, n);
	n.kind = NODE_MAP;
	n.text = NULL;
	n.item = trees_keep(y, &e, sizeof(e));
	n.n = 1;
	return trees_keep_node(y, n);
}

int tree_parse_setting(struct trees *y, const char *setting, bool (*is_leaf)(const char *path),
		       const struct node **ret, struct err *err)
{
	_cleanup_free_
	char *name = xasprintf("--set %.60s", setting), *text = NULL;
	const struct tree_source *source;
	const struct node *value;
	struct step step[MAX_STEPS];
	const char *rest;
	int n, r;

	name[strcspn(name, "\n")] = 0;
	source = trees_source(y, name, setting, strlen(setting));
	n = split_path(y, setting, is_leaf, step, &rest);
	if (n < 0)
		return tree_complain(
			err,
			trees_keep_node(y,
					(struct node){ .source = source, .line = 1, .column = 1 }),
			"a setting should be KEY=VALUE, such as guest.memory=512MiB");
	text = only_value(setting, rest);
	r = tree_parse_text(y, source, text, strlen(text), &value, err);
	if (r < 0)
		return r;
	while (n--)
		value = wrap(y, step_place(source, &step[n]), step[n].text, value);
	*ret = value;
	return 0;
}

const struct node *tree_nest(struct trees *y, const struct node *key,
			     bool (*is_leaf)(const char *path), const struct node *value)
{
	_cleanup_free_
	char *setting = xasprintf("%s=", key->text);
	struct step step[MAX_STEPS];
	const char *rest;
	int n = split_path(y, setting, is_leaf, step, &rest);

	if (n < 0 || *rest)
		return NULL;
	while (n--)
		value = wrap(y, *key, step[n].text, value);
	return value;
}
