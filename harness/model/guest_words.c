/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/guest_words.h"

#include <ctype.h>
#include <string.h>

#include "base/macro.h"

bool word_all_of(const char *s, const char *extra, size_t max)
{
	const size_t n = strlen(s);

	for (size_t i = 0; i < n; i++)
		if (!isalnum((unsigned char)s[i]) && !strchr(extra, s[i]))
			return false;
	return n > 0 && n <= max;
}

bool word_is_disk(const char *s)
{
	return word_all_of(s, "_-", 20) && isalnum((unsigned char)s[0]);
}

bool word_is_mount(const char *s)
{
	static const char *const kernels[] = { "/proc", "/sys", "/dev" };

	if (s[0] != '/' || !s[1] || !word_all_of(s, "/._-", 128) || strstr(s, "..") ||
	    strstr(s, "//"))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(kernels); i++) {
		const size_t n = strlen(kernels[i]);

		if (strncmp(s, kernels[i], n) == 0 && (!s[n] || s[n] == '/'))
			return false;
	}
	return true;
}

static bool is_printable(const char *s, unsigned char from, size_t max)
{
	const size_t n = strlen(s);

	for (size_t i = 0; i < n; i++)
		if ((unsigned char)s[i] < from || (unsigned char)s[i] > 0x7e)
			return false;
	return n > 0 && n <= max;
}

bool word_is_options(const char *s)
{
	return is_printable(s, 0x21, 256);
}

bool word_is_args(const char *s)
{
	return is_printable(s, 0x20, 256);
}

bool word_is_algorithm(const char *s)
{
	return word_all_of(s, "_-", 24);
}

bool word_is_kernel_file(const char *s)
{
	return (strncmp(s, "/sys/", 5) == 0 || strncmp(s, "/proc/", 6) == 0) &&
	       word_all_of(s, "/._-:,@+", 200) && !strstr(s, "..");
}

bool word_is_path(const char *s)
{
	return strchr(s, '/') && !strpbrk(s, "\n\r") && strlen(s) < 1024;
}
