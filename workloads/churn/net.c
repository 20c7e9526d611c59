/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A bridge with a port for each container. Where a container connects to its own service address,
 * the packets leave by its eth0, the bridge sends them back by the port they came from (hairpin),
 * and they are delivered: containers that talk to themselves by way of a service do so, and it is
 * what the people of the unregister_netdevice reports had in common.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../kfile.h"
#include "../load.h"
#include "../rtnl.h"
#include "churn.h"

#define GATEWAY       "10.200.0.1"
#define NETWORK       0x0ac80000u    /* 10.200.0.0/16: own addresses in its lower half */
#define SERVICE       0x00008000u    /* and the services' in the upper */
#define SHARED_IPV6   "fd00:c::dead" /* every container has it: duplicates to be detected */
#define SINK_KEPT     64
#define IPV6_DISABLED "/proc/sys/net/ipv6/conf/%s/disable_ipv6"

/* Numbers come round after 32 000; no two that live have the same. */
static uint32_t host_part(uint64_t number)
{
	return (uint32_t)(2 + number % 32000);
}

uint32_t net_own_address(uint64_t number)
{
	return htonl(NETWORK | host_part(number));
}

uint32_t net_service_address(uint64_t number)
{
	return htonl(NETWORK | SERVICE | host_part(number));
}

uint32_t net_gateway_address(void)
{
	return inet_addr(GATEWAY);
}

static void name_of(uint64_t number, char ret[IFNAMSIZ])
{
	snprintf(ret, IFNAMSIZ, CHURN_LINK "%u", host_part(number));
}

static int turn_ipv6_off(const char *where)
{
	char path[128];
	int r;

	snprintf(path, sizeof path, IPV6_DISABLED, where);
	r = kfile_write(path, "1");
	return r == -ENOENT ? 0 : r; /* a kernel without IPv6 */
}

/* ---- the guest's side ---- */

/*
 * Answers every connection with a few bytes and half a goodbye, and keeps it: the container's end
 * is half closed then, and this one waits for a FIN that never comes when the container is killed.
 */
static void sink(int listener)
{
	int kept[SINK_KEPT];
	unsigned n = 0;

	for (unsigned i = 0; i < SINK_KEPT; i++)
		kept[i] = -1;
	for (;; n++) {
		int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

		if (fd < 0)
			continue;
		if (kept[n % SINK_KEPT] >= 0)
			close(kept[n % SINK_KEPT]);
		kept[n % SINK_KEPT] = fd;
		send(fd, "welcome\n", 8, MSG_NOSIGNAL);
		shutdown(fd, SHUT_WR);
	}
}

static int start_sink(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(NET_SINK_PORT) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
	pid_t pid;

	if (fd < 0)
		return -errno;
	at.sin_addr.s_addr = net_gateway_address();
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (bind(fd, (struct sockaddr *)&at, sizeof at) < 0 || listen(fd, SINK_KEPT) < 0 ||
	    (pid = fork()) < 0) {
		int r = -errno;

		close(fd);
		return r;
	}
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		sink(fd);
	}
	close(fd);
	return 0;
}

static int make_bridge(const struct churn_config *cfg, struct nl *nl)
{
	int r = cfg->ipv6 ? 0 : turn_ipv6_off("default");

	if (r == 0)
		r = rtnl_add_link(nl, CHURN_BRIDGE, "bridge");
	if (r == 0)
		r = rtnl_add_address(nl, CHURN_BRIDGE, GATEWAY, 16);
	if (r == 0)
		r = rtnl_set_up(nl, CHURN_BRIDGE);
	if (r == 0 && cfg->promiscuous)
		r = rtnl_set_promiscuous(nl, CHURN_BRIDGE);
	return r;
}

int net_prepare(const struct churn_config *cfg, const char **ret_why)
{
	struct nl nl;
	int r = nl_open(&nl, NETLINK_ROUTE);

	*ret_why = "netlink";
	if (r < 0)
		return r;
	*ret_why = "the bridge " CHURN_BRIDGE;
	r = make_bridge(cfg, &nl);
	close(nl.fd);
	if (r < 0)
		return r;
	*ret_why = "the listener on " GATEWAY;
	return start_sink();
}

int net_attach(const struct churn_config *cfg, struct nl *nl, uint64_t number, int netns,
	       const char **ret_why)
{
	char name[IFNAMSIZ];
	int r;

	name_of(number, name);
	*ret_why = "veth";
	r = rtnl_add_veth_into(nl, name, "eth0", netns);
	if (r < 0)
		return r;
	*ret_why = "veth into the bridge";
	r = rtnl_set_master(nl, name, CHURN_BRIDGE);
	if (r == 0 && cfg->hairpin)
		r = rtnl_set_hairpin(nl, name, true);
	return r == 0 ? rtnl_set_up(nl, name) : r;
}

int net_detach(struct nl *nl, uint64_t number)
{
	char name[IFNAMSIZ];
	int r;

	name_of(number, name);
	r = rtnl_del_link(nl, name);
	return r == -ENODEV ? 0 : r; /* the namespace was quicker */
}

/* ---- the container's side ---- */

static int own_mac(unsigned char ret[6])
{
	struct ifreq ask = { .ifr_name = "eth0" };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int r = 0;

	if (fd < 0)
		return -errno;
	if (ioctl(fd, SIOCGIFHWADDR, &ask) < 0)
		r = -errno;
	close(fd);
	memcpy(ret, ask.ifr_hwaddr.sa_data, 6);
	return r;
}

static int add_own(struct nl *nl, uint32_t address, unsigned prefix_len)
{
	char text[INET_ADDRSTRLEN];

	inet_ntop(AF_INET, &address, text, sizeof text);
	return rtnl_add_address(nl, "eth0", text, prefix_len);
}

/*
 * The rule that makes own addresses local goes for what this container sends, and stays for what
 * comes in by eth0: its two addresses become strangers that share a wire.
 */
static int make_strangers(struct nl *nl, uint64_t number)
{
	const struct rtnl_prefix loopback = { htonl(INADDR_LOOPBACK & 0xff000000u), 8 };
	unsigned char mac[6];
	int r = own_mac(mac);

	if (r == 0)
		r = rtnl_add_neighbour(nl, "eth0", net_own_address(number), mac);
	if (r == 0)
		r = rtnl_add_neighbour(nl, "eth0", net_service_address(number), mac);
	if (r == 0)
		r = rtnl_rule(nl, true, 1, RT_TABLE_LOCAL, "eth0", NULL);
	if (r == 0)
		r = rtnl_rule(nl, true, 2, RT_TABLE_LOCAL, NULL, &loopback);
	return r == 0 ? rtnl_rule(nl, false, 0, RT_TABLE_LOCAL, NULL, NULL) : r;
}

/* Up to two addresses under detection: one of its own, one that the others have as well. */
static int add_ipv6(struct nl *nl, uint64_t number)
{
	char text[INET6_ADDRSTRLEN];
	int r;

	snprintf(text, sizeof text, "fd00:c::1:%x", host_part(number));
	r = rtnl_add_address6(nl, "eth0", text, 64);
	return r == 0 ? rtnl_add_address6(nl, "eth0", SHARED_IPV6, 64) : r;
}

static int bring_up(const struct churn_config *cfg, struct nl *nl, uint64_t number)
{
	int r = cfg->ipv6 ? 0 : turn_ipv6_off("all");

	if (r == 0)
		r = rtnl_set_up(nl, "lo");
	if (r == 0)
		r = add_own(nl, net_own_address(number), 16);
	if (r == 0)
		r = add_own(nl, net_service_address(number), 32);
	if (r == 0)
		r = rtnl_set_up(nl, "eth0");
	return r;
}

/*
 * A socket whose process is gone keeps its namespace while it waits for an answer to its FIN, and
 * nobody answers for a deleted link: a minute and a half with the kernel's 8 retries, in which a
 * guest of 256 MiB fills up with namespaces.
 */
static int limit_orphans(uint64_t retries)
{
	char number[24];

	if (!retries)
		return 0;
	snprintf(number, sizeof number, "%llu", (unsigned long long)retries);
	return kfile_write("/proc/sys/net/ipv4/tcp_orphan_retries", number);
}

int net_inside(const struct churn_config *cfg, uint64_t number, const char **ret_why)
{
	struct nl nl;
	int r = nl_open(&nl, NETLINK_ROUTE);

	*ret_why = "netlink";
	if (r < 0)
		return r;
	*ret_why = "its addresses";
	r = limit_orphans(cfg->orphan_retries);
	if (r == 0)
		r = bring_up(cfg, &nl, number);
	if (r == 0 && cfg->hairpin) {
		*ret_why = "the rules of its routes";
		r = make_strangers(&nl, number);
	}
	if (r == 0 && cfg->ipv6) {
		*ret_why = "its IPv6 addresses";
		r = add_ipv6(&nl, number);
	}
	close(nl.fd);
	return r;
}
