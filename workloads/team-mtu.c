/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Moves a port of a team device, whose MTU is another than the team's, to a network namespace and
 * deletes it there. Kernels before 6.1.192 and 6.12.115 lose a reference on the way: the deletion
 * waits for ever, and every ten seconds the kernel says so ("unregister_netdevice: waiting for
 * dummy1 to become free"). No race: the first move does it.
 */
#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "load.h"
#include "rtnl.h"

#define TEAM "team1"
#define PORT "dummy1"

static void check(int r, const char *what)
{
	if (r < 0)
		load_fail("%s: %s", what, strerror(-r));
}

static void add_port(struct nl *nl, uint32_t mtu)
{
	check(rtnl_add_link(nl, PORT, "dummy"), PORT);
	check(rtnl_set_mtu(nl, PORT, mtu), "the MTU of " PORT);
	check(rtnl_set_master(nl, PORT, TEAM), PORT " into " TEAM);
}

/* In a namespace of its own: says so, waits until the port is there, deletes it. */
static void delete_there(int ready, int go)
{
	struct nl nl;
	char byte;
	int r;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (unshare(CLONE_NEWNET) < 0 || (r = nl_open(&nl, NETLINK_ROUTE)) < 0 ||
	    write(ready, "r", 1) != 1 || read(go, &byte, 1) != 1)
		_exit(1);
	_exit(rtnl_del_link(&nl, PORT) < 0);
}

/* Where the kernel has the bug, this does not return. */
static void move_and_delete(struct nl *nl)
{
	int ready[2], go[2], status;
	char byte;
	pid_t pid;

	if (pipe(ready) < 0 || pipe(go) < 0 || (pid = fork()) < 0)
		load_fail("no process: %s", strerror(errno));
	if (pid == 0)
		delete_there(ready[1], go[0]);
	close(ready[1]);
	close(go[0]);
	if (read(ready[0], &byte, 1) != 1)
		load_fail("no network namespace for the port");
	check(rtnl_move_link(nl, PORT, pid), PORT " into its namespace");
	if (write(go[1], "g", 1) != 1 || waitpid(pid, &status, 0) != pid || status != 0)
		load_fail("the deletion of " PORT " in its namespace failed");
	close(ready[0]);
	close(go[1]);
}

int main(int argc, char **argv)
{
	struct nl nl;

	load_init(argc, argv);
	uint64_t pause_ns = load_param_u64("pause");
	uint64_t mtu = load_param_u64("mtu");
	check(nl_open(&nl, NETLINK_ROUTE), "netlink");
	check(rtnl_add_link(&nl, TEAM, "team"), TEAM);
	add_port(&nl, (uint32_t)mtu);
	load_armed(PORT " with an MTU of %llu is a port of " TEAM, (unsigned long long)mtu);
	load_wait_go();
	for (uint64_t n = 1;; n++) {
		load_count(n);
		load_pause_about(pause_ns);
		move_and_delete(&nl);
		add_port(&nl, (uint32_t)mtu);
	}
}
