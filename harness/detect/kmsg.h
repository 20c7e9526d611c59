/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What stands before the kernel's own text in a line: level, clock, caller, syslog's words. */
#ifndef KS_DETECT_KMSG_H
#define KS_DETECT_KMSG_H

#include "base/macro.h"

struct kmsg {
	int level;        /* 0-7; -1 none */
	double guest_s;   /* NaN none */
	uint64_t seq;     /* of kmsg and extended netconsole; TIME_NEVER none */
	char caller[16];  /* "T123", "C1" (CONFIG_PRINTK_CALLER); "" none */
	const char *text; /* the kernel's text, inside of the line */
	bool stamped;     /* it had a clock, a level or syslog's "kernel:": printk wrote it */
};

/*
 * Understands, in any combination: `<N>`, `[ts]`, `[ts][ T123]`, `N,seq,us,flags[,caller=T1];`
 * (kmsg and extended netconsole), syslog's date and host before `kernel:`, and text that was
 * already on the line ("login: [ 12.345678] BUG ..."). `line` is NUL-terminated and outlives ret.
 */
void kmsg_parse(const char *line, struct kmsg *ret);

#endif
