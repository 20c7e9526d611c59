/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "watchdog.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/watchdog.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "../wire.h"

#define DEVICE "/dev/watchdog0"

static int dog = -1;

static const struct {
	const char *device, *identity; /* as its driver says it */
} known[] = {
	{ "i6300esb", "i6300ESB timer" },
	{ "softdog", "Software Watchdog" },
};

static const char *identity_of(const char *device)
{
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (strcmp(known[i].device, device) == 0)
			return known[i].identity;
	return "";
}

static int check_dog(const char *device, int timeout, char *said, size_t size)
{
	struct watchdog_info info = { 0 };
	int set = timeout, now = 0;

	if (ioctl(dog, WDIOC_GETSUPPORT, &info) < 0 ||
	    strcmp((const char *)info.identity, identity_of(device)) != 0) {
		snprintf(said, size, "watchdog: " DEVICE " should be %s, and is '%.32s'", device,
			 (const char *)info.identity);
		return -1;
	}
	if (ioctl(dog, WDIOC_SETTIMEOUT, &set) < 0 || ioctl(dog, WDIOC_GETTIMEOUT, &now) < 0) {
		snprintf(said, size, "watchdog: %s does not take %d s: %s", device, timeout,
			 strerror(errno));
		return -1;
	}
	if (now != timeout) {
		snprintf(said, size, "watchdog: asked for %d s, %s says %d s", timeout, device,
			 now);
		return -1;
	}
	snprintf(said, size, "watchdog: %s bites after %d s", device, now);
	return 0;
}

int watchdog_setup(const char *tokens, char *said, size_t size)
{
	char device[32], text[24];
	uint64_t timeout;

	if (wire_get(tokens, "device", device, sizeof device) < 0 ||
	    wire_get(tokens, "timeout", text, sizeof text) < 0 || wire_number(text, &timeout) < 0 ||
	    timeout > 65535) {
		snprintf(said, size, "watchdog: no device or no timeout");
		return -1;
	}
	dog = open(DEVICE, O_WRONLY | O_CLOEXEC);
	if (dog < 0) {
		snprintf(said, size, "watchdog: " DEVICE ", which should be %s: %s", device,
			 strerror(errno));
		return -1;
	}
	return check_dog(device, (int)timeout, said, size);
}

void watchdog_feed(void)
{
	if (dog >= 0)
		ioctl(dog, WDIOC_KEEPALIVE, 0);
}
