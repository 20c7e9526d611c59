/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What no single key of `guest` can tell. */
#ifndef KS_MODEL_GUEST_CHECK_H
#define KS_MODEL_GUEST_CHECK_H

#include "model/settings.h"

/* On -EINVAL the sentence has no position, and path[] says which key is to blame
 * ("guest.disks.data.size"). */
int guest_consistent(const struct settings *s, char path[static 128], struct err *err);

#endif
