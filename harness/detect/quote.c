/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "detect/quote.h"

#include <ctype.h>

void quote_append(char dst[static TITLE_LEN], size_t *n, const char *s)
{
	while (*s && *n + 5 < TITLE_LEN) {
		size_t hex = strspn(s, "0123456789abcdefABCDEF"), dec = strspn(s, "0123456789");
		bool fresh =
			*n == 0 || !(isalnum((unsigned char)dst[*n - 1]) || dst[*n - 1] == '_');
		const char *as = NULL;
		size_t taken = 1;

		if (strncmp(s, "+0x", 3) == 0) {
			taken = 3 + strspn(s + 3, "0123456789abcdefx/");
			as = "";
		} else if (fresh && strncmp(s, "0x", 2) == 0) {
			taken = 2 + strspn(s + 2, "0123456789abcdefABCDEF");
			as = "ADDR";
		} else if (fresh && hex >= 8 && !isalnum((unsigned char)s[hex])) {
			taken = hex;
			as = "ADDR";
		} else if (fresh && dec > 0 && !isalnum((unsigned char)s[dec])) {
			taken = dec;
			as = "NUM";
		}
		if (!as)
			dst[(*n)++] = *s;
		else
			while (*as)
				dst[(*n)++] = *as++;
		s += taken;
	}
}
