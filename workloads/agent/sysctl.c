/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sysctl.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../kfile.h"


#define BLANK " \t\n"

static bool next_word(const char **s, const char **ret, size_t *ret_len)
{
	*s += strspn(*s, BLANK);
	*ret = *s;
	*ret_len = strcspn(*s, BLANK);
	*s += *ret_len;
	return *ret_len > 0;
}

static bool same_word(const char *a, size_t na, const char *b, size_t nb)
{
	char *end_a, *end_b;

	if (na == nb && memcmp(a, b, na) == 0)
		return true;
	long long x = strtoll(a, &end_a, 0), y = strtoll(b, &end_b, 0);
	return end_a == a + na && end_b == b + nb && x == y;
}

static bool is_selected(const char *is, const char *wanted, size_t n)
{
	const char *open = strchr(is, '[');

	return open && strncmp(open + 1, wanted, n) == 0 && open[1 + n] == ']';
}

bool sysctl_same(const char *is, const char *wanted)
{
	const char *a = is, *b = wanted, *wa, *wb;
	size_t na, nb;

	for (;;) {
		bool more_a = next_word(&a, &wa, &na), more_b = next_word(&b, &wb, &nb);

		if (!more_a && !more_b)
			return true;
		if (more_a != more_b || !same_word(wa, na, wb, nb))
			break;
	}
	b = wanted;
	return next_word(&b, &wb, &nb) && !b[strspn(b, BLANK)] && is_selected(is, wb, nb);
}

static int path_of(const char *key, char *path, size_t size)
{
	bool is_file = key[0] == '/';
	bool slashes = strchr(key, '/') != NULL;
	size_t n = (size_t)snprintf(path, size, "%s%s", is_file ? "" : "/proc/sys/", key);

	if (n >= size || strstr(key, ".."))
		return -1;
	if (is_file)
		return strncmp(key, "/sys/", 5) && strncmp(key, "/proc/", 6) ? -1 : 0;
	for (char *p = path + strlen("/proc/sys/"); *p && !slashes; p++)
		if (*p == '.')
			*p = '/';
	return 0;
}

int sysctl_set(const char *key, const char *value, char *why, size_t why_size)
{
	char path[PATH_MAX], now[1024];
	int r;

	if (path_of(key, path, sizeof path) < 0) {
		snprintf(why, why_size, "sysctl %.200s: no such name", key);
		return -1;
	}
	r = kfile_write(path, value);
	if (r < 0) {
		snprintf(why, why_size, "sysctl %.200s: %s", key, strerror(-r));
		return -1;
	}
	r = kfile_read(path, now, sizeof now);
	/* -EACCES: it can only be written */
	if (r == -EACCES || r == -EIO || r == -EINVAL)
		return 0;
	if (r >= 0 && sysctl_same(now, value))
		return 0;
	now[strcspn(now, "\n")] = 0;
	snprintf(why, why_size, "sysctl %.200s: wrote `%.200s`, it reads `%.200s`", key, value,
		 r < 0 ? strerror(-r) : now);
	return -1;
}
