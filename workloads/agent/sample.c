/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sample.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const meminfo_keys[] = {
	"MemTotal",     "MemFree",    "MemAvailable", "Buffers",    "Cached",    "SwapTotal",
	"SwapFree",     "Active",     "Inactive",     "Dirty",      "Writeback", "AnonPages",
	"Mapped",       "Shmem",      "Slab",         "SUnreclaim", "Percpu",    "KernelStack",
	"SReclaimable", "PageTables", NULL,
};

static const char *const vmstat_keys[] = {
	"pgscan_kswapd",
	"pgscan_direct",
	"pgsteal_kswapd",
	"pgsteal_direct",
	"pgfault",
	"pgmajfault",
	"pswpin",
	"pswpout",
	"allocstall_dma32",
	"slabs_scanned",
	"allocstall_normal",
	"allocstall_movable",
	"compact_stall",
	"kswapd_low_wmark_hit_quickly",
	"oom_kill",
	NULL,
};

/* Of a cpuN line of /proc/stat, by position. */
static const char *const stat_keys[] = {
	"user", NULL, "system", "idle", "iowait", "irq", "softirq", "steal",
};

static const char *const resources[] = { "cpu", "memory", "io", NULL };

static bool wanted(const char *const *keys, const char *key, size_t len)
{
	for (; *keys; keys++)
		if (strncmp(*keys, key, len) == 0 && !(*keys)[len])
			return true;
	return false;
}

static const char *next_line(const char *line)
{
	line += strcspn(line, "\n");
	return *line ? line + 1 : line;
}

static void pairs(struct wire *w, const char *text, const char *prefix, const char *const *keys)
{
	for (const char *line = text; *line; line = next_line(line)) {
		size_t n = strcspn(line, ": \n");
		char *end, name[64];

		if (!wanted(keys, line, n))
			continue;
		unsigned long long v = strtoull(line + n + strspn(line + n, ": "), &end, 10);
		if (strncmp(end, " kB", 3) == 0)
			v *= 1024;
		snprintf(name, sizeof name, "%s%.*s", prefix, (int)n, line);
		wire_u64(w, name, v);
	}
}

void sample_meminfo(struct wire *w, const char *text)
{
	pairs(w, text, "mem.", meminfo_keys);
}

void sample_vmstat(struct wire *w, const char *text)
{
	pairs(w, text, "vm.", vmstat_keys);
}

static void cpu_line(struct wire *w, const char *line)
{
	size_t n = strcspn(line, " ");
	char *at = (char *)line + n;

	for (size_t i = 0; i < sizeof stat_keys / sizeof *stat_keys; i++) {
		char name[64], *end;
		unsigned long long v = strtoull(at, &end, 10);

		if (end == at)
			return;
		at = end;
		snprintf(name, sizeof name, "%.*s.%s", (int)n, line,
			 stat_keys[i] ? stat_keys[i] : "");
		if (stat_keys[i])
			wire_u64(w, name, v);
	}
}

void sample_stat(struct wire *w, const char *text)
{
	for (const char *line = text; *line; line = next_line(line))
		if (strncmp(line, "cpu", 3) == 0 && line[3] >= '0' && line[3] <= '9')
			cpu_line(w, line);
}

void sample_pressure(struct wire *w, const char *resource, const char *text)
{
	for (const char *line = text; *line; line = next_line(line)) {
		size_t n = strcspn(line, " \n"), len = strcspn(line, "\n");
		const char *total = memmem(line, len, " total=", 7);
		char name[64];

		if (!total)
			continue;
		snprintf(name, sizeof name, "psi.%s.%.*s", resource, (int)n, line);
		wire_u64(w, name, strtoull(total + 7, NULL, 10));
	}
}

static int meminfo_fd = -1, vmstat_fd = -1, stat_fd = -1, psi_fd[3] = { -1, -1, -1 };

void sample_init(void)
{
	meminfo_fd = open("/proc/meminfo", O_RDONLY | O_CLOEXEC);
	vmstat_fd = open("/proc/vmstat", O_RDONLY | O_CLOEXEC);
	stat_fd = open("/proc/stat", O_RDONLY | O_CLOEXEC);
	for (size_t i = 0; resources[i]; i++) {
		char path[64];

		snprintf(path, sizeof path, "/proc/pressure/%s", resources[i]);
		psi_fd[i] = open(path, O_RDONLY | O_CLOEXEC);
	}
}

/* "" where there is no such file: its keys are left out then. */
static const char *text_of(int fd)
{
	static char text[65536];
	size_t n = 0;
	ssize_t r;

	while (fd >= 0 && n < sizeof text - 1 &&
	       (r = pread(fd, text + n, sizeof text - 1 - n, (off_t)n)) > 0)
		n += (size_t)r;
	text[n] = 0;
	return text;
}

static uint64_t every_s = 1;

int sample_setup(const char *tokens, char *said, size_t size)
{
	char every[24];

	said[0] = 0;
	if (wire_get(tokens, "every", every, sizeof every) == 0 &&
	    wire_number(every, &every_s) == 0)
		return 0;
	snprintf(said, size, "samples: no number");
	return -1;
}

bool sample_due(uint64_t second)
{
	return every_s && second % every_s == 0;
}

void sample_take(struct wire *w)
{
	sample_meminfo(w, text_of(meminfo_fd));
	sample_vmstat(w, text_of(vmstat_fd));
	for (size_t i = 0; resources[i]; i++)
		sample_pressure(w, resources[i], text_of(psi_fd[i]));
	sample_stat(w, text_of(stat_fd)); /* last: with very many CPUs it is what may not fit */
}
