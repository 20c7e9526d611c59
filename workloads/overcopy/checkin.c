/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "checkin.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../load.h"

#define EVERY_NS ((uint64_t)1000000000)

static void check_in(const void *file, struct report *r)
{
	static const char line[] = "alive\n";
	int fd;

	report_step(r, STEP_WRITE);
	fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, line, sizeof line - 1) < 0)
		report_told(r, STEP_WRITE, errno);
	report_step(r, STEP_FSYNC);
	if (fd >= 0 && fsync(fd) < 0)
		report_told(r, STEP_FSYNC, errno);
}

void checkin_init(struct checkin *c, const char *dir, uint64_t overdue_ms)
{
	if (!*dir)
		return;
	snprintf(c->file, sizeof c->file, "%s/checkin", dir);
	task_start(&c->task, "checkin", check_in, c->file);
	if (!task_ended(&c->task, (int)overdue_ms))
		load_fail("checkin: %s was not written within %llu ms", c->file,
			  (unsigned long long)overdue_ms);
	if (c->task.report->told_step)
		load_fail("checkin: %s: %s", c->file, strerrorname_np(c->task.report->told_error));
}

void checkin_again(struct checkin *c)
{
	if (c->file[0] && task_ended(&c->task, 0) && load_now_ns() - c->task.started_ns >= EVERY_NS)
		task_start(&c->task, "checkin", check_in, c->file);
}
