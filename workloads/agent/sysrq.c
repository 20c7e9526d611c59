/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sysrq.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int sysrq_press(char key, char *why, size_t why_size)
{
	int fd;
	ssize_t n;

	if (!key || !strchr("lwmt", key)) {
		snprintf(why, why_size, "sysrq: %d is not a key that only prints", key);
		return -1;
	}
	fd = open("/proc/sysrq-trigger", O_WRONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : write(fd, &key, 1);
	if (n != 1)
		snprintf(why, why_size, "sysrq: %c: %s", key, strerror(errno));
	if (fd >= 0)
		close(fd);
	return n == 1 ? 0 : -1;
}
