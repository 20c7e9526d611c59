/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "probes.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../agent/modules.h"
#include "../load.h"
#include "../rtnl.h"

#define PROBE_LINK "churnprobe"

/* Nothing is deployed on it and it needs nothing of what we use: it can go and come. */
#define PROBE_MODULE "ip_tables"

static int add_netns(void *arg)
{
	(void)arg;
	return unshare(CLONE_NEWNET) < 0 ? -errno : 0;
}

static int add_and_delete_link(void *arg)
{
	struct nl nl;
	int r = nl_open(&nl, NETLINK_ROUTE);

	(void)arg;
	if (r == 0)
		r = rtnl_add_link(&nl, PROBE_LINK, "bridge");
	return r == 0 || r == -EEXIST ? rtnl_del_link(&nl, PROBE_LINK) : r;
}

/*
 * ip_tables registers itself with every network namespace (register_pernet_subsys), which needs
 * pernet_ops_rwsem for writing. The worker of the kernel that cleans namespaces up holds it for
 * reading: a namespace that cannot go shows here, and from here on nobody creates another.
 */
static int reload_module(void *arg)
{
	char why[256];

	(void)arg;
	if (syscall(SYS_delete_module, PROBE_MODULE, O_NONBLOCK) < 0 && errno != ENOENT)
		return -errno;
	modules_init();
	switch (module_load(PROBE_MODULE, why, sizeof why)) {
	case MODULE_LOADED: return 0;
	case MODULE_NOT_LISTED: return -ENOENT;
	case MODULE_FAILED: break;
	}
	return -EIO;
}

size_t churn_probes(struct probe ret[CHURN_PROBES], uint64_t deadline_ns)
{
	static const struct probe all[CHURN_PROBES] = {
		{ .name = "netns-add", .run = add_netns },
		{ .name = "link-add", .run = add_and_delete_link },
		{ .name = "module-load", .run = reload_module },
	};
	size_t n = 0;

	for (size_t i = 0; i < CHURN_PROBES; i++) {
		int r = probe_try(&all[i], deadline_ns);

		if (r == 0)
			ret[n++] = all[i];
		else
			load_note("without the probe %s: %s", all[i].name, strerror(-r));
	}
	return n;
}
