/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>

#include "base/exit.h"
#include "base/fs.h"
#include "base/json.h"
#include "image/kbuild.h"
#include "image/kbuild_parts.h"
#include "image/kernel_parts.h"

enum { MIN_DIGITS = 8 };

static void row_done(struct kbuild_row *row)
{
	free(row->name);
	free(row->release);
	free(row->source);
}

void kbuild_list_done(struct kbuild_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		row_done(&l->row[i]);
	free(l->row);
	*l = (struct kbuild_list){ 0 };
}

static bool read_row(const char *dir, struct kbuild_row *ret)
{
	_cleanup_free_
	char *path = xasprintf("%s/" KBUILD_FACTS, dir);
	_cleanup_kernel_ struct kernel k = { 0 };
	_cleanup_json_ json_t *o = NULL;
	struct kbuild_row row = { 0 };

	if (kernel_entry_load(dir, dir, &k, NULL) < 0 || json_read(AT_FDCWD, path, &o, NULL) < 0 ||
	    json_get_u64(o, "built-at", &row.built_at_s, NULL) < 0 ||
	    json_get_u64(o, "took-s", &row.took_s, NULL) < 0 ||
	    json_get_u64(o, "bytes", &row.size_bytes, NULL) < 0)
		return false;
	row.name = TAKE(k.name, NULL);
	row.release = TAKE(k.release, NULL);
	row.source = xstrdup(k.version ? k.version : "");
	*ret = row;
	return true;
}

static int compare_rows(const void *a, const void *b)
{
	const struct kbuild_row *x = a, *y = b;

	if (x->built_at_s != y->built_at_s)
		return x->built_at_s < y->built_at_s ? -1 : 1;
	return strcmp(x->name, y->name);
}

void kbuild_list(struct kbuild_list *ret)
{
	_cleanup_free_
	char *cache = kernel_cache_dir();
	_cleanup_strv_ struct strv names = { 0 };
	struct kbuild_list l = { 0 };

	fs_list(AT_FDCWD, cache, &names, NULL);
	l.row = xcalloc(MAX(names.n, (size_t)1), sizeof(*l.row));
	for (size_t i = 0; i < names.n; i++) {
		_cleanup_free_
		char *dir = xasprintf("%s/%s", cache, names.item[i]);

		if (str_after(names.item[i], KBUILD_ENTRY) && read_row(dir, &l.row[l.n]))
			l.n++;
	}
	qsort(l.row, l.n, sizeof(*l.row), compare_rows);
	*ret = l;
}

/* ---- one of them ---- */

/* Is it build:NAME[@DIGEST] that the entry build-NAME-DIGEST is? */
static bool is_entry_of(const char *entry, const char *wanted)
{
	const size_t n = strcspn(wanted, "@");
	const char *name = str_after(entry, KBUILD_ENTRY), *digest;

	if (!name || strncmp(name, wanted, n) != 0 || name[n] != '-')
		return false;
	digest = name + n + 1;
	if (strchr(digest, '-')) /* of a recipe with a longer name */
		return false;
	return !wanted[n] || str_after(digest, wanted + n + 1);
}

/* Entries of one digest are one kernel; of several kernels of a name the newest counts. */
static char *find_entry(const char *cache, const char *wanted)
{
	_cleanup_strv_ struct strv names = { 0 };
	uint64_t newest = 0;
	char *best = NULL;

	fs_list(AT_FDCWD, cache, &names, NULL);
	for (size_t i = 0; i < names.n; i++) {
		_cleanup_free_
		char *dir = xasprintf("%s/%s", cache, names.item[i]);
		struct kbuild_row row;

		if (!is_entry_of(names.item[i], wanted) || !read_row(dir, &row))
			continue;
		if (!best || row.built_at_s >= newest) {
			newest = row.built_at_s;
			free(best);
			best = TAKE(dir, NULL);
		}
		row_done(&row);
	}
	return best;
}

static void list_names(struct buf *out)
{
	_cleanup_kbuild_list_ struct kbuild_list l = { 0 };

	kbuild_list(&l);
	for (size_t i = 0; i < MIN(l.n, (size_t)6); i++)
		buf_printf(out, "%s%s", i ? ", " : "", l.row[l.n - 1 - i].name);
}

static int not_built(const char *wanted, struct err *err)
{
	const int n = (int)strcspn(wanted, "@");
	_cleanup_buf_ struct buf all = BUF_INIT;

	list_names(&all);
	err_set(err, ENOENT,
		KBUILD_SCHEME
		"%.80s is not built here; `kernsoak kernels build %.*s` builds it%s%s",
		wanted, MIN(n, 80), wanted, all.len ? "; there are " : "", buf_str(&all));
	return err_exit(err, EXIT_HOST_UNABLE);
}

int kbuild_find(const char *ref, struct kernel *ret, struct err *err)
{
	const char *wanted = str_after(ref, KBUILD_SCHEME), *at = strchr(wanted, '@');
	_cleanup_free_
	char *cache = kernel_cache_dir(), *dir = NULL;

	if (!kernel_recipe_is_name(wanted, strcspn(wanted, "@")) ||
	    (at && strlen(at + 1) < MIN_DIGITS)) {
		err_set(err, EINVAL,
			"'%.120s' names no built kernel; write build:lean, or build:lean@ and at "
			"least %d digits (`kernsoak kernels list` shows them)",
			ref, MIN_DIGITS);
		return err_exit(err, EXIT_BAD_SCENARIO);
	}
	dir = find_entry(cache, wanted);
	return dir ? kernel_entry_load(dir, ref, ret, err) : not_built(wanted, err);
}
