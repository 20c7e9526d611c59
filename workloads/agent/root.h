/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An image whose root is a disk: the initramfs has /etc/root-disk, which says so, and this program
 * and the loads go on in the disk's tree.
 */
#ifndef KS_AGENT_ROOT_H
#define KS_AGENT_ROOT_H

#include <stdbool.h>
#include <stddef.h>

/* Of the initramfs: "disk SERIAL", then "module NAME" for each to load from there on. */
#define ROOT_FILE "/etc/root-disk"

/* Where the disk itself is seen, as it was built, read-only. */
#define ROOT_BELOW "/run/kernsoak/root"

/*
 * Mounts the disk and a tmpfs over it, takes /proc, /sys, /dev, /run, /tmp, /loads and /lib/modules
 * along, and makes it the root. Modules must be ready to be loaded. Without ROOT_FILE nothing is
 * done. 0, or -1 with a sentence in `why`: then the root is the initramfs still.
 */
int root_enter(char *why, size_t why_size);

#endif
