/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a debugger can do with a file. */
#ifndef KS_SYMBOL_DEBUG_INFO_H
#define KS_SYMBOL_DEBUG_INFO_H

#include "base/err.h"
#include "base/macro.h"

enum debug_info {
	DEBUG_NONE,    /* no ELF, or one that knows no names */
	DEBUG_SYMBOLS, /* names of functions */
	DEBUG_LINES,   /* DWARF: types and lines, too */
};

enum debug_info debug_info_of(const char *path);

#endif
