/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Kernel modules by finit_module(2). /lib/modules/load-order says what the image holds: a line
 * `NAME FILE dep,dep` a module, the file below /lib/modules/RELEASE, dependencies by name (none:
 * the third word is missing). A module that it does not name was built into the kernel: the image
 * is refused on the host when a module is neither.
 */
#ifndef KS_AGENT_MODULES_H
#define KS_AGENT_MODULES_H

#include <stddef.h>

#define MODULES_ORDER "/lib/modules/load-order"

enum module_result {
	MODULE_LOADED,
	MODULE_NOT_LISTED, /* taken to be built in */
	MODULE_FAILED,
};

/* Reads load-order. Without the file no module is listed. */
void modules_init(void);

/* Loads `name` (- and _ are the same) after what it needs. On failure `why` says which and how. */
enum module_result module_load(const char *name, char *why, size_t why_size);

/* The same, with parameters, "a=1 b=2", read back where /sys/module shows them; "" none. */
enum module_result module_load_with(const char *name, const char *args, char *why, size_t why_size);

#endif
