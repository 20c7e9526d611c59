/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What was written is what tests/golden has under that name; KERNSOAK_BLESS=1 writes it anew. */
#ifndef KS_TESTS_GOLDEN_H
#define KS_TESTS_GOLDEN_H

#include <fcntl.h>
#include <stdlib.h>

#include "base/fs.h"

static inline void same_as_golden(const char *name, const struct buf *got)
{
	_cleanup_close_ int dir = open("tests/golden", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_cleanup_buf_ struct buf want = BUF_INIT;
	struct err err = { 0 };

	if (getenv("KERNSOAK_BLESS"))
		assert_ok(fs_write(dir, name, buf_str(got), got->len, &err));
	assert_ok(fs_read(dir, name, 1 << 20, &want, &err));
	assert_string_equal(buf_str(got), buf_str(&want));
}

#endif
