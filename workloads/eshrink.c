/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "eshrink.h"

#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "kfile.h"
#include "load.h"
#include "values.h"

#define EVENT   "/sys/kernel/tracing/events/ext4/ext4_es_shrink"
#define TRIGGER "hist:keys=dev:vals=nr_shrunk:size=128"

static struct {
	char device[64];
	char info[128];   /* path of es_shrinker_info */
	uint64_t kdev;    /* as the kernel's own dev_t, which the event prints */
	uint64_t already; /* in the histogram when we came */
} self;

/* The device's name as ext4 shows it: loop0, vda1, dm-0. */
static void find_device(int fd)
{
	char link[64], target[512];
	struct stat st;
	ssize_t n;

	if (fstat(fd, &st) < 0)
		load_fail("stat: %s", strerror(errno));
	snprintf(link, sizeof link, "/sys/dev/block/%u:%u", major(st.st_dev), minor(st.st_dev));
	n = readlink(link, target, sizeof target - 1);
	if (n < 0)
		load_fail("%s: %s: no disk is behind the folder", link, strerror(errno));
	target[n] = 0;
	snprintf(self.device, sizeof self.device, "%s", basename(target));
	self.kdev = (uint64_t)major(st.st_dev) << 20 | minor(st.st_dev);
}

/* The number before the words, which stand alone on their line but for it. */
static uint64_t info_value(const char *words)
{
	char text[4096], *at;
	int r = kfile_read(self.info, text, sizeof text);

	if (r < 0)
		load_fail("%s: %s", self.info, strerror(-r));
	at = strstr(text, words);
	if (!at)
		load_fail("%s does not tell%s", self.info, words);
	while (at > text && at[-1] >= '0' && at[-1] <= '9')
		at--;
	return strtoull(at, NULL, 10);
}

/* A line: "{ dev:    7340032 } hitcount:          3  nr_shrunk:        384" */
static uint64_t in_histogram(void)
{
	char text[16 * 1024];
	int r = kfile_read(EVENT "/hist", text, sizeof text);

	if (r < 0)
		load_fail(EVENT "/hist: %s", strerror(-r));
	for (const char *at = text; (at = strstr(at, "dev:")); at++) {
		const char *sum = strstr(at, "nr_shrunk:");

		if (strtoull(at + 4, NULL, 10) == self.kdev && sum &&
		    !memchr(at, '\n', (size_t)(sum - at)))
			return strtoull(sum + strlen("nr_shrunk:"), NULL, 10);
	}
	return 0; /* nothing was shrunk so far */
}

static void start_histogram(void)
{
	int r = kfile_write(EVENT "/trigger", TRIGGER);

	if (r == -ENOENT && access(EVENT, F_OK) < 0)
		load_fail(EVENT " is not there: the kernel needs CONFIG_EVENT_TRACING, tracefs "
				"and ext4");
	if (r < 0 && r != -EEXIST)
		load_fail(EVENT "/trigger: %s: the kernel needs CONFIG_HIST_TRIGGERS",
			  strerror(-r));
}

void eshrink_open(int fd)
{
	find_device(fd);
	snprintf(self.info, sizeof self.info, "/proc/fs/ext4/%s/es_shrinker_info", self.device);
	eshrink_cached();
	start_histogram();
	self.already = in_histogram();
}

uint64_t eshrink_cached(void)
{
	return info_value(" objects\n");
}

uint64_t eshrink_total(void)
{
	return in_histogram() - self.already;
}

const char *eshrink_device(void)
{
	return self.device;
}
