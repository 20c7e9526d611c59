/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/kernel_recipe.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>

#include "base/exit.h"
#include "base/fs.h"
#include "model/yaml.h"

#define EXTENSION  ".yaml"
#define FRAGMENT   ".config"
#define NAME_SHAPE "letters, digits or any of ._+-, at most 40"

enum { NAME_MAX_BYTES = 40, MAX_PATCH = 64 << 20 };

void kernel_recipe_done(struct kernel_recipe *r)
{
	free(r->name);
	free(r->source);
	free(r->revision);
	free(r->config);
	strv_done(&r->fragments);
	strv_done(&r->patches);
	*r = (struct kernel_recipe){ 0 };
}

bool kernel_recipe_is_name(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!isalnum((unsigned char)s[i]) && !strchr("._+-", s[i]))
			return false;
	return n > 0 && n <= NAME_MAX_BYTES && isalnum((unsigned char)s[0]);
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Paths of a recipe are relative to its folder. */
static char *beside(const char *file, const char *path)
{
	const char *slash = strrchr(file, '/'), *plain = str_after(path, "./");

	if (*path == '/' || !slash)
		return xstrdup(path);
	return xasprintf("%.*s/%s", (int)(slash - file), file, plain ? plain : path);
}

/* ---- the document ---- */

struct reading {
	const char *file, *shipped;
	struct kernel_recipe *r;
	struct err *err;
};

static int text_of(struct reading *d, const struct node *n, const char **ret)
{
	if (n->kind != NODE_SCALAR || !*n->text)
		return tree_complain(d->err, n, "this should be a word");
	*ret = n->text;
	return 0;
}

/* A file that the recipe names. */
static int file_of(struct reading *d, const struct node *n, const char *text, char **ret)
{
	_cleanup_free_
	char *path = beside(d->file, text);

	if (access(path, R_OK) < 0)
		return tree_complain(d->err, n, "cannot read %.200s: %s", path, strerror(errno));
	*ret = TAKE(path, NULL);
	return 0;
}

/* NULL, or what is wrong with it. */
static const char *parse_package(const char *package, struct kernel_recipe *r)
{
	size_t name = strcspn(package, "=");

	if (!name || strspn(package, "abcdefghijklmnopqrstuvwxyz0123456789.+-") != name ||
	    *package == '-' || strchr(package, ' '))
		return "names no package; accepted are debian:linux-source-6.12 and "
		       "debian:linux-source-6.12=VERSION";
	r->source = xstrndup(package, name);
	r->revision = package[name] ? xstrdup(package + name + 1) : NULL;
	return NULL;
}

static const char *parse_git(const char *file, const char *tree, struct kernel_recipe *r)
{
	const char *hash = strrchr(tree, '#');
	_cleanup_free_
	char *path = xstrndup(tree, hash ? (size_t)(hash - tree) : strlen(tree));

	if (!*path || (hash && !hash[1]))
		return "names no commit; accepted are git:TREE#REVISION and git:TREE, which is its "
		       "HEAD";
	r->source = beside(file, path);
	r->revision = hash ? xstrdup(hash + 1) : NULL;
	return NULL;
}

/* Paths are relative to the file's folder. */
static const char *parse_source(const char *file, const char *text, struct kernel_recipe *r)
{
	const char *debian = str_after(text, "debian:"), *git = str_after(text, "git:");

	r->kind = debian ? RECIPE_DEBIAN : git ? RECIPE_GIT : RECIPE_TAR;
	if (debian)
		return parse_package(debian, r);
	if (git)
		return parse_git(file, git, r);
	if (!strchr(text, '/'))
		return "is no source; accepted are debian:PACKAGE, git:TREE#REVISION and a "
		       "tarball's path with a slash";
	r->source = beside(file, text);
	return NULL;
}

static int read_source(struct reading *d, const struct node *n)
{
	const char *text = NULL, *wrong;

	if (text_of(d, n, &text) < 0)
		return -EINVAL;
	wrong = parse_source(d->file, text, d->r);
	return wrong ? tree_complain(d->err, n, "'%.80s' %s", text, wrong) : 0;
}

int kernel_recipe_set_source(struct kernel_recipe *r, const char *text, struct err *err)
{
	const char *wrong;

	free(TAKE(r->source, NULL));
	free(TAKE(r->revision, NULL));
	wrong = parse_source("", text, r);
	if (!wrong)
		return 0;
	err_set(err, EINVAL, "the source '%.80s' %s", text, wrong);
	return err_exit(err, EXIT_BAD_USAGE);
}

static int read_base(struct reading *d, const struct node *n)
{
	const char *text = NULL;

	if (text_of(d, n, &text) < 0)
		return -EINVAL;
	if (str_eq(text, "allnoconfig") || str_eq(text, "defconfig")) {
		d->r->base = *text == 'a' ? RECIPE_ALLNOCONFIG : RECIPE_DEFCONFIG;
		return 0;
	}
	d->r->base = str_after(text, "debian:") ? RECIPE_KERNEL : RECIPE_CONFIG;
	if (d->r->base == RECIPE_CONFIG && !strchr(text, '/'))
		return tree_complain(d->err, n,
				     "'%.80s' is no configuration; accepted are allnoconfig, "
				     "defconfig, debian:ABI and a file's path with a slash",
				     text);
	if (d->r->base == RECIPE_CONFIG)
		return file_of(d, n, text, &d->r->config);
	d->r->config = xstrdup(text);
	return 0;
}

/* Appends "kasan, lean, ...": what there is of that extension. */
static void list_shipped(const char *shipped, const char *extension, struct buf *out)
{
	_cleanup_strv_ struct strv names = { 0 };

	fs_list(AT_FDCWD, shipped, &names, NULL);
	for (size_t i = 0; i < names.n; i++) {
		size_t n = strlen(names.item[i]), tail = strlen(extension);

		if (n > tail && str_eq(names.item[i] + n - tail, extension))
			buf_printf(out, "%s%.*s", out->len ? ", " : "", (int)(n - tail),
				   names.item[i]);
	}
}

/* A fragment that is shipped; NULL where there is none of the name. */
static char *shipped_fragment(const char *shipped, const char *name, size_t n)
{
	char *path = xasprintf("%s/%.*s" FRAGMENT, shipped, (int)n, name);

	if (kernel_recipe_is_name(name, n) && access(path, R_OK) == 0)
		return path;
	free(path);
	return NULL;
}

static int read_fragment(struct reading *d, const struct node *n)
{
	_cleanup_buf_ struct buf all = BUF_INIT;
	const char *text = NULL;
	char *path = NULL;

	if (text_of(d, n, &text) < 0)
		return -EINVAL;
	if (strchr(text, '/') && file_of(d, n, text, &path) < 0)
		return -EINVAL;
	path = path ? path : shipped_fragment(d->shipped, text, strlen(text));
	if (path) {
		strv_take(&d->r->fragments, path);
		return 0;
	}
	list_shipped(d->shipped, FRAGMENT, &all);
	return tree_complain(d->err, n,
			     "there is no fragment '%.60s'; accepted are %s, and a file's path "
			     "with a slash",
			     text, buf_str(&all));
}

static int read_patch(struct reading *d, const struct node *n)
{
	const char *text = NULL;
	char *path = NULL;

	if (text_of(d, n, &text) < 0 || file_of(d, n, text, &path) < 0)
		return -EINVAL;
	strv_take(&d->r->patches, path);
	return 0;
}

/* One word alone is a list of one. */
static int read_list(struct reading *d, const struct node *n,
		     int (*item)(struct reading *, const struct node *))
{
	int r = 0;

	if (n->kind == NODE_SCALAR)
		return item(d, n);
	if (n->kind == NODE_MAP)
		return tree_complain(d->err, n, "this should be a list");
	for (size_t i = 0; i < n->n && r == 0; i++)
		r = item(d, n->item[i].value);
	return r;
}

static int read_fragments(struct reading *d, const struct node *n)
{
	return read_list(d, n, read_fragment);
}

static int read_patches(struct reading *d, const struct node *n)
{
	return read_list(d, n, read_patch);
}

static int read_key(struct reading *d, const struct entry *e)
{
	static const struct {
		const char *key;
		int (*read)(struct reading *, const struct node *);
	} keys[] = {
		{ "source", read_source },
		{ "base", read_base },
		{ "fragments", read_fragments },
		{ "patches", read_patches },
	};

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (str_eq(e->key->text, keys[i].key))
			return keys[i].read(d, e->value);
	return tree_complain(d->err, e->key,
			     "there is no key '%.40s' in a recipe; accepted are source, base, "
			     "fragments and patches",
			     e->key->text);
}

static int read_document(struct reading *d, const struct node *doc)
{
	int r = 0;

	if (doc->kind != NODE_MAP)
		return tree_complain(d->err, doc,
				     "a recipe should be a map of source, base, fragments and "
				     "patches");
	for (size_t i = 0; i < doc->n && r == 0; i++)
		r = read_key(d, &doc->item[i]);
	if (r == 0 && !d->r->source)
		return tree_complain(d->err, doc,
				     "a recipe needs a source, such as debian:linux-source-6.12");
	return r;
}

static int read_file(const char *file, const char *shipped, struct kernel_recipe *r,
		     struct err *err)
{
	struct reading d = { .file = file, .shipped = shipped, .r = r, .err = err };
	_cleanup_buf_ struct buf text = BUF_INIT;
	struct trees *trees;
	const struct node *doc = NULL;
	int x = fs_read(AT_FDCWD, file, TREE_MAX_BYTES, &text, err);

	if (x < 0)
		return x;
	trees = trees_new();
	x = tree_parse(trees, file, buf_str(&text), text.len, &doc, err);
	if (x == 0)
		x = read_document(&d, doc);
	trees_free(trees);
	return x;
}

/* ---- by reference ---- */

static int no_recipe(const char *ref, const char *shipped, struct err *err)
{
	_cleanup_buf_ struct buf recipes = BUF_INIT, fragments = BUF_INIT;

	list_shipped(shipped, EXTENSION, &recipes);
	list_shipped(shipped, FRAGMENT, &fragments);
	if (!recipes.len) {
		err_set(err, ENOENT,
			"the recipes for kernels are not at %s (`make install` puts them into "
			"share/kernsoak; KERNSOAK_RECIPE_DIR says where they are)",
			shipped);
		return err_exit(err, EXIT_HOST_UNABLE);
	}
	return err_set(err, ENOENT,
		       "there is no recipe '%.80s'; there are %s, to which fragments may be added "
		       "(lean+kasan; there are %s), and a recipe of your own goes by its path with "
		       "a slash",
		       ref, buf_str(&recipes), buf_str(&fragments));
}

/* lean+kasan: a recipe's name, then fragments'. */
static int read_shipped(const char *ref, const char *shipped, struct kernel_recipe *r,
			struct err *err)
{
	size_t n = strcspn(ref, "+");
	_cleanup_free_
	char *file = xasprintf("%s/%.*s" EXTENSION, shipped, (int)n, ref);
	int x;

	if (!kernel_recipe_is_name(ref, strlen(ref)) || access(file, R_OK) < 0)
		return no_recipe(ref, shipped, err);
	x = read_file(file, shipped, r, err);
	for (const char *s = ref + n; x == 0 && *s; s += n) {
		char *path;

		n = strcspn(++s, "+");
		path = shipped_fragment(shipped, s, n);
		if (!path)
			return no_recipe(ref, shipped, err);
		strv_take(&r->fragments, path);
	}
	return x;
}

static int read_own(const char *ref, const char *shipped, struct kernel_recipe *r, struct err *err)
{
	const char *name = base_name(ref);
	size_t n = strlen(name), tail = strlen(EXTENSION);

	if (n > tail && str_eq(name + n - tail, EXTENSION))
		n -= tail;
	if (!kernel_recipe_is_name(name, n))
		return err_set(err, EINVAL,
			       "%s: a recipe's file should be named NAME.yaml, of " NAME_SHAPE,
			       ref);
	free(r->name);
	r->name = xstrndup(name, n);
	return read_file(ref, shipped, r, err);
}

int kernel_recipe_read(const char *ref, const char *shipped, struct kernel_recipe *ret,
		       struct err *err)
{
	_cleanup_kernel_recipe_ struct kernel_recipe r = { .name = xstrdup(ref) };
	int x = strchr(ref, '/') ? read_own(ref, shipped, &r, err)
				 : read_shipped(ref, shipped, &r, err);

	if (x < 0) {
		err_exit(err, EXIT_BAD_SCENARIO);
		return x;
	}
	*ret = TAKE(r, (struct kernel_recipe){ 0 });
	return 0;
}

/* ---- what it comes to ---- */

static int read_asked(const char *path, struct kconfig *c, struct err *err)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	int r = fs_read(AT_FDCWD, path, KCONFIG_MAX_BYTES, &text, err);

	return r < 0 ? r : kconfig_read(base_name(path), buf_str(&text), text.len, c, err);
}

int kernel_recipe_asked(const struct kernel_recipe *r, struct kconfig *ret, struct err *err)
{
	_cleanup_free_
	char *version = xasprintf("CONFIG_LOCALVERSION=\"-%s\"\n", r->name);
	_cleanup_kconfig_ struct kconfig c = { 0 };
	int x = kconfig_read("its name", version, strlen(version), &c, err);

	for (size_t i = 0; i < r->fragments.n && x == 0; i++)
		x = read_asked(r->fragments.item[i], &c, err);
	if (x < 0)
		return x;
	*ret = TAKE(c, (struct kconfig){ 0 });
	return 0;
}

int kernel_recipe_add_patches(const struct kernel_recipe *r, struct sha256 *sum, struct err *err)
{
	int x = 0;

	for (size_t i = 0; i < r->patches.n && x == 0; i++) {
		_cleanup_buf_ struct buf text = BUF_INIT;

		x = fs_read(AT_FDCWD, r->patches.item[i], MAX_PATCH, &text, err);
		sha256_add(sum, &text.len, sizeof(text.len));
		sha256_add(sum, buf_str(&text), text.len);
	}
	return x < 0 ? err_exit(err, EXIT_BAD_SCENARIO) : 0;
}
