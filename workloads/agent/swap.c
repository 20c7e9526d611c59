/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "swap.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/swap.h>
#include <unistd.h>

#include "../kfile.h"
#include "../wire.h"
#include "disks.h"
#include "sysctl.h"

#define SWAP_SERIAL "kernsoak-swap" /* of the disk that the host adds */
#define SWAP_MAGIC  "SWAPSPACE2"
#define ZRAM        "/sys/block/zram0/"

struct swap {
	char on[8], file[256], algorithm[32], path[280];
	uint64_t bytes;
};

/* Within the first page: 1 KiB for a boot loader, version, last page, bad pages. */
struct swap_info {
	char boot[1024];
	uint32_t version, last_page, bad_pages;
};

static int broken(char *said, size_t size, const char *what, const char *path, int error)
{
	snprintf(said, size, "swap: %s %s: %s", what, path, strerror(error));
	return -1;
}

void swap_header(void *page_of_bytes, size_t page, uint64_t bytes)
{
	struct swap_info info = { .version = 1, .last_page = (uint32_t)(bytes / page - 1) };

	memset(page_of_bytes, 0, page);
	memcpy(page_of_bytes, &info, sizeof info);
	memcpy((char *)page_of_bytes + page - strlen(SWAP_MAGIC), SWAP_MAGIC, strlen(SWAP_MAGIC));
}

int swap_active(const char *swaps, const char *path, uint64_t *ret_bytes)
{
	const size_t n = strlen(path);
	unsigned long long kib;

	while ((swaps = strchr(swaps, '\n'))) { /* behind the heading */
		swaps++;
		if (strncmp(swaps, path, n) == 0 && (swaps[n] == ' ' || swaps[n] == '\t') &&
		    sscanf(swaps + n, " %*s %llu", &kib) == 1) {
			*ret_bytes = kib * 1024;
			return 0;
		}
	}
	return -1;
}

static int read_swap(const char *tokens, struct swap *s)
{
	char bytes[24];

	return wire_get(tokens, "on", s->on, sizeof s->on) < 0 ||
			       wire_get(tokens, "bytes", bytes, sizeof bytes) < 0 ||
			       wire_number(bytes, &s->bytes) < 0 ||
			       wire_get(tokens, "file", s->file, sizeof s->file) < 0 ||
			       wire_get(tokens, "algorithm", s->algorithm, sizeof s->algorithm) < 0
		       ? -1
		       : 0;
}

/* All blocks at once and, on btrfs, never copied: the kernel swaps to the blocks themselves. */
static int make_file(struct swap *s, char *said, size_t size)
{
	int nocow = FS_NOCOW_FL;
	int fd = open(s->file, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	snprintf(s->path, sizeof s->path, "%s", s->file);
	if (fd < 0)
		return broken(said, size, "cannot make", s->file, errno);
	ioctl(fd, FS_IOC_SETFLAGS, &nocow); /* only btrfs knows it */
	int r = posix_fallocate(fd, 0, (off_t)s->bytes);
	close(fd);
	return r ? broken(said, size, "no room for", s->file, r) : 0;
}

static int find_disk(struct swap *s, char *said, size_t size)
{
	char name[32];

	if (disk_find("/sys/block", SWAP_SERIAL, name, sizeof name) < 0)
		return broken(said, size, "no disk", SWAP_SERIAL, ENODEV);
	snprintf(s->path, sizeof s->path, "/dev/%s", name);
	return 0;
}

static int make_zram(struct swap *s, char *said, size_t size)
{
	char number[24], why[512];

	snprintf(s->path, sizeof s->path, "/dev/zram0");
	snprintf(number, sizeof number, "%llu", (unsigned long long)s->bytes);
	if (sysctl_set(ZRAM "comp_algorithm", s->algorithm, why, sizeof why) < 0) {
		char known[256];

		kfile_read(ZRAM "comp_algorithm", known, sizeof known);
		known[strcspn(known, "\n")] = 0;
		snprintf(said, size, "swap: this kernel's zram cannot do %s, only %s", s->algorithm,
			 known[0] ? known : "nothing: there is no zram0");
		return -1;
	}
	if (sysctl_set(ZRAM "disksize", number, why, sizeof why) < 0) {
		snprintf(said, size, "swap: %s", why);
		return -1;
	}
	return 0;
}

static int write_header(const struct swap *s, char *said, size_t size)
{
	static char page[65536];
	size_t n = (size_t)sysconf(_SC_PAGESIZE);
	int fd = open(s->path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || n > sizeof page)
		return broken(said, size, "cannot write to", s->path, errno);
	swap_header(page, n, s->bytes);
	ssize_t written = pwrite(fd, page, n, 0);
	int error = written < 0 ? errno : 0;
	if (fsync(fd) < 0 && !error)
		error = errno;
	close(fd);
	return error ? broken(said, size, "cannot write to", s->path, error) : 0;
}

static int check_swap(const struct swap *s, char *said, size_t size)
{
	char swaps[4096];
	uint64_t now;

	if (kfile_read("/proc/swaps", swaps, sizeof swaps) < 0 ||
	    swap_active(swaps, s->path, &now) < 0) {
		snprintf(said, size, "swap: /proc/swaps does not show %s", s->path);
		return -1;
	}
	if (now + (uint64_t)sysconf(_SC_PAGESIZE) != s->bytes) { /* less its header */
		snprintf(said, size, "swap: asked for %llu bytes, /proc/swaps says %llu",
			 (unsigned long long)s->bytes, (unsigned long long)now);
		return -1;
	}
	snprintf(said, size, "swap: %s, %llu bytes%s%s", s->path, (unsigned long long)now,
		 strcmp(s->on, "zram") == 0 ? ", " : "",
		 strcmp(s->on, "zram") == 0 ? s->algorithm : "");
	return 0;
}

int swap_setup(const char *tokens, char *said, size_t size)
{
	struct swap s;
	int r;

	if (read_swap(tokens, &s) < 0) {
		snprintf(said, size, "swap: a token is missing");
		return -1;
	}
	r = strcmp(s.on, "zram") == 0   ? make_zram(&s, said, size)
	    : strcmp(s.on, "file") == 0 ? make_file(&s, said, size)
					: find_disk(&s, said, size);
	if (r == 0)
		r = write_header(&s, said, size);
	if (r == 0 && swapon(s.path, 0) < 0)
		r = broken(said, size, "swapon", s.path, errno);
	return r < 0 ? r : check_swap(&s, said, size);
}
