/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "checkin.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "../wire.h"

#define FILE_NAME ".kernsoak-heartbeat"

static struct {
	char path[512]; /* "": no such heartbeat is wanted */
	int fd;         /* our end of the pipe */
	int error;      /* of the last try that failed, since one came through */
	uint64_t count;
} checkin = { .fd = -1 };

int checkin_setup(const char *tokens, char *said, size_t size)
{
	char dir[256];

	if (wire_get(tokens, "fsync", dir, sizeof dir) < 0 || dir[0] != '/') {
		snprintf(said, size, "heartbeat: no folder");
		return -1;
	}
	snprintf(checkin.path, sizeof checkin.path, "%s/" FILE_NAME, dir);
	said[0] = 0;
	return 0;
}

bool checkin_wanted(void)
{
	return checkin.path[0];
}

/* The file is opened each time: what is mounted there may change (overcopy's does). */
static int try_once(uint64_t n)
{
	int fd = open(checkin.path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644), error = 0;

	if (fd < 0)
		return errno;
	if (pwrite(fd, &n, sizeof n, 0) != (ssize_t)sizeof n || fsync(fd) < 0)
		error = errno ? errno : EIO;
	close(fd);
	return error;
}

/* Said after each try: its error, an int. */
static void serve(int out)
{
	prctl(PR_SET_NAME, "heartbeat");
	for (uint64_t n = 1;; n++) {
		int error = try_once(n);

		if (write(out, &error, sizeof error) != (ssize_t)sizeof error)
			_exit(0);
		sleep(1);
	}
}

int checkin_start(char *why, size_t why_size)
{
	int end[2];
	pid_t pid;

	if (pipe2(end, O_CLOEXEC) < 0 || (pid = fork()) < 0) {
		snprintf(why, why_size, "heartbeat: no process: %s", strerror(errno));
		return -1;
	}
	if (pid == 0) {
		signal(SIGPIPE, SIG_DFL);
		close(end[0]);
		serve(end[1]);
	}
	close(end[1]);
	checkin.fd = end[0];
	fcntl(checkin.fd, F_SETFL, O_NONBLOCK);
	return 0;
}

int checkin_fd(void)
{
	return checkin.fd;
}

int checkin_read(void)
{
	int error, told = 0;

	while (checkin.fd >= 0 && read(checkin.fd, &error, sizeof error) == (ssize_t)sizeof error) {
		checkin.count += error == 0;
		if (error != checkin.error)
			told = error;
		checkin.error = error;
	}
	return told;
}

uint64_t checkin_count(void)
{
	return checkin.count;
}
