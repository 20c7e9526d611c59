/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A fuzz target is one function; this gives it a main that replays files, for `make check`.
 * With libFuzzer, which brings its own: clang -fsanitize=fuzzer -DKERNSOAK_LIBFUZZER ...
 */
#ifndef KS_TESTS_FUZZ_H
#define KS_TESTS_FUZZ_H

#include <fcntl.h>
#include <stdio.h>

#include "base/fs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

#ifndef KERNSOAK_LIBFUZZER
int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		_cleanup_buf_ struct buf file = BUF_INIT;
		struct err err = { 0 };

		if (fs_read(AT_FDCWD, argv[i], 64 << 20, &file, &err) < 0) {
			fprintf(stderr, "%s\n", err.msg);
			return 1;
		}
		LLVMFuzzerTestOneInput((const uint8_t *)buf_str(&file), file.len);
	}
	return 0;
}
#endif

#endif
