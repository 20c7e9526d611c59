/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What containers left behind. Of most things our own are counted by name. Network namespaces have
 * none: their number is that of the objects in use in the slab cache net_namespace, once the kernel
 * has given back the free ones, which it counts as used while they lie in a CPU's lists.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <linux/rtnetlink.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../cgroup.h"
#include "../kfile.h"
#include "../load.h"
#include "../probe.h"
#include "churn.h"

/* Grown by a container, and all given back: what a leak in its end would show in. */
static const char *const caches[] = {
	"net_namespace", "pid_namespace", "uts_namespace", "user_namespace",   "nsproxy",
	"mnt_cache",     "ovl_inode",     "task_struct",   "sock_inode_cache", "TCP",
	"TCPv6",         "UDP",           "UDPv6",         "ip_dst_cache",     "ip6_dst_cache",
	"fib6_nodes",    "neigh",         "kmalloc-4k",
};
#define BASE_LOOKS    10 /* in one second */
#define BASE_PAUSE_NS 100000000ull
#define PUSH_LIMIT_NS 20000000000ull
#define N_CACHES      (sizeof caches / sizeof *caches)

static void see_link(const struct nlmsghdr *m, void *arg)
{
	const struct ifinfomsg *head = NLMSG_DATA(m);
	size_t n = m->nlmsg_len - NLMSG_LENGTH(sizeof *head);
	const struct nlattr *name =
		nl_find((const char *)head + NLMSG_ALIGN(sizeof *head), n, IFLA_IFNAME);
	size_t prefix = strlen(CHURN_LINK);

	if (name && nl_len(name) > prefix && memcmp(nl_data(name), CHURN_LINK, prefix) == 0)
		++*(int64_t *)arg;
}

static int64_t count_links(void)
{
	static const struct ifinfomsg all = { .ifi_family = AF_UNSPEC };
	int64_t n = 0;
	struct nl nl;

	if (nl_open(&nl, NETLINK_ROUTE) < 0)
		return -1;
	nl_begin(&nl, RTM_GETLINK, NLM_F_DUMP, &all, sizeof all);
	if (nl_talk(&nl, see_link, &n) < 0)
		n = -1;
	close(nl.fd);
	return n;
}

/* Folders in `path` whose names are `prefix` and then a digit. */
static int64_t count_folders(const char *path, const char *prefix)
{
	size_t len = strlen(prefix);
	struct dirent *e;
	DIR *dir = opendir(path);
	int64_t n = 0;

	if (!dir)
		return -1;
	while ((e = readdir(dir)))
		n += strncmp(e->d_name, prefix, len) == 0 && isdigit((unsigned char)e->d_name[len]);
	closedir(dir);
	return n;
}

/* We are in the group `self`; the containers' are beside it. */
static int64_t count_cgroups(void)
{
	char own[512], *slash;

	if (cgroup_own(own, sizeof own) < 0 || !(slash = strrchr(own, '/')))
		return -1;
	*slash = 0;
	return count_folders(own, "c");
}

static int64_t count_mounts(void)
{
	char line[1024];
	int64_t n = 0;
	FILE *f = fopen("/proc/self/mountinfo", "re");

	if (!f)
		return -1;
	while (fgets(line, sizeof line, f))
		n += strstr(line, " " CHURN_DIR "/") != NULL;
	fclose(f);
	return n;
}

static void shrink_cache(const char *name)
{
	char path[128];

	snprintf(path, sizeof path, "/sys/kernel/slab/%s/shrink", name);
	kfile_write(path, "1"); /* merged with another, or no SLUB: counted as it is */
}

/* Objects in use per cache, in the order of `names`; -1 where it is not listed. */
static int count_objects(const char *const *names, size_t n_names, int64_t *ret)
{
	char line[512], name[64];
	long long active;
	FILE *f = fopen("/proc/slabinfo", "re");

	for (size_t i = 0; i < n_names; i++)
		ret[i] = -1;
	if (!f)
		return -errno;
	while (fgets(line, sizeof line, f))
		for (size_t i = 0; i < n_names; i++)
			if (sscanf(line, "%63s %lld", name, &active) == 2 &&
			    strcmp(name, names[i]) == 0)
				ret[i] = active;
	fclose(f);
	return 0;
}

static int64_t count_namespaces(void)
{
	int64_t n;

	shrink_cache(caches[0]);
	count_objects(caches, 1, &n);
	return n;
}

void left_count(struct left *ret)
{
	*ret = (struct left){
		.links = count_links(),
		.cgroups = count_cgroups(),
		.mounts = count_mounts(),
		.folders = count_folders(CHURN_DIR, ""),
		.namespaces = count_namespaces(),
	};
}

/* Its end drops it: a probe's process does nothing else. */
static int enter_new_namespace(void *arg)
{
	(void)arg;
	return unshare(CLONE_NEWNET) < 0 ? -errno : 0;
}

void left_push(uint64_t limit_ns)
{
	static const struct probe push = { .name = "push", .run = enter_new_namespace };

	probe_try(&push, limit_ns);
}

/* In a guest that is too busy to clean up within the second, one more than before is what is kept.
 */
void left_base(struct left *ret)
{
	struct left now;
	int64_t most;

	left_count(ret);
	most = ret->namespaces + 1;
	left_push(PUSH_LIMIT_NS);
	left_count(ret);
	for (int i = 0; i < BASE_LOOKS; i++) {
		load_pause(BASE_PAUSE_NS);
		left_count(&now);
		if (now.namespaces < ret->namespaces)
			*ret = now;
	}
	if (ret->namespaces > most)
		ret->namespaces = most;
}

bool left_more(const struct left *base, const struct left *now, char *ret_text, size_t size)
{
	const struct {
		const char *what;
		int64_t base, now;
	} rows[] = {
		{ "network namespaces", base->namespaces, now->namespaces },
		{ "links", base->links, now->links },
		{ "control groups", base->cgroups, now->cgroups },
		{ "mounts", base->mounts, now->mounts },
		{ "folders", base->folders, now->folders },
	};
	size_t n = 0;

	*ret_text = 0;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (rows[i].now > rows[i].base && n < size)
			n += (size_t)snprintf(ret_text + n, size - n, "%s%lld %s", n ? ", " : "",
					      (long long)(rows[i].now - rows[i].base),
					      rows[i].what);
	return n > 0;
}

void left_slabs(char *ret_text, size_t size)
{
	int64_t count[N_CACHES];
	size_t n = 0;

	for (size_t i = 0; i < N_CACHES; i++)
		shrink_cache(caches[i]);
	count_objects(caches, N_CACHES, count);
	*ret_text = 0;
	for (size_t i = 0; i < N_CACHES; i++)
		if (count[i] >= 0 && n < size)
			n += (size_t)snprintf(ret_text + n, size - n, "%s%s=%lld", n ? " " : "",
					      caches[i], (long long)count[i]);
}
