/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/places.h"

#include <stdio.h>

enum { KEY_VMLINUX = 0x200, KEY_DEBUG_DIR, KEY_SYSTEM_MAP };

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct symbol_sources *from = state->input;

	switch (key) {
	case KEY_VMLINUX: from->vmlinux = arg; return 0;
	case KEY_DEBUG_DIR: from->debug_dir = arg; return 0;
	case KEY_SYSTEM_MAP: from->system_map = arg; return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option options[] = {
	{ "vmlinux", KEY_VMLINUX, "FILE", 0, "file:line and inlined functions, from its debug data",
	  0 },
	{ "debug-dir", KEY_DEBUG_DIR, "DIR", 0,
	  "the same of modules too: -dbg package, or build tree", 0 },
	{ "system-map", KEY_SYSTEM_MAP, "FILE", 0,
	  "names of bare addresses; is it the same kernel?", 0 },
	{ 0 },
};

static const struct argp argp = { options, parse_option, 0, 0, 0, 0, 0 };

const struct argp_child cmd_places_children[] = { { &argp, 0, NULL, 0 }, { 0 } };

int cmd_places_open(const struct symbol_sources *from, struct places **ret, struct err *err)
{
	*ret = NULL;
	if (!from->vmlinux && !from->debug_dir && !from->system_map)
		return 0;
	return places_open(from, ret, err);
}

void cmd_places_complain(const struct places *p, const char *log, size_t *said)
{
	const struct strv *all = places_complaints(p);

	for (; *said < all->n; ++*said)
		fprintf(stderr, "kernsoak: %s: %s\n", log, all->item[*said]);
}
