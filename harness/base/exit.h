/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The documented exit codes: kernsoak(1), section EXIT STATUS. */
#ifndef KS_BASE_EXIT_H
#define KS_BASE_EXIT_H

enum exit_code {
	EXIT_GOAL_MET = 0,        /* survived, or done as asked */
	EXIT_REPRODUCED = 10,     /* the target failed at least once */
	EXIT_DIFFER = 11,         /* arms differ */
	EXIT_INCONCLUSIVE = 12,   /* the budget ended before the question was answered */
	EXIT_BAD_END_LIVES = 13,  /* bisect: what should fail does not */
	EXIT_GOOD_END_FAILS = 14, /* bisect: what should live fails, too */
	EXIT_BAD_USAGE = 64,
	EXIT_BAD_SCENARIO = 65,
	EXIT_HOST_UNABLE = 69, /* no QEMU, no libvirt, no kernel to be had */
	EXIT_INTERNAL = 70,
	EXIT_CANNOT_WRITE = 73, /* the results' disk is full or read-only */
	EXIT_INFRA = 75,        /* trials were lost to the host */
	EXIT_TIME_LIMIT = 124,
	EXIT_SIGINT = 130,
	EXIT_SIGTERM = 143,
};

#endif
