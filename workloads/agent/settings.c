/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "settings.h"

#include <glob.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "../kfile.h"
#include "../wire.h"
#include "checkin.h"
#include "disks.h"
#include "netconsole.h"
#include "sample.h"
#include "swap.h"
#include "sysctl.h"
#include "watchdog.h"
#include "workqueue.h"

#define BLANK " \t\n"
#define MGLRU "/sys/kernel/mm/lru_gen/enabled"

static int set_sysctl(const char *tokens, char *said, size_t size)
{
	char key[256], value[1024];

	said[0] = 0;
	if (wire_get(tokens, "key", key, sizeof key) < 0 ||
	    wire_get(tokens, "value", value, sizeof value) < 0) {
		snprintf(said, size, "sysctl: no key or no value");
		return -1;
	}
	return sysctl_set(key, value, said, size);
}

/* What the kernel was told when it booted, and what became of it. */
static int check_knob(const char *tokens, char *said, size_t size)
{
	char path[256], value[256], now[256];

	said[0] = 0;
	if (wire_get(tokens, "path", path, sizeof path) < 0 ||
	    wire_get(tokens, "value", value, sizeof value) < 0 ||
	    (strncmp(path, "/proc/sys/", 10) != 0 && strncmp(path, "/sys/", 5) != 0)) {
		snprintf(said, size, "knob: no path or no value");
		return -1;
	}
	int r = kfile_read(path, now, sizeof now);
	if (r >= 0 && sysctl_same(now, value))
		return 0;
	now[strcspn(now, "\n")] = 0;
	snprintf(said, size, "%s should be %s after boot, and is %s", path, value,
		 r < 0 ? strerror(-r) : now);
	return -1;
}

static bool has_word(const char *have, const char *word, size_t n)
{
	for (have += strspn(have, BLANK); *have; have += strspn(have, BLANK)) {
		size_t len = strcspn(have, BLANK);

		if (len == n && memcmp(have, word, n) == 0)
			return true;
		have += len;
	}
	return false;
}

int words_missing(const char *have, const char *wanted, char *ret, size_t size)
{
	for (wanted += strspn(wanted, BLANK); *wanted; wanted += strspn(wanted, BLANK)) {
		size_t n = strcspn(wanted, BLANK);

		if (!has_word(have, wanted, n)) {
			snprintf(ret, size, "%.*s", (int)n, wanted);
			return -1;
		}
		wanted += n;
	}
	return 0;
}

static int check_cmdline(const char *tokens, char *said, size_t size)
{
	static char wanted[4096], have[4096];
	char word[256];

	said[0] = 0;
	if (wire_get(tokens, "words", wanted, sizeof wanted) < 0 ||
	    kfile_read("/proc/cmdline", have, sizeof have) < 0) {
		snprintf(said, size, "cmdline: no words, or no /proc/cmdline");
		return -1;
	}
	if (words_missing(have, wanted, word, sizeof word) == 0)
		return 0;
	snprintf(
		said, size,
		"the kernel's command line lacks '%s': it has %zu bytes, and the kernel keeps 2047",
		word, strlen(have));
	return -1;
}

static int set_mglru(const char *tokens, char *said, size_t size)
{
	char value[8], now[32];

	if (wire_get(tokens, "value", value, sizeof value) < 0) {
		snprintf(said, size, "mglru: no value");
		return -1;
	}
	bool on = strcmp(value, "on") == 0;
	int r = kfile_write(MGLRU, on ? "y" : "n");
	if (r == 0)
		r = kfile_read(MGLRU, now, sizeof now);
	if (r < 0) {
		snprintf(said, size, "mglru: " MGLRU ": %s", strerror(-r));
		return -1;
	}
	now[strcspn(now, "\n")] = 0;
	snprintf(said, size, "mglru: %s, " MGLRU " reads %s", value, now);
	return (strtoul(now, NULL, 0) != 0) == on ? 0 : -1;
}

/* "0-3" has four; what is in pieces has more than one range. */
static uint64_t last_plus_one(const char *path)
{
	char text[64];
	uint64_t v;

	if (kfile_read(path, text, sizeof text) < 0)
		return 1; /* no NUMA: one node */
	text[strcspn(text, "\n")] = 0;
	const char *last = strrchr(text, '-');
	return wire_number(last ? last + 1 : text, &v) < 0 ? 0 : v + 1;
}

static uint64_t number_of(const char *tokens, const char *key)
{
	char text[24];
	uint64_t v;

	return wire_get(tokens, key, text, sizeof text) < 0 || wire_number(text, &v) < 0 ? 0 : v;
}

static int check_machine(const char *tokens, char *said, size_t size)
{
	uint64_t cpus = number_of(tokens, "cpus"), nodes = number_of(tokens, "nodes");
	uint64_t have_cpus = (uint64_t)sysconf(_SC_NPROCESSORS_ONLN);
	uint64_t have_nodes = last_plus_one("/sys/devices/system/node/online");
	char type[128] = "", board[128] = "";

	said[0] = 0;
	wire_get(tokens, "board", type, sizeof type);
	kfile_read("/sys/class/dmi/id/product_name", board, sizeof board);
	board[strcspn(board, "\n")] = 0;
	if (cpus && have_cpus != cpus)
		snprintf(said, size, "the guest should have %llu CPUs online, and has %llu",
			 (unsigned long long)cpus, (unsigned long long)have_cpus);
	else if (nodes && have_nodes != nodes)
		snprintf(said, size, "the guest should have %llu NUMA nodes, and has %llu",
			 (unsigned long long)nodes, (unsigned long long)have_nodes);
	else if (board[0] && !strstr(board, type))
		snprintf(said, size, "the machine should be %s, and is %s", type, board);
	return said[0] ? -1 : 0;
}

/* A driver of the virtio bus that has found its device. */
static int check_driver(const char *tokens, char *said, size_t size)
{
	char name[32], path[128];
	int found = 0;
	glob_t g;

	if (wire_get(tokens, "name", name, sizeof name) < 0 || strchr(name, '/')) {
		snprintf(said, size, "driver: no name");
		return -1;
	}
	snprintf(path, sizeof path, "/sys/bus/virtio/drivers/%s/virtio[0-9]*", name);
	if (glob(path, 0, NULL, &g) == 0) {
		found = g.gl_pathc > 0;
		globfree(&g);
	}
	snprintf(said, size, found ? "" : "the driver %s has found no device", name);
	return found ? 0 : -1;
}

static const struct {
	const char *word;
	int (*apply)(const char *tokens, char *said, size_t size);
} settings[] = {
	{ "disk", disk_setup },         { "swap", swap_setup },
	{ "sysctl", set_sysctl },       { "cmdline", check_cmdline },
	{ "mglru", set_mglru },         { "knob", check_knob },
	{ "driver", check_driver },     { "machine", check_machine },
	{ "watchdog", watchdog_setup }, { "netconsole", netconsole_setup },
	{ "watchdog", watchdog_setup }, { "heartbeat", checkin_setup },
	{ "samples", sample_setup },    { "workqueue", workqueue_setup },
};

enum setting_result setting_apply(const char *word, const char *tokens, char *said, size_t size)
{
	for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
		if (strcmp(settings[i].word, word) == 0)
			return settings[i].apply(tokens, said, size) < 0 ? SETTING_FAILED
									 : SETTING_DONE;
	return SETTING_UNKNOWN;
}
