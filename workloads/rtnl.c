/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rtnl.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "load.h"

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

int rtnl_add_veth(struct nl *nl, const char *name, const char *peer)
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
	nl_nest_end(nl, other);
	nl_nest_end(nl, data);
	nl_nest_end(nl, info);
	return nl_talk(nl, NULL, NULL);
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
	r = load_read_file(path, text, sizeof text);
	return r < 0 ? r : text[0] == '1';
}
