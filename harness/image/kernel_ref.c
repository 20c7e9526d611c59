/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image/kernel_parts.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>

#include "base/exit.h"
#include "base/fs.h"

#define PREFIX "linux-image-"
#define SUFFIX "-amd64"

char *kernel_name_of_package(const char *package)
{
	const char *abi = str_after(package, PREFIX);
	size_t n = abi ? strlen(abi) : 0, tail = sizeof(SUFFIX) - 1;

	if (!abi)
		return xstrdup(package);
	if (n > tail && str_eq(abi + n - tail, SUFFIX))
		n -= tail;
	return xasprintf(KERNEL_SCHEME "%.*s", (int)n, abi);
}

/* 6.12.117+deb12-cloud without its +deb12. */
static char *without_suite(const char *name)
{
	char *copy = xstrdup(name), *at = strstr(copy, "+deb"), *end = at ? at + 4 : NULL;

	if (!at)
		return copy;
	while (isdigit((unsigned char)*end))
		end++;
	memmove(at, end, strlen(end) + 1);
	return copy;
}

const char *kernel_match_package(const struct strv *packages, const char *abi)
{
	_cleanup_free_
	char *exact = xasprintf(PREFIX "%s" SUFFIX, abi);
	const char *best = NULL;

	for (size_t i = 0; i < packages->n; i++) {
		_cleanup_free_
		char *plain = without_suite(packages->item[i]);

		if (str_eq(packages->item[i], exact))
			return packages->item[i];
		if (str_eq(plain, exact))
			best = packages->item[i];
	}
	return best;
}

int kernel_ref_parse(const char *ref, char **ret, struct err *err)
{
	const char *abi = str_after(ref, KERNEL_SCHEME), *p;
	size_t n, tail = sizeof(SUFFIX) - 1;

	abi = str_after(abi, PREFIX) ? str_after(abi, PREFIX) : abi;
	n = strlen(abi);
	if (n > tail && str_eq(abi + n - tail, SUFFIX))
		n -= tail;
	for (p = abi; p < abi + n && (isalnum((unsigned char)*p) || strchr("-.+~", *p)); p++)
		;
	if (n == 0 || n > 100 || p < abi + n || !isdigit((unsigned char)*abi))
		goto malformed;
	*ret = xstrndup(abi, n);
	return 0;
malformed:
	err_set(err, EINVAL,
		"'%.120s' names no Debian kernel; write it as debian:6.1.0-54-cloud or "
		"debian:6.12.117-cloud (`kernsoak kernels list` shows them)",
		ref);
	return err_exit(err, EXIT_BAD_SCENARIO);
}

void kernel_cached_packages(const char *cache, struct strv *ret)
{
	_cleanup_strv_ struct strv names = { 0 };

	if (fs_list(AT_FDCWD, cache, &names, NULL) < 0)
		return;
	for (size_t i = 0; i < names.n; i++)
		if (str_after(names.item[i], PREFIX))
			strv_add(ret, names.item[i]);
	strv_sort(ret, str_version_cmp);
}

struct near {
	const char *package;
	unsigned distance;
};

static int compare_near(const void *a, const void *b)
{
	const struct near *x = a, *y = b;

	if (x->distance != y->distance)
		return x->distance < y->distance ? -1 : 1;
	return -str_version_cmp(x->package, y->package);
}

void kernel_list_nearest(const struct strv *packages, const char *abi, struct buf *out)
{
	_cleanup_free_
	char *wanted = xasprintf(PREFIX "%s" SUFFIX, abi);
	_cleanup_free_
	struct near *near = xcalloc(packages->n, sizeof(*near));

	for (size_t i = 0; i < packages->n; i++) {
		_cleanup_free_
		char *plain = without_suite(packages->item[i]);

		near[i] = (struct near){ packages->item[i], str_distance(wanted, plain) };
	}
	qsort(near, packages->n, sizeof(*near), compare_near);
	for (size_t i = 0; i < MIN(packages->n, (size_t)6); i++) {
		_cleanup_free_
		char *name = kernel_name_of_package(near[i].package);

		buf_printf(out, "%s%s", i ? ", " : "", name);
	}
}
