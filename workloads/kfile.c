/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kfile.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

int kfile_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int r = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		r = -errno;
	close(fd);
	return r;
}

int kfile_read(const char *path, char *ret, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), error = 0;
	size_t n = 0;

	ret[0] = 0;
	if (fd < 0)
		return -errno;
	while (n < size - 1) {
		ssize_t r = read(fd, ret + n, size - 1 - n);

		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			error = -errno;
		if (r <= 0)
			break;
		n += (size_t)r;
	}
	close(fd);
	ret[error ? 0 : n] = 0;
	return error ? error : (int)n;
}

int kfile_line(const char *path, char *ret, size_t size)
{
	int n = kfile_read(path, ret, size);

	if (n > 0 && ret[n - 1] == '\n')
		ret[--n] = 0;
	return n;
}
