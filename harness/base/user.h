/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whom root becomes before it deals with guests. */
#ifndef KS_BASE_USER_H
#define KS_BASE_USER_H

#include <pwd.h>

/* $KERNSOAK_USER, else libvirt-qemu, else nobody; NULL where there is none. As getpwnam(3): static.
 */
const struct passwd *user_of_guests(void);

#endif
