/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vm/unix_path.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>

int unix_bind(int fd, const char *path, struct err *err)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	size_t n = strlen(path);

	if (n >= sizeof(a.sun_path))
		return err_set(err, ENAMETOOLONG,
			       "the socket's path %s has %zu bytes, the kernel allows %zu: use a "
			       "folder with a shorter name",
			       path, n, sizeof(a.sun_path) - 1);
	memcpy(a.sun_path, path, n + 1);
	if (unlink(path) < 0 && errno != ENOENT)
		return err_set(err, errno, "cannot remove the old socket %s: %s", path,
			       strerror(errno));
	if (bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0)
		return err_set(err, errno, "cannot listen at %s: %s", path, strerror(errno));
	return 0;
}
