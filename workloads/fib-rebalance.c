/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Replaces a two-path route whose next hops are dead while another thread toggles whether dead next
 * hops count. fib_rebalance() reads that setting twice; kernels before 6.1.192 and 6.12.115 divide
 * by the total weight of no next hop when it changes in between: divide error, about one replace in
 * ten on a quiet host.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "kfile.h"
#include "load.h"
#include "rtnl.h"

#define SETTING   "/proc/sys/net/ipv4/conf/all/ignore_routes_with_linkdown"
#define PATHS     2
#define ROUTE     "10.77.0.0"
#define ROUTE_LEN 24

static const struct path {
	const char *link, *peer, *address, *gateway;
} paths[PATHS] = {
	{ "d0", "p0", "10.1.0.1", "10.1.0.2" },
	{ "d1", "p1", "10.1.1.1", "10.1.1.2" },
};

static struct in_addr ip(const char *text)
{
	struct in_addr a;

	if (inet_pton(AF_INET, text, &a) != 1)
		load_fail("%s is no address", text);
	return a;
}

/* The link is up and its peer is down: it has no carrier, so its next hops are dead. */
static void make_path(struct nl *nl, const struct path *p)
{
	int r = rtnl_add_veth(nl, p->link, p->peer);

	if (r < 0)
		load_fail("veth %s: %s", p->link, strerror(-r));
	r = rtnl_set_up(nl, p->link);
	if (r < 0)
		load_fail("%s up: %s", p->link, strerror(-r));
	r = rtnl_add_address(nl, p->link, p->address, 24);
	if (r < 0)
		load_fail("%s address: %s", p->link, strerror(-r));
	r = rtnl_carrier(p->link);
	if (r != 0)
		load_fail("%s has a carrier though its peer is down (%d)", p->link, r);
}

static void put_next_hop(struct nl *nl, const struct path *p, uint8_t weight)
{
	struct rtnexthop *hop = nl_room(nl, sizeof *hop);
	struct in_addr gateway = ip(p->gateway);

	hop->rtnh_ifindex = (int)if_nametoindex(p->link);
	hop->rtnh_hops = (unsigned char)(weight - 1);
	hop->rtnh_flags = RTNH_F_ONLINK;
	nl_put(nl, RTA_GATEWAY, &gateway, sizeof gateway);
	hop->rtnh_len = (unsigned short)(nl_end(nl) - (char *)hop);
}

static int replace_route(struct nl *nl)
{
	struct rtmsg head = {
		.rtm_family = AF_INET,
		.rtm_dst_len = ROUTE_LEN,
		.rtm_table = RT_TABLE_MAIN,
		.rtm_protocol = RTPROT_STATIC,
		.rtm_scope = RT_SCOPE_UNIVERSE,
		.rtm_type = RTN_UNICAST,
	};
	struct in_addr to = ip(ROUTE);
	struct nlattr *multipath;

	nl_begin(nl, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, &head, sizeof head);
	nl_put(nl, RTA_DST, &to, sizeof to);
	multipath = nl_nest(nl, RTA_MULTIPATH);
	for (int i = 0; i < PATHS; i++)
		put_next_hop(nl, &paths[i], (uint8_t)(1 + load_random() % 100));
	nl_nest_end(nl, multipath);
	return nl_talk(nl, NULL, NULL);
}

/* Counts the dead next hops of our route in a dump of all routes. */
static void count_dead_hops(const struct nlmsghdr *m, void *arg)
{
	const struct rtmsg *head = NLMSG_DATA(m);
	size_t n = m->nlmsg_len - NLMSG_LENGTH(sizeof *head);
	const void *attrs = (const char *)head + NLMSG_ALIGN(sizeof *head);
	const struct nlattr *to, *multipath;
	struct in_addr ours = ip(ROUTE);
	int *dead = arg;

	if (m->nlmsg_type != RTM_NEWROUTE || head->rtm_dst_len != ROUTE_LEN)
		return;
	to = nl_find(attrs, n, RTA_DST);
	multipath = nl_find(attrs, n, RTA_MULTIPATH);
	if (!to || !multipath || memcmp(nl_data(to), &ours, sizeof ours) != 0)
		return;
	const struct rtnexthop *hop = nl_data(multipath);
	for (int left = (int)nl_len(multipath); left > 0 && RTNH_OK(hop, left);
	     left -= RTNH_ALIGN(hop->rtnh_len), hop = RTNH_NEXT(hop))
		*dead += (hop->rtnh_flags & RTNH_F_LINKDOWN) != 0;
}

static void prove_dead_hops(struct nl *nl)
{
	struct rtmsg head = { .rtm_family = AF_INET };
	int dead = 0, r;

	nl_begin(nl, RTM_GETROUTE, NLM_F_DUMP, &head, sizeof head);
	r = nl_talk(nl, count_dead_hops, &dead);
	if (r < 0)
		load_fail("dump of the routes: %s", strerror(-r));
	if (dead != PATHS)
		load_fail("%d of the route's %d next hops are dead, all must be", dead, PATHS);
}

static void prove_setting(const char *value)
{
	char is[8] = "";
	int r = kfile_write(SETTING, value);

	if (r == 0)
		r = kfile_line(SETTING, is, sizeof is);
	if (r < 0)
		load_fail(SETTING ": %s", strerror(-r));
	if (strcmp(is, value) != 0)
		load_fail(SETTING ": wrote %s, it reads %s", value, is);
}

static void *toggle(void *arg)
{
	int fd = open(SETTING, O_WRONLY | O_CLOEXEC);

	(void)arg;
	if (fd < 0)
		load_fail(SETTING ": %s", strerror(errno));
	for (;;)
		if (pwrite(fd, "1\n", 2, 0) != 2 || pwrite(fd, "0\n", 2, 0) != 2)
			load_fail(SETTING ": %s", strerror(errno));
	return NULL;
}

static void soak(struct nl *nl, uint64_t pause_ns)
{
	for (uint64_t n = 1;; n++) {
		load_count(n);
		load_pause_about(pause_ns);
		int r = replace_route(nl);
		if (r < 0)
			load_fail("replace %llu: %s", (unsigned long long)n, strerror(-r));
	}
}

int main(int argc, char **argv)
{
	struct nl nl;
	pthread_t thread;

	load_init(argc, argv);
	uint64_t pause_ns = load_param_u64("pause");
	bool toggles = load_param_bool("toggle");
	int r = nl_open(&nl, NETLINK_ROUTE);
	if (r < 0)
		load_fail("netlink: %s", strerror(-r));
	for (int i = 0; i < PATHS; i++)
		make_path(&nl, &paths[i]);
	prove_setting("1");
	prove_setting("0");
	r = replace_route(&nl);
	if (r < 0)
		load_fail("the first replace: %s", strerror(-r));
	prove_dead_hops(&nl);
	load_armed("both next hops of " ROUTE "/%d are dead, a replace worked, the setting %s",
		   ROUTE_LEN, toggles ? "toggles" : "stays 0");
	load_wait_go();
	if (toggles && pthread_create(&thread, NULL, toggle, NULL) != 0)
		load_fail("no thread for the toggler");
	soak(&nl, pause_ns);
}
