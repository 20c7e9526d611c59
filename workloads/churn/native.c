/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Containers by system calls: clone3() into new namespaces and a control group, an overlay as root,
 * a veth into a bridge. In the order in which container engines do it: what they do at once after
 * one another is done at once after one another here.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../cgroup.h"
#include "../kfile.h"
#include "../load.h"
#include "churn.h"

#define NAMESPACES (CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWUTS | CLONE_NEWIPC)

static int prepare(const struct churn_config *cfg, const char **ret_why)
{
	char controllers[32];

	snprintf(controllers, sizeof controllers, "%s%s", cfg->memory_bytes ? "memory " : "",
		 cfg->pids ? "pids" : "");
	return container_prepare(cfg, controllers, ret_why);
}

/* Returns as fork() does; the child is born in the group. */
static pid_t clone_into(uint64_t flags, const char *group, int *ret_pidfd)
{
	int dir = open(group, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct clone_args args = {
		.flags = flags | CLONE_INTO_CGROUP | CLONE_PIDFD,
		.pidfd = (uint64_t)(uintptr_t)ret_pidfd,
		.exit_signal = SIGCHLD,
		.cgroup = (uint64_t)dir,
	};
	pid_t pid;

	if (dir < 0)
		return -1;
	pid = (pid_t)syscall(SYS_clone3, &args, sizeof args);
	int saved = errno;
	close(dir);
	errno = saved;
	return pid;
}

/* The container's first process, up to its program. What fails here is told over the report. */
static void become_init(const struct churn_config *cfg, const struct container *c, int go,
			int report, int hold)
{
	struct inside_report bad = { 0 };
	const char *why = "its parent";
	char name[32], byte;
	int r = 0;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	kfile_write("/proc/self/oom_score_adj", "500"); /* its worker has less to fear */
	if (read(go, &byte, 1) != 1)
		_exit(1);
	snprintf(name, sizeof name, "c%llu", (unsigned long long)c->number);
	sethostname(name, strlen(name));
	why = "its root";
	r = overlay_enter(c->number);
	if (r == 0)
		r = net_inside(cfg, c->number, &why);
	if (r == 0) {
		container_give(report, hold);
		inside_exec(cfg, "init", c->number);
		why = INSIDE_PROGRAM;
		r = -errno;
		report = INSIDE_REPORT;
	}
	dprintf(STDERR_FILENO, "in the container: %s: %s\n", why, strerror(-r));
	if (write(report, &bad, sizeof bad) < 0)
		_exit(2);
	_exit(1);
}

/* User 0 there is user 0 here: the files are, too. */
static int map_users(pid_t pid)
{
	char path[64];
	int r;

	snprintf(path, sizeof path, "/proc/%d/uid_map", pid);
	r = kfile_write(path, "0 0 65536");
	snprintf(path, sizeof path, "/proc/%d/gid_map", pid);
	return r == 0 ? kfile_write(path, "0 0 65536") : r;
}

static int open_netns(pid_t pid)
{
	char path[64];

	snprintf(path, sizeof path, "/proc/%d/ns/net", pid);
	return open(path, O_RDONLY | O_CLOEXEC);
}

/* With the child waiting: users, network; then it may go on. */
static int equip(const struct churn_config *cfg, struct nl *nl, struct container *c, int go,
		 const char **ret_why)
{
	int r = 0;

	*ret_why = "its users";
	if (cfg->user_ns)
		r = map_users(c->pid);
	if (r < 0)
		return r;
	*ret_why = "its network namespace";
	c->netns = open_netns(c->pid);
	if (c->netns < 0)
		return -errno;
	r = net_attach(cfg, nl, c->number, c->netns, ret_why);
	if (r == 0 && write(go, "g", 1) != 1)
		r = -errno;
	return r;
}

struct ends {
	int go[2], report[2], hold[2];
};

static int open_ends(struct ends *e)
{
	memset(e, -1, sizeof *e);
	return pipe2(e->go, O_CLOEXEC) < 0 || pipe2(e->report, O_CLOEXEC) < 0 ||
			       pipe2(e->hold, O_CLOEXEC) < 0
		       ? -errno
		       : 0;
}

static int spawn(const struct churn_config *cfg, struct nl *nl, struct container *c,
		 const char **ret_why)
{
	struct ends e;
	int r = open_ends(&e);

	if (r == 0) {
		c->pid = clone_into(NAMESPACES | (cfg->user_ns ? CLONE_NEWUSER : 0), c->cgroup,
				    &c->pidfd);
		if (c->pid == 0) {
			close(e.hold[1]);
			close(e.go[1]);
			become_init(cfg, c, e.go[0], e.report[1], e.hold[0]);
		}
		r = c->pid < 0 ? -errno : equip(cfg, nl, c, e.go[1], ret_why);
	}
	c->report = e.report[0];
	c->hold = e.hold[1];
	container_drop(&e.go[0]);
	container_drop(&e.go[1]);
	container_drop(&e.report[1]);
	container_drop(&e.hold[0]);
	return r;
}

static int create(const struct churn_config *cfg, struct nl *nl, struct container *c,
		  const char **ret_why)
{
	int r;

	snprintf(c->cgroup, sizeof c->cgroup, "%s/c%llu", container_groups(),
		 (unsigned long long)c->number);
	*ret_why = "its control group";
	r = cgroup_make(c->cgroup, cfg->memory_bytes, cfg->pids);
	if (r < 0)
		return r;
	*ret_why = "its overlay";
	r = overlay_mount(c->number);
	if (r < 0)
		return r;
	*ret_why = "clone3";
	return spawn(cfg, nl, c, ret_why);
}

/* A process that joins the namespaces, and one born in them, which becomes the program. */
static void join_and_run(const struct churn_config *cfg, const struct container *c)
{
	int status = 0;
	pid_t pid;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (setns(c->pidfd, NAMESPACES | (cfg->user_ns ? CLONE_NEWUSER : 0)) < 0)
		_exit(errno);
	pid = fork();
	if (pid == 0) {
		if (chdir("/") == 0)
			inside_exec(cfg, "exec", c->number);
		_exit(errno);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		_exit(errno);
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : EINTR);
}

static int exec(const struct churn_config *cfg, struct container *c, const char **ret_why)
{
	int pidfd = -1, status = 0;
	pid_t pid = clone_into(0, c->cgroup, &pidfd);

	*ret_why = "exec";
	if (pid < 0)
		return -errno;
	if (pid == 0)
		join_and_run(cfg, c);
	close(pidfd);
	if (waitpid(pid, &status, 0) != pid)
		return -errno;
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -EINTR;
}

static int end_init(const struct churn_config *cfg, struct container *c)
{
	int status;

	if (cfg->kill9 || c->hold < 0)
		syscall(SYS_pidfd_send_signal, c->pidfd, SIGKILL, NULL, 0);
	container_drop(&c->hold);
	if (waitpid(c->pid, &status, 0) != c->pid)
		return -errno;
	c->killed = WIFSIGNALED(status);
	return 0;
}

/* All steps are tried, whatever fails on the way: what is left behind would be the load's own. */
static int delete (const struct churn_config *cfg, struct nl *nl, struct container *c,
		   const char **ret_why)
{
	int r = 0;

	if (c->pid > 0)
		r = container_step(r, end_init(cfg, c), "kill", ret_why);
	load_pause(cfg->delay_ns);
	if (c->netns >= 0 && cfg->unlink)
		r = container_step(r, net_detach(nl, c->number), "deletion of its veth", ret_why);
	container_drop_all(c); /* the namespace goes with its descriptor */
	r = container_step(r, overlay_umount(c->number), "umount of its root", ret_why);
	return container_step(r, cgroup_remove(c->cgroup), "removal of its control group", ret_why);
}

const struct runtime runtime_native = {
	.name = "native",
	.reports = true,
	.prepare = prepare,
	.create = create,
	.exec = exec,
	.delete = delete,
};
