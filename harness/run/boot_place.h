/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Boot errors come from the guest's /dev/kmsg: where they stand on the serial console. */
#ifndef KS_RUN_BOOT_PLACE_H
#define KS_RUN_BOOT_PLACE_H

#include "run/witness.h"

/* Gives the witness's boot errors, and the one that decides, their bytes of the folder's
 * console.log: of the line with their time stamp. What is not found there keeps none. */
void boot_place(int dirfd, struct witness *w);

#endif
