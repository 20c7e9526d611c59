/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sends datagrams through a device whose traffic control redirects its output to itself. Kernels
 * before 6.1.192 take the root lock of the htb queue twice, on one CPU, for ever: a soft lockup in
 * the spinlock's slow path. Later ones count how deep mirred has redirected, and drop. No race.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <linux/tc_act/tc_mirred.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "load.h"
#include "rtnl.h"

#define DEVICE     "mirred0" /* the module makes a dummy0 itself */
#define ADDRESS    "10.0.0.1"
#define NEIGHBOUR  "10.0.0.2"
#define ROOT       0x00010000u /* 1: */
#define CLASS      0x00010001u /* 1:1 */
#define RATE_BYTES 12500000u   /* 100 Mbit/s */
#define BURST      0x10000u    /* ticks of 64 ns */
#define PORT_THERE 9

static void check(int r, const char *what)
{
	if (r < 0)
		load_fail("%s: %s", what, strerror(-r));
}

static void begin(struct nl *nl, uint16_t type, struct tcmsg head, const char *kind)
{
	head.tcm_ifindex = (int)if_nametoindex(DEVICE);
	nl_begin(nl, type, NLM_F_CREATE | NLM_F_EXCL, &head, sizeof head);
	nl_put_text(nl, TCA_KIND, kind);
}

static int add_queue(struct nl *nl)
{
	struct tc_htb_glob glob = { .version = 3, .rate2quantum = 10, .defcls = 1 };
	struct nlattr *options;

	begin(nl, RTM_NEWQDISC, (struct tcmsg){ .tcm_parent = TC_H_ROOT, .tcm_handle = ROOT },
	      "htb");
	options = nl_nest(nl, TCA_OPTIONS);
	nl_put(nl, TCA_HTB_INIT, &glob, sizeof glob);
	nl_nest_end(nl, options);
	return nl_talk(nl, NULL, NULL);
}

static int add_class(struct nl *nl)
{
	const struct tc_ratespec rate = { .linklayer = TC_LINKLAYER_ETHERNET, .rate = RATE_BYTES };
	struct tc_htb_opt parms = { .rate = rate, .ceil = rate, .buffer = BURST, .cbuffer = BURST };
	struct nlattr *options;

	begin(nl, RTM_NEWTCLASS, (struct tcmsg){ .tcm_parent = ROOT, .tcm_handle = CLASS }, "htb");
	options = nl_nest(nl, TCA_OPTIONS);
	nl_put(nl, TCA_HTB_PARMS, &parms, sizeof parms);
	nl_nest_end(nl, options);
	return nl_talk(nl, NULL, NULL);
}

/* All that is IP goes out by the device once more. */
static int add_redirect(struct nl *nl)
{
	struct tc_mirred parms = { .action = TC_ACT_STOLEN, .eaction = TCA_EGRESS_REDIR };
	struct nlattr *options, *actions, *first, *own;

	parms.ifindex = if_nametoindex(DEVICE);
	begin(nl, RTM_NEWTFILTER,
	      (struct tcmsg){ .tcm_parent = ROOT, .tcm_info = 1u << 16 | htons(ETH_P_IP) },
	      "matchall");
	options = nl_nest(nl, TCA_OPTIONS);
	actions = nl_nest(nl, TCA_MATCHALL_ACT);
	first = nl_nest(nl, 1);
	nl_put_text(nl, TCA_ACT_KIND, "mirred");
	own = nl_nest(nl, TCA_ACT_OPTIONS);
	nl_put(nl, TCA_MIRRED_PARMS, &parms, sizeof parms);
	nl_nest_end(nl, own);
	nl_nest_end(nl, first);
	nl_nest_end(nl, actions);
	nl_nest_end(nl, options);
	return nl_talk(nl, NULL, NULL);
}

static void make_device(struct nl *nl)
{
	static const unsigned char mac[6] = { 2, 0, 0, 0, 0, 2 };

	check(rtnl_add_link(nl, DEVICE, "dummy"), DEVICE);
	check(rtnl_add_address(nl, DEVICE, ADDRESS, 24), "the address " ADDRESS);
	check(rtnl_set_up(nl, DEVICE), DEVICE " up");
	check(rtnl_add_neighbour(nl, DEVICE, inet_addr(NEIGHBOUR), mac), "the neighbour");
	check(add_queue(nl), "the queue htb");
	check(add_class(nl), "its class");
	check(add_redirect(nl), "the filter that redirects to itself");
}

int main(int argc, char **argv)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(PORT_THERE) };
	static const char bytes[56];
	struct nl nl;

	load_init(argc, argv);
	uint64_t pause_ns = load_param_u64("pause");
	check(nl_open(&nl, NETLINK_ROUTE), "netlink");
	make_device(&nl);
	to.sin_addr.s_addr = inet_addr(NEIGHBOUR);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) < 0)
		load_fail("no socket to " NEIGHBOUR ": %s", strerror(errno));
	load_armed(DEVICE " has a queue that redirects to itself, and a route to " NEIGHBOUR);
	load_wait_go();
	for (uint64_t n = 1;; n++) {
		load_count(n);
		load_pause_about(pause_ns);
		/* A kernel that drops what went round too often may say so: that is no failure. */
		if (send(fd, bytes, sizeof bytes, 0) < 0 && errno != ENOBUFS && errno != EPERM &&
		    errno != ECONNREFUSED)
			load_fail("a datagram through " DEVICE ": %s", strerror(errno));
	}
}
