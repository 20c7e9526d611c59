/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Links and addresses for the loads that need a network. All: 0, or -errno as the kernel gave it.
 */
#ifndef KS_WORKLOADS_RTNL_H
#define KS_WORKLOADS_RTNL_H

#include <stdbool.h>

#include "nl.h"

int rtnl_add_link(struct nl *nl, const char *name, const char *kind);
int rtnl_add_veth(struct nl *nl, const char *name, const char *peer);
int rtnl_set_up(struct nl *nl, const char *name);
int rtnl_set_carrier(struct nl *nl, const char *name, bool on);
int rtnl_add_address(struct nl *nl, const char *name, const char *ipv4, unsigned prefix_len);

/* Whether the link has a carrier: 0, 1, or -errno (a link that is down has no answer). */
int rtnl_carrier(const char *name);

#endif
