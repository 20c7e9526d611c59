/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rtnl.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "kfile.h"

static const struct ifinfomsg no_link = { .ifi_family = AF_UNSPEC };

int rtnl_add_link(struct nl *nl, const char *name, const char *kind)
{
	struct nlattr *info;

	nl_begin(nl, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &no_link, sizeof no_link);
	nl_put_text(nl, IFLA_IFNAME, name);
	info = nl_nest(nl, IFLA_LINKINFO);
	nl_put(nl, IFLA_INFO_KIND, kind, strlen(kind));
	nl_nest_end(nl, info);
	return nl_talk(nl, NULL, NULL);
}

int rtnl_add_veth_into(struct nl *nl, const char *name, const char *peer, int netns)
{
	struct nlattr *info, *data, *other;

	nl_begin(nl, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &no_link, sizeof no_link);
	nl_put_text(nl, IFLA_IFNAME, name);
	info = nl_nest(nl, IFLA_LINKINFO);
	nl_put(nl, IFLA_INFO_KIND, "veth", 4);
	data = nl_nest(nl, IFLA_INFO_DATA);
	other = nl_nest(nl, VETH_INFO_PEER);
	memcpy(nl_room(nl, sizeof no_link), &no_link, sizeof no_link);
	nl_put_text(nl, IFLA_IFNAME, peer);
	if (netns >= 0)
		nl_put_u32(nl, IFLA_NET_NS_FD, (uint32_t)netns);
	nl_nest_end(nl, other);
	nl_nest_end(nl, data);
	nl_nest_end(nl, info);
	return nl_talk(nl, NULL, NULL);
}

int rtnl_add_veth(struct nl *nl, const char *name, const char *peer)
{
	return rtnl_add_veth_into(nl, name, peer, -1);
}

int rtnl_set_up(struct nl *nl, const char *name)
{
	struct ifinfomsg up = { .ifi_flags = IFF_UP, .ifi_change = IFF_UP };

	nl_begin(nl, RTM_NEWLINK, 0, &up, sizeof up);
	nl_put_text(nl, IFLA_IFNAME, name);
	return nl_talk(nl, NULL, NULL);
}

int rtnl_set_carrier(struct nl *nl, const char *name, bool on)
{
	uint8_t v = on;

	nl_begin(nl, RTM_NEWLINK, 0, &no_link, sizeof no_link);
	nl_put_text(nl, IFLA_IFNAME, name);
	nl_put(nl, IFLA_CARRIER, &v, sizeof v);
	return nl_talk(nl, NULL, NULL);
}

int rtnl_add_address(struct nl *nl, const char *name, const char *ipv4, unsigned prefix_len)
{
	struct ifaddrmsg head = { .ifa_family = AF_INET, .ifa_prefixlen = (uint8_t)prefix_len };
	struct in_addr address;

	head.ifa_index = if_nametoindex(name);
	if (!head.ifa_index)
		return -ENODEV;
	if (inet_pton(AF_INET, ipv4, &address) != 1)
		return -EINVAL;
	nl_begin(nl, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, &head, sizeof head);
	nl_put(nl, IFA_LOCAL, &address, sizeof address);
	nl_put(nl, IFA_ADDRESS, &address, sizeof address);
	return nl_talk(nl, NULL, NULL);
}

int rtnl_carrier(const char *name)
{
	char path[128], text[8];
	int r;

	snprintf(path, sizeof path, "/sys/class/net/%s/carrier", name);
	r = kfile_line(path, text, sizeof text);
	return r < 0 ? r : text[0] == '1';
}
int rtnl_del_link(struct nl *nl, const char *name)
{
	nl_begin(nl, RTM_DELLINK, 0, &no_link, sizeof no_link);
	nl_put_text(nl, IFLA_IFNAME, name);
	return nl_talk(nl, NULL, NULL);
}

int rtnl_set_master(struct nl *nl, const char *name, const char *master)
{
	uint32_t index = if_nametoindex(master);

	if (!index)
		return -ENODEV;
	nl_begin(nl, RTM_NEWLINK, 0, &no_link, sizeof no_link);
	nl_put_text(nl, IFLA_IFNAME, name);
	nl_put_u32(nl, IFLA_MASTER, index);
	return nl_talk(nl, NULL, NULL);
}

int rtnl_set_mtu(struct nl *nl, const char *name, uint32_t mtu)
{
	nl_begin(nl, RTM_NEWLINK, 0, &no_link, sizeof no_link);
	nl_put_text(nl, IFLA_IFNAME, name);
	nl_put_u32(nl, IFLA_MTU, mtu);
	return nl_talk(nl, NULL, NULL);
}

int rtnl_move_link(struct nl *nl, const char *name, pid_t pid)
{
	nl_begin(nl, RTM_NEWLINK, 0, &no_link, sizeof no_link);
	nl_put_text(nl, IFLA_IFNAME, name);
	nl_put_u32(nl, IFLA_NET_NS_PID, (uint32_t)pid);
	return nl_talk(nl, NULL, NULL);
}

int rtnl_set_hairpin(struct nl *nl, const char *name, bool on)
{
	struct nlattr *info, *data;
	uint8_t v = on;

	nl_begin(nl, RTM_NEWLINK, 0, &no_link, sizeof no_link);
	nl_put_text(nl, IFLA_IFNAME, name);
	info = nl_nest(nl, IFLA_LINKINFO);
	nl_put(nl, IFLA_INFO_SLAVE_KIND, "bridge", 6);
	data = nl_nest(nl, IFLA_INFO_SLAVE_DATA);
	nl_put(nl, IFLA_BRPORT_MODE, &v, sizeof v);
	nl_nest_end(nl, data);
	nl_nest_end(nl, info);
	return nl_talk(nl, NULL, NULL);
}

int rtnl_set_promiscuous(struct nl *nl, const char *name)
{
	struct ifinfomsg on = { .ifi_flags = IFF_PROMISC, .ifi_change = IFF_PROMISC };

	nl_begin(nl, RTM_NEWLINK, 0, &on, sizeof on);
	nl_put_text(nl, IFLA_IFNAME, name);
	return nl_talk(nl, NULL, NULL);
}

int rtnl_add_address6(struct nl *nl, const char *name, const char *ipv6, unsigned prefix_len)
{
	struct ifaddrmsg head = { .ifa_family = AF_INET6, .ifa_prefixlen = (uint8_t)prefix_len };
	struct in6_addr address;

	head.ifa_index = if_nametoindex(name);
	if (!head.ifa_index)
		return -ENODEV;
	if (inet_pton(AF_INET6, ipv6, &address) != 1)
		return -EINVAL;
	nl_begin(nl, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, &head, sizeof head);
	nl_put(nl, IFA_LOCAL, &address, sizeof address);
	nl_put(nl, IFA_ADDRESS, &address, sizeof address);
	return nl_talk(nl, NULL, NULL);
}

int rtnl_add_neighbour(struct nl *nl, const char *name, uint32_t ipv4, const unsigned char mac[6])
{
	struct ndmsg head = { .ndm_family = AF_INET, .ndm_state = NUD_PERMANENT };

	head.ndm_ifindex = (int)if_nametoindex(name);
	nl_begin(nl, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, &head, sizeof head);
	nl_put(nl, NDA_DST, &ipv4, sizeof ipv4);
	nl_put(nl, NDA_LLADDR, mac, 6);
	return nl_talk(nl, NULL, NULL);
}

int rtnl_rule(struct nl *nl, bool add, uint32_t priority, uint32_t table, const char *from_link,
	      const struct rtnl_prefix *to)
{
	struct fib_rule_hdr head = { .family = AF_INET, .action = FR_ACT_TO_TBL };

	head.table = (uint8_t)table;
	head.dst_len = to ? to->len : 0;
	nl_begin(nl, add ? RTM_NEWRULE : RTM_DELRULE, add ? NLM_F_CREATE | NLM_F_EXCL : 0, &head,
		 sizeof head);
	nl_put_u32(nl, FRA_PRIORITY, priority);
	nl_put_u32(nl, FRA_TABLE, table);
	if (from_link)
		nl_put_text(nl, FRA_IIFNAME, from_link);
	if (to)
		nl_put_u32(nl, FRA_DST, to->ipv4);
	return nl_talk(nl, NULL, NULL);
}
