/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Changes the mode of a team device while frames are sent through it. The change clears the mode's
 * operations before it installs the next ones; kernels before 6.1.192 and 6.12.115 do not wait for
 * the senders in between, and team_xmit() calls address 0.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/genetlink.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/if_team.h>
#include <net/if.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "load.h"
#include "rtnl.h"

#define DEVICE "team0"

static const char *const modes[] = { "roundrobin", "broadcast", "activebackup", "random" };
#define N_MODES (sizeof modes / sizeof *modes)

struct team {
	struct nl nl;
	uint16_t family;
	uint32_t ifindex;
};

static void check(int r, const char *what)
{
	if (r < 0)
		load_fail("%s: %s", what, strerror(-r));
}

static void make_device(void)
{
	struct nl route;

	check(nl_open(&route, NETLINK_ROUTE), "netlink");
	check(rtnl_add_link(&route, DEVICE, "team"), DEVICE);
	check(rtnl_set_up(&route, DEVICE), DEVICE " up");
	check(rtnl_set_carrier(&route, DEVICE, true), DEVICE " carrier on");
	close(route.fd);
	if (rtnl_carrier(DEVICE) != 1)
		load_fail(DEVICE " has no carrier though it was set");
}

static const void *attrs_of(const struct nlmsghdr *m, size_t *ret_len)
{
	*ret_len = m->nlmsg_len - (size_t)NLMSG_LENGTH(GENL_HDRLEN);
	return (const char *)NLMSG_DATA(m) + GENL_HDRLEN;
}

static void see_family(const struct nlmsghdr *m, void *arg)
{
	size_t n;
	const void *attrs = attrs_of(m, &n);
	const struct nlattr *id = nl_find(attrs, n, CTRL_ATTR_FAMILY_ID);

	if (id)
		memcpy(arg, nl_data(id), sizeof(uint16_t));
}

static void begin(struct team *t, uint16_t type, uint8_t cmd)
{
	struct genlmsghdr head = { .cmd = cmd, .version = TEAM_GENL_VERSION };

	nl_begin(&t->nl, type, 0, &head, sizeof head);
}

static void open_family(struct team *t)
{
	check(nl_open(&t->nl, NETLINK_GENERIC), "generic netlink");
	begin(t, GENL_ID_CTRL, CTRL_CMD_GETFAMILY);
	nl_put_text(&t->nl, CTRL_ATTR_FAMILY_NAME, TEAM_GENL_NAME);
	check(nl_talk(&t->nl, see_family, &t->family), "the team family");
	t->ifindex = if_nametoindex(DEVICE);
	if (!t->family || !t->ifindex)
		load_fail("no team family or no " DEVICE);
}

/*
 * The kernel answers -ESRCH when nobody listens to the event that the change sends: the mode has
 * changed all the same.
 */
static int set_mode(struct team *t, const char *mode)
{
	uint8_t type = 5; /* NLA_STRING */
	struct nlattr *list, *item;

	begin(t, t->family, TEAM_CMD_OPTIONS_SET);
	nl_put_u32(&t->nl, TEAM_ATTR_TEAM_IFINDEX, t->ifindex);
	list = nl_nest(&t->nl, TEAM_ATTR_LIST_OPTION | NLA_F_NESTED);
	item = nl_nest(&t->nl, TEAM_ATTR_ITEM_OPTION | NLA_F_NESTED);
	nl_put_text(&t->nl, TEAM_ATTR_OPTION_NAME, "mode");
	nl_put(&t->nl, TEAM_ATTR_OPTION_TYPE, &type, sizeof type);
	nl_put_text(&t->nl, TEAM_ATTR_OPTION_DATA, mode);
	nl_nest_end(&t->nl, item);
	nl_nest_end(&t->nl, list);
	int r = nl_talk(&t->nl, NULL, NULL);
	return r == -ESRCH ? 0 : r;
}

struct mode {
	char name[32];
};

static void see_option(const struct nlattr *option, struct mode *mode)
{
	const struct nlattr *name = nl_find(nl_data(option), nl_len(option), TEAM_ATTR_OPTION_NAME);
	const struct nlattr *data = nl_find(nl_data(option), nl_len(option), TEAM_ATTR_OPTION_DATA);

	if (name && data && nl_len(name) == 5 && memcmp(nl_data(name), "mode", 5) == 0)
		snprintf(mode->name, sizeof mode->name, "%.*s", (int)nl_len(data),
			 (const char *)nl_data(data));
}

static void see_options(const struct nlmsghdr *m, void *arg)
{
	size_t n;
	const void *attrs = attrs_of(m, &n);
	const struct nlattr *list = nl_find(attrs, n, TEAM_ATTR_LIST_OPTION);

	if (!list)
		return;
	const struct nlattr *option = nl_data(list);
	for (size_t left = nl_len(list); nl_ok(option, left); option = nl_next(option, &left))
		see_option(option, arg);
}

static void prove_mode(struct team *t, const char *mode)
{
	struct mode is = { "" };

	check(set_mode(t, mode), mode);
	begin(t, t->family, TEAM_CMD_OPTIONS_GET);
	nl_put_u32(&t->nl, TEAM_ATTR_TEAM_IFINDEX, t->ifindex);
	check(nl_talk(&t->nl, see_options, &is), "options of " DEVICE);
	if (strcmp(is.name, mode) != 0)
		load_fail("the mode was set to %s and is %s", mode, is.name);
}

/* 0, or -errno. A full queue is no error: the driver drops what it cannot send. */
static int send_frame(int fd, const struct sockaddr_ll *to)
{
	static const unsigned char frame[64] = {
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 0, ETH_P_IP >> 8, ETH_P_IP & 255,
	};

	if (sendto(fd, frame, sizeof frame, 0, (const struct sockaddr *)to, sizeof *to) >= 0)
		return 0;
	return errno == ENOBUFS || errno == EINTR ? 0 : -errno;
}

static int open_sender(struct sockaddr_ll *ret_to)
{
	int on = 1;
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	if (fd < 0 || setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof on) < 0)
		load_fail("packet socket: %s", strerror(errno));
	*ret_to = (struct sockaddr_ll){ .sll_family = AF_PACKET,
					.sll_ifindex = (int)if_nametoindex(DEVICE),
					.sll_halen = ETH_ALEN };
	return fd;
}

static void *send_frames(void *arg)
{
	struct sockaddr_ll to;
	int fd = open_sender(&to);

	(void)arg;
	for (;;)
		check(send_frame(fd, &to), "send through " DEVICE);
	return NULL;
}

static void prove_sender(void)
{
	struct sockaddr_ll to;
	int fd = open_sender(&to);

	check(send_frame(fd, &to), "send through " DEVICE);
	close(fd);
}

int main(int argc, char **argv)
{
	struct team t = { 0 };
	pthread_t thread;

	load_init(argc, argv);
	uint64_t pause_ns = load_param_u64("pause");
	uint64_t senders = load_param_u64("senders");
	make_device();
	open_family(&t);
	for (size_t i = 0; i < N_MODES; i++)
		prove_mode(&t, modes[i]);
	prove_sender();
	load_armed(DEVICE " has a carrier, took each of %zu modes and a frame", N_MODES);
	load_wait_go();
	for (uint64_t i = 0; i < senders; i++)
		if (pthread_create(&thread, NULL, send_frames, NULL) != 0)
			load_fail("no thread for a sender");
	for (uint64_t n = 1;; n++) {
		load_count(n);
		load_pause_about(pause_ns);
		check(set_mode(&t, modes[n % N_MODES]), modes[n % N_MODES]);
	}
}
