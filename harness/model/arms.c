/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/arms.h"

#include <fnmatch.h>

#include "model/yaml.h"

enum { NAMES_SHOWN = 16 };

int no_such_name(struct err *err, const struct node *at, const char *what, const char *name,
		 size_t n, const char *(*nth)(size_t i, const void *arg), const void *arg)
{
	const char *near = n ? str_nearest(name, n, nth, arg) : NULL;
	_cleanup_buf_ struct buf list = BUF_INIT;

	for (size_t i = 0; i < n && i < NAMES_SHOWN; i++)
		buf_printf(&list, "%s%s", i ? ", " : "", nth(i, arg));
	if (n > NAMES_SHOWN)
		buf_printf(&list, " and %zu more", n - NAMES_SHOWN);
	return tree_complain(err, at, "there is no %s '%.60s'; %s%s%s%s%s", what, name,
			     near ? "did you mean '" : "", near ? near : "", near ? "'? " : "",
			     n ? "accepted: " : "the scenario has none", buf_str(&list));
}

static const char *nth_arm(size_t i, const void *sc)
{
	return ((const struct scenario *)sc)->arm[i].name;
}

static bool fits_any_arm(const struct scenario *sc, const char *pattern)
{
	for (size_t i = 0; i < sc->n_arms; i++)
		if (fnmatch(pattern, sc->arm[i].name, 0) == 0)
			return true;
	return false;
}

static bool is_wanted(const struct strv *only, const char *name)
{
	for (size_t i = 0; i < only->n; i++)
		if (fnmatch(only->item[i], name, 0) == 0)
			return true;
	return only->n == 0;
}

int arms_select(struct scenario *sc, const struct strv *only, const struct node *at,
		struct err *err)
{
	size_t kept = 0;

	for (size_t i = 0; i < only->n; i++)
		if (!fits_any_arm(sc, only->item[i]))
			return no_such_name(err, at, "arm", only->item[i], sc->n_arms, nth_arm, sc);
	for (size_t i = 0; i < sc->n_arms; i++) {
		if (is_wanted(only, sc->arm[i].name)) {
			sc->arm[kept++] = sc->arm[i];
			continue;
		}
		free(sc->arm[i].name);
		settings_done(&sc->arm[i].settings);
	}
	sc->n_arms = kept;
	return 0;
}
