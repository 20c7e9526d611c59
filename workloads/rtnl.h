/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Links and addresses for the loads that need a network. All: 0, or -errno as the kernel gave it.
 */
#ifndef KS_WORKLOADS_RTNL_H
#define KS_WORKLOADS_RTNL_H

#include <stdbool.h>
#include <sys/types.h>

#include "nl.h"

int rtnl_add_link(struct nl *nl, const char *name, const char *kind);
int rtnl_add_veth(struct nl *nl, const char *name, const char *peer);
/* The peer in the network namespace that the descriptor stands for; -1: in ours. */
int rtnl_add_veth_into(struct nl *nl, const char *name, const char *peer, int netns);
int rtnl_del_link(struct nl *nl, const char *name);
int rtnl_set_mtu(struct nl *nl, const char *name, uint32_t mtu);
/* Into the network namespace of that process. */
int rtnl_move_link(struct nl *nl, const char *name, pid_t pid);
int rtnl_set_master(struct nl *nl, const char *name, const char *master);
/* Of a bridge's port: frames may leave by the port that they came from. */
int rtnl_set_hairpin(struct nl *nl, const char *name, bool on);
int rtnl_set_promiscuous(struct nl *nl, const char *name);
int rtnl_set_up(struct nl *nl, const char *name);
int rtnl_set_carrier(struct nl *nl, const char *name, bool on);
int rtnl_add_address(struct nl *nl, const char *name, const char *ipv4, unsigned prefix_len);

int rtnl_add_address6(struct nl *nl, const char *name, const char *ipv6, unsigned prefix_len);
/* For ever, in place of any other. The address in network byte order. */
int rtnl_add_neighbour(struct nl *nl, const char *name, uint32_t ipv4, const unsigned char mac[6]);

/* A rule that sends what comes in by `from_link` (NULL: all) and goes to `to` (NULL: anywhere) to
 * the table; of IPv4. */
struct rtnl_prefix {
	uint32_t ipv4; /* network byte order */
	uint8_t len;
};
int rtnl_rule(struct nl *nl, bool add, uint32_t priority, uint32_t table, const char *from_link,
	      const struct rtnl_prefix *to);

/* Whether the link has a carrier: 0, 1, or -errno (a link that is down has no answer). */
int rtnl_carrier(const char *name);

#endif
