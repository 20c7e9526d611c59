/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who the guest is, as the tokens of its `hello`. */
#ifndef KS_AGENT_HELLO_H
#define KS_AGENT_HELLO_H

#include "../wire.h"

void hello_take(struct wire *w, uint64_t up_ns);

#endif
