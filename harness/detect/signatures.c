/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "detect/signatures.h"

static const struct signature table[] = {
#define ROW(...) { __VA_ARGS__ },
#include "detect/signatures.def"
#undef ROW
};

const struct signature *signature_nth(size_t i)
{
	return i < ARRAY_SIZE(table) ? &table[i] : NULL;
}

const char *signature_word(size_t i)
{
	for (size_t row = 0; row < ARRAY_SIZE(table); row++)
		if (table[row].class != CRASH_NONE && i-- == 0)
			return table[row].name;
	return NULL;
}

enum severity signature_severity(const struct signature *sig)
{
	return sig->severity ? (enum severity)(sig->severity - 1)
			     : crash_info(sig->class)->severity;
}
