/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/explain.h"

#include "base/buf.h"

static const struct explanation table[CRASH_COUNT] = {
	[CRASH_NONE] = { "", "", "", "", "" },
#define EXPLAIN(id, meaning, look, settings, needs, kernels)                                       \
	[CRASH_##id] = { meaning, look, settings, needs, kernels },
#include "model/explain.def"
#undef EXPLAIN
};

const struct explanation *crash_explain(enum crash_class c)
{
	return &table[(size_t)c < CRASH_COUNT ? c : CRASH_NONE];
}

const char *severity_effect(enum crash_class c, enum severity s)
{
	if (s >= SEVERITY_CRASH && s < SEVERITY_FATAL && crash_is(c, "warning"))
		return "recorded; ends a trial as its target, or where the kernel panics because "
		       "of "
		       "it";
	if (s >= SEVERITY_CRASH)
		return "ends the trial: FAILED as its target, else OTHER";
	return s == SEVERITY_NOTE ? "recorded; ends a trial only where fail.target.class names it"
				  : "nothing: not even recorded";
}

static void add_setting(json_t *a, const char *line, size_t n)
{
	const char *colon = memmem(line, n, ": ", 2);
	_cleanup_free_
	char *setting = NULL, *effect = NULL;
	json_t *o;

	if (!colon)
		return;
	o = json_object();
	setting = xstrndup(line, (size_t)(colon - line));
	effect = xstrndup(colon + 2, n - (size_t)(colon - line) - 2);
	json_set_str(o, "setting", setting);
	json_set_str(o, "effect", effect);
	json_array_append_new(a, o);
}

json_t *explanation_settings(const struct explanation *e)
{
	json_t *a = json_array();

	if (str_after(e->settings, "none: "))
		return a;
	for (const char *s = e->settings; *s;) {
		const size_t n = strcspn(s, "\n");

		add_setting(a, s, n);
		s += n + (s[n] == '\n');
	}
	return a;
}
