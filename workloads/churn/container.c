/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the runtimes share: the group and the network of all containers, a container's descriptors.
 */
#include <fcntl.h>
#include <unistd.h>

#include "../cgroup.h"
#include "churn.h"

static char groups[256]; /* as cgroups' mount shows it */

int container_prepare(const struct churn_config *cfg, const char *controllers, const char **ret_why)
{
	int r;

	*ret_why = "its control group";
	r = cgroup_own(groups, sizeof groups);
	if (r == 0)
		r = cgroup_split(groups, controllers);
	if (r == 0)
		r = overlay_prepare(ret_why);
	return r == 0 ? net_prepare(cfg, ret_why) : r;
}

const char *container_groups(void)
{
	return groups;
}

/* A copy out of the way of what is about to be replaced. */
static int high(int fd)
{
	return fcntl(fd, F_DUPFD_CLOEXEC, 16);
}

void container_give(int report, int hold)
{
	int from = high(report), until = high(hold);

	dup2(from, INSIDE_REPORT);
	dup2(until, INSIDE_HOLD);
}

void container_drop(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void container_drop_all(struct container *c)
{
	container_drop(&c->netns);
	container_drop(&c->pidfd);
	container_drop(&c->report);
	container_drop(&c->hold);
}

int container_step(int r, int next, const char *what, const char **ret_why)
{
	if (r == 0 && next < 0) {
		*ret_why = what;
		return next;
	}
	return r;
}
