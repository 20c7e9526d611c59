/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image/recipe.h"

#include <ctype.h>
#include <errno.h>

#include "base/exit.h"
#include "base/macro.h"

__asm__(".pushsection .rodata\n"
	".balign 16\n"
	"recipe_containers:\n"
	".incbin \"images/containers.recipe\"\n"
	".byte 0\n"
	".popsection\n");
extern const char recipe_containers[];

void recipe_done(struct recipe *r)
{
	free(r->suite);
	strv_done(&r->packages);
	strv_done(&r->modules);
	strv_done(&r->exclude);
	strv_done(&r->remove);
	strv_done(&r->run);
	*r = (struct recipe){ 0 };
}

/* ---- what words may look like: they become arguments of programs, and names below a root ---- */

static bool is_package(const char *s)
{
	if (!islower((unsigned char)*s) && !isdigit((unsigned char)*s))
		return false;
	for (; *s; s++)
		if (!islower((unsigned char)*s) && !isdigit((unsigned char)*s) &&
		    !strchr("+-.", *s))
			return false;
	return true;
}

static bool is_module(const char *s)
{
	for (; *s; s++)
		if (!isalnum((unsigned char)*s) && !strchr("_-", *s))
			return false;
	return true;
}

/* A pattern of the shell, unquoted on its command line: nothing that would end the word. */
static bool is_below(const char *s)
{
	if (*s == '/' || strstr(s, ".."))
		return false;
	for (; *s; s++)
		if (!isalnum((unsigned char)*s) && !strchr("/_.+-*?[]!", *s))
			return false;
	return true;
}

/* mmdebstrap works in tmp/. */
static bool is_removable(const char *s)
{
	return is_below(s) && !str_eq(s, "tmp") && !str_after(s, "tmp/") && *s != '*' &&
	       *s != '.' && *s != '?' && *s != '[';
}

static bool is_path_pattern(const char *s)
{
	return *s == '/' && is_below(s + 1);
}

static const struct key {
	const char *name, *shape;
	bool (*fits)(const char *word);
	size_t offset; /* of the strv */
} keys[] = {
	{ "packages", "a Debian package's name", is_package, offsetof(struct recipe, packages) },
	{ "modules", "a kernel module's name", is_module, offsetof(struct recipe, modules) },
	{ "exclude", "an absolute path pattern", is_path_pattern,
	  offsetof(struct recipe, exclude) },
	{ "remove", "a path pattern without a slash in front, outside of tmp/", is_removable,
	  offsetof(struct recipe, remove) },
};

static int add_words(const struct key *key, char *rest, struct recipe *r, struct err *err)
{
	struct strv *list = (struct strv *)((char *)r + key->offset);
	char *save = NULL;

	for (char *w = strtok_r(rest, " \t", &save); w; w = strtok_r(NULL, " \t", &save)) {
		if (!key->fits(w))
			return err_set(err, EINVAL, "\"%.80s\" is not %s", w, key->shape);
		if (!strv_has(list, w))
			strv_add(list, w);
	}
	return 0;
}

static int take_line(const char *word, char *rest, struct recipe *r, struct err *err)
{
	if (!*rest)
		return err_set(err, EINVAL, "nothing behind \"%.40s\"", word);
	if (str_eq(word, "run")) {
		strv_add(&r->run, rest);
		return 0;
	}
	if (str_eq(word, "suite")) {
		if (r->suite || !is_package(rest))
			return err_set(err, EINVAL, "one suite is wanted, such as bookworm");
		r->suite = xstrdup(rest);
		return 0;
	}
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (str_eq(word, keys[i].name))
			return add_words(&keys[i], rest, r, err);
	return err_set(err, EINVAL,
		       "\"%.40s\" is no key of recipes: suite, packages, modules, exclude, remove "
		       "or run",
		       word);
}

static int parse_line(char *line, struct sha256 *sum, struct recipe *r, struct err *err)
{
	size_t n = strlen(line);
	char *rest;

	while (n && isspace((unsigned char)line[n - 1]))
		line[--n] = 0;
	line += strspn(line, " \t");
	if (!*line || *line == '#')
		return 0;
	sha256_str(sum, line);
	sha256_str(sum, "\n");
	rest = line + strcspn(line, " \t");
	if (*rest)
		*rest++ = 0;
	return take_line(line, rest + strspn(rest, " \t"), r, err);
}

int recipe_parse(const char *name, const char *text, struct recipe *ret, struct err *err)
{
	_cleanup_free_
	char *copy = xstrdup(text);
	_cleanup_recipe_ struct recipe recipe = { 0 };
	char *rest = copy, *line;
	unsigned n = 0;
	struct sha256 sum;
	int r = 0;

	sha256_init(&sum);
	while (r == 0 && (line = strsep(&rest, "\n"))) {
		n++;
		r = parse_line(line, &sum, &recipe, err);
	}
	if (r < 0)
		err_wrap(err, "%s:%u", name, n);
	else if (!recipe.suite || !recipe.packages.n)
		r = err_set(err, EINVAL, "%s: a recipe needs a suite and packages", name);
	if (r < 0)
		return err_exit(err, EXIT_BAD_SCENARIO);
	sha256_hex(&sum, recipe.digest);
	*ret = TAKE(recipe, (struct recipe){ 0 });
	return 0;
}

const char *recipe_builtin(const char *name)
{
	return str_eq(name, "containers") ? recipe_containers : NULL;
}

int recipe_get(const char *name, struct recipe *ret, struct err *err)
{
	const char *text = recipe_builtin(name);

	if (!text) {
		err_set(err, ENOENT, "there is no image \"%.64s\": lean or containers", name);
		return err_exit(err, EXIT_BAD_SCENARIO);
	}
	return recipe_parse(name, text, ret, err);
}
