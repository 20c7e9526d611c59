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

enum severity signature_severity(const struct signature *sig)
{
	return sig->severity ? (enum severity)(sig->severity - 1)
			     : crash_info(sig->class)->severity;
}
