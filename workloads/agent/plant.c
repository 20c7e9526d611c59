/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plant.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../wire.h"

#define PARAMETERS "/sys/module/faultlab/parameters/"

static ssize_t read_parameter(const char *path, char *ret, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, ret, size - 1);

	if (fd >= 0)
		close(fd);
	ret[n > 0 ? n : 0] = 0;
	return n;
}

static int write_parameter(const char *path, const char *text, char *why, size_t why_size)
{
	char said[256];
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int r = fd < 0 || write(fd, text, strlen(text)) < 0 ? -errno : 0;

	if (fd >= 0)
		close(fd);
	if (r == 0)
		return 0;
	read_parameter(PARAMETERS "error", said, sizeof said);
	said[strcspn(said, "\n")] = 0;
	snprintf(why, why_size, "faultlab: %s", *said ? said : strerror(-r));
	return -1;
}

static unsigned lines_in(const char *text)
{
	unsigned n = 0;

	for (; (text = strchr(text, '\n')); text++)
		n++;
	return n;
}

int plant_add(const char *tokens, char *why, size_t why_size)
{
	static unsigned planted;
	char words[2048], list[4096];

	if (strlen(tokens) >= sizeof words) {
		snprintf(why, why_size, "plant: more than %zu bytes", sizeof words - 1);
		return -1;
	}
	strcpy(words, tokens);
	if (wire_decode(words) < 0) {
		snprintf(why, why_size, "plant: a broken line");
		return -1;
	}
	if (write_parameter(PARAMETERS "plant", words, why, why_size) < 0)
		return -1;
	if (read_parameter(PARAMETERS "plant", list, sizeof list) < 0 ||
	    lines_in(list) != ++planted) {
		snprintf(why, why_size, "faultlab: planted %u, it says `%.200s`", planted, list);
		return -1;
	}
	return 0;
}

int plant_arm(char *why, size_t why_size)
{
	return write_parameter(PARAMETERS "arm", "1", why, why_size);
}
