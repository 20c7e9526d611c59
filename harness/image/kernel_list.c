/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image/kernel_parts.h"

#include "image/apt.h"

void kernel_list_done(struct kernel_list *l)
{
	for (size_t i = 0; i < l->n; i++) {
		free(l->row[i].name);
		free(l->row[i].package);
		free(l->row[i].version);
	}
	free(l->row);
	*l = (struct kernel_list){ 0 };
}

static struct kernel_row *row_for(struct kernel_list *l, const char *package)
{
	for (size_t i = 0; i < l->n; i++)
		if (str_eq(l->row[i].package, package))
			return &l->row[i];
	l->row = xrealloc(l->row, (l->n + 1) * sizeof(*l->row));
	l->row[l->n] = (struct kernel_row){
		.name = kernel_name_of_package(package),
		.package = xstrdup(package),
	};
	return &l->row[l->n++];
}

static int add_available(struct kernel_list *l, struct err *err)
{
	_cleanup_apt_packages_ struct apt_packages shown = { 0 };
	_cleanup_strv_ struct strv names = { 0 };
	int r = apt_kernels(&names, err);

	if (r == 0)
		r = apt_show(&names, &shown, err);
	for (size_t i = 0; r == 0 && i < shown.n; i++) {
		struct kernel_row *row = row_for(l, shown.item[i].name);

		row->available = true;
		row->size_bytes = shown.item[i].size_bytes;
		if (!row->version)
			row->version = xstrdup(shown.item[i].version);
	}
	return r;
}

static void add_cached(struct kernel_list *l, const char *cache)
{
	_cleanup_strv_ struct strv names = { 0 };

	kernel_cached_packages(cache, &names);
	for (size_t i = 0; i < names.n; i++) {
		_cleanup_free_
		char *dir = xasprintf("%s/%s", cache, names.item[i]);
		_cleanup_kernel_ struct kernel k = { 0 };
		struct kernel_row *row;

		if (kernel_entry_load(dir, names.item[i], &k, NULL) < 0)
			continue;
		row = row_for(l, names.item[i]);
		row->cached = true;
		row->version = TAKE(k.version, NULL);
	}
}

static int compare_rows(const void *a, const void *b)
{
	const struct kernel_row *x = a, *y = b;

	return str_version_cmp(x->package, y->package);
}

int kernel_list(struct kernel_list *ret, struct err *ret_why, struct err *err)
{
	_cleanup_free_
	char *cache = kernel_cache_dir();
	_cleanup_kernel_list_ struct kernel_list l = { 0 };
	struct err why = { 0 };

	add_cached(&l, cache);
	if (add_available(&l, &why) < 0 && l.n == 0) {
		if (err)
			*err = why;
		return -why.code;
	}
	if (l.n)
		qsort(l.row, l.n, sizeof(*l.row), compare_rows);
	if (ret_why)
		*ret_why = why;
	*ret = TAKE(l, (struct kernel_list){ 0 });
	return 0;
}

bool kernel_list_has(const struct kernel_list *l, const char *ref)
{
	_cleanup_strv_ struct strv packages = { 0 };
	_cleanup_free_
	char *abi = NULL;

	if (!str_after(ref, KERNEL_SCHEME) || kernel_ref_parse(ref, &abi, NULL) < 0)
		return false;
	for (size_t i = 0; i < l->n; i++)
		strv_add(&packages, l->row[i].package);
	return kernel_match_package(&packages, abi) != NULL;
}
