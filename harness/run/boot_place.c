/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "run/boot_place.h"

#include <math.h>
#include <stdio.h>

#include "base/fs.h"

enum { BOOT_BYTES = 4 << 20 }; /* of console; boots take some 40 KiB */

static void place(const struct buf *console, struct sighting *s)
{
	const char *line, *end;
	char stamp[40];

	if (isnan(s->guest_s))
		return;
	snprintf(stamp, sizeof(stamp), "[%12.6f]", s->guest_s);
	line = memmem(console->data, console->len, stamp, strlen(stamp));
	if (!line)
		return;
	end = memchr(line, '\n', console->len - (size_t)(line - console->data));
	s->offset = (uint64_t)(line - console->data);
	s->end = end ? (uint64_t)(end + 1 - console->data) : console->len;
}

void boot_place(int dirfd, struct witness *w)
{
	_cleanup_buf_ struct buf console = BUF_INIT;

	if (dirfd < 0 || !w->n_boot_errors)
		return;
	fs_read_part(dirfd, "console.log", 0, BOOT_BYTES, &console);
	for (size_t i = 0; i < w->n_boot_errors; i++)
		place(&console, &w->boot_error[i]);
	w->facts.sighting = w->boot_error[0];
}
