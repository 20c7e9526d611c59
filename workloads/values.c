/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "values.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kfile.h"
#include "load.h"

#define FILE_MAX (32 * 1024) /* /proc/vmstat of 6.12 has 5 KiB */

bool values_find(const char *text, const char *key, uint64_t *ret)
{
	const size_t n = strlen(key);

	for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		char *end;

		if (strncmp(line, key, n) != 0 || !strchr(": \t", line[n]) || !line[n])
			continue;
		line += n + strspn(line + n, ": \t");
		*ret = strtoull(line, &end, 10);
		if (end == line)
			return false;
		if (strncmp(end, " kB", 3) == 0)
			*ret *= 1024;
		return true;
	}
	return false;
}

uint64_t values_get(const char *path, const char *key)
{
	char text[FILE_MAX];
	uint64_t v;
	int r = kfile_read(path, text, sizeof text);

	if (r < 0)
		load_fail("%s: %s", path, strerror(-r));
	if (!values_find(text, key, &v))
		load_fail("%s does not tell %s", path, key);
	return v;
}
