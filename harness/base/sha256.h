/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SHA-256 (FIPS 180-4): checks what was downloaded, and names cache entries by their content. */
#ifndef KS_BASE_SHA256_H
#define KS_BASE_SHA256_H

#include "base/err.h"

#define SHA256_HEX 65 /* 64 lower-case digits and the NUL */

struct sha256 {
	uint32_t state[8];
	uint64_t total; /* bytes so far */
	unsigned char block[64];
};

void sha256_init(struct sha256 *s);
void sha256_add(struct sha256 *s, const void *data, size_t n);
void sha256_str(struct sha256 *s, const char *str);      /* with its NUL */
void sha256_hex(struct sha256 *s, char ret[SHA256_HEX]); /* ends the sum */

/* Of a whole file, as hexadecimal digits. */
int sha256_file(int dirfd, const char *name, char ret[SHA256_HEX], struct err *err);

#endif
