/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What PID 1 does once, before it speaks: a usable system around it, and a strong one beneath it.
 */
#ifndef KS_AGENT_BOOT_H
#define KS_AGENT_BOOT_H

#include <stdint.h>

/* /proc, /sys, /dev and the rest. What is optional may fail: the kernel may lack it. */
void boot_mounts(void);

/* Descriptors 0 to 2 become /dev/null: ttyS0 belongs to the kernel's own messages. */
void boot_silence(void);

/* Links in /bin for the applets of /bin/busybox, where no program of that name is in the image. */
void boot_applets(void);

/* Heartbeats must outlive what the loads do: real-time, locked in memory, not for the OOM killer.
 */
void boot_harden(void);

/* A child that was forked from the hardened agent becomes an ordinary process again. */
void boot_soften(void);

/*
 * Adds what the seed determines to the kernel's entropy: a guest restored from a snapshot would
 * draw the same random numbers as its siblings (measured: 8 of 8 did). 0 or -errno.
 */
int boot_reseed(uint64_t seed);

#endif
