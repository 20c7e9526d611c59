/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Containers by the engines of the containers image: crun (OCI bundles; the same work and network
 * as the native runtime's) and podman (its own network; what runs inside only waits). They are
 * started as programs, as an orchestrator would.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../kfile.h"
#include "../load.h"
#include "churn.h"

#define CGROUPS "/sys/fs/cgroup"
#define LOWER   CHURN_DIR "/lower"
#define END_MS  30000 /* for the first process of a container that was killed */

struct text {
	char s[256];
};

static struct text format(const char *fmt, unsigned long long a, unsigned long long b)
{
	struct text t;

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	snprintf(t.s, sizeof t.s, fmt, a, b);
#pragma GCC diagnostic pop
	return t;
}

/* Runs it to its end, with `report` and `hold` as descriptors 3 and 4 where there are any; what it
 * says is the load's note. Its exit status, as -EIO where that is not 0. */
static int run_with(const char *const *argv, int report, int hold)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		dup2(STDERR_FILENO, STDOUT_FILENO);
		if (report >= 0)
			container_give(report, hold);
		execvp(argv[0], (char *const *)argv);
		dprintf(STDERR_FILENO, "%s: %s\n", argv[0], strerror(errno));
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return -errno;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -EIO;
}

static int run(const char *const *argv)
{
	return run_with(argv, -1, -1);
}

/* ---- what both share ---- */

static int prepare(const struct churn_config *cfg, const char **ret_why)
{
	*ret_why = "user-namespace: yes is for the runtime native";
	if (cfg->user_ns)
		return -EINVAL;
	return container_prepare(cfg, "memory pids", ret_why);
}

static int read_pid(struct container *c, const char *path)
{
	char text[24];
	int r = kfile_line(path, text, sizeof text);

	unlink(path);
	if (r < 0)
		return r;
	c->pid = (pid_t)strtol(text, NULL, 10);
	c->pidfd = (int)syscall(SYS_pidfd_open, c->pid, 0);
	return c->pidfd < 0 ? -errno : 0;
}

/* It is no child of ours: its end is seen at its descriptor. */
static int end_init(struct container *c, bool kill9)
{
	struct pollfd p = { .fd = c->pidfd, .events = POLLIN };

	if (kill9 || c->hold < 0)
		syscall(SYS_pidfd_send_signal, c->pidfd, SIGKILL, NULL, 0);
	c->killed = kill9 || c->hold < 0; /* whose status is its engine's to know */
	container_drop(&c->hold);
	return poll(&p, 1, END_MS) == 1 ? 0 : -ETIMEDOUT;
}

/* ---- crun ---- */

static int write_bundle(const struct churn_config *cfg, const struct container *c)
{
	struct text path = format(CHURN_DIR "/%llu/config.json", c->number, 0);
	FILE *f = fopen(path.s, "we");
	char *argv[INSIDE_ARGS];

	if (!f)
		return -errno;
	inside_args(cfg, "init", c->number, argv);
	fprintf(f,
		"{\"ociVersion\":\"1.0.0\",\"process\":{\"terminal\":false,"
		"\"user\":{\"uid\":0,\"gid\":0},\"cwd\":\"/\",\"env\":[\"PATH=/bin\"],"
		"\"args\":[\"" INSIDE_PROGRAM "\",\"%s\",\"%s\",\"%s\",\"%s\"]},",
		argv[1], argv[2], argv[3], argv[4]);
	fprintf(f,
		"\"root\":{\"path\":\"root\"},\"hostname\":\"c%llu\",\"mounts\":["
		"{\"destination\":\"/proc\",\"type\":\"proc\",\"source\":\"proc\"},"
		"{\"destination\":\"/tmp\",\"type\":\"tmpfs\",\"source\":\"tmp\","
		"\"options\":[\"size=1m\"]}],",
		(unsigned long long)c->number);
	fprintf(f,
		"\"linux\":{\"namespaces\":[{\"type\":\"pid\"},{\"type\":\"mount\"},"
		"{\"type\":\"network\"},{\"type\":\"uts\"},{\"type\":\"ipc\"}],"
		"\"cgroupsPath\":\"%s/c%llu\",\"resources\":{",
		container_groups() + strlen(CGROUPS), (unsigned long long)c->number);
	if (cfg->memory_bytes)
		fprintf(f, "\"memory\":{\"limit\":%llu}%s", (unsigned long long)cfg->memory_bytes,
			cfg->pids ? "," : "");
	if (cfg->pids)
		fprintf(f, "\"pids\":{\"limit\":%llu}", (unsigned long long)cfg->pids);
	fputs("}}}\n", f);
	return fclose(f) == 0 ? 0 : -errno;
}

/* In a process of its own, which joins the network namespace. */
static int configure_inside(const struct churn_config *cfg, const struct container *c)
{
	const char *why;
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		if (setns(c->netns, CLONE_NEWNET) < 0)
			_exit(errno);
		_exit(-net_inside(cfg, c->number, &why) & 0xff);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return -errno;
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -EINTR;
}

static int connect_crun(const struct churn_config *cfg, struct nl *nl, struct container *c,
			const char **ret_why)
{
	struct text ns = format("/proc/%llu/ns/net", (unsigned long long)c->pid, 0);
	int r;

	*ret_why = "its network namespace";
	c->netns = open(ns.s, O_RDONLY | O_CLOEXEC);
	if (c->netns < 0)
		return -errno;
	r = net_attach(cfg, nl, c->number, c->netns, ret_why);
	if (r < 0)
		return r;
	*ret_why = "its addresses";
	return configure_inside(cfg, c);
}

static int create_bundle(struct container *c)
{
	struct text bundle = format(CHURN_DIR "/%llu", c->number, 0),
		    id = format("c%llu", c->number, 0),
		    pid_file = format(CHURN_DIR "/%llu/pid", c->number, 0);
	const char *argv[] = { "crun",       "create",   "--preserve-fds=2",
			       "--pid-file", pid_file.s, "--bundle",
			       bundle.s,     id.s,       NULL };
	int report[2], hold[2], r;

	if (pipe2(report, O_CLOEXEC) < 0)
		return -errno;
	if (pipe2(hold, O_CLOEXEC) < 0) {
		r = -errno;
		close(report[0]);
		close(report[1]);
		return r;
	}
	r = run_with(argv, report[1], hold[0]);
	close(report[1]);
	close(hold[0]);
	c->report = report[0];
	c->hold = hold[1];
	return r == 0 ? read_pid(c, pid_file.s) : r;
}

static int crun_create(const struct churn_config *cfg, struct nl *nl, struct container *c,
		       const char **ret_why)
{
	struct text id = format("c%llu", c->number, 0);
	const char *start[] = { "crun", "start", id.s, NULL };
	int r;

	*ret_why = "its overlay";
	r = overlay_mount(c->number);
	if (r == 0) {
		mkdir(format(CHURN_DIR "/%llu/root/dev", c->number, 0).s,
		      0755); /* crun wants one */
		*ret_why = "config.json";
		r = write_bundle(cfg, c);
	}
	if (r == 0) {
		*ret_why = "crun create";
		r = create_bundle(c);
	}
	if (r == 0)
		r = connect_crun(cfg, nl, c, ret_why);
	if (r == 0) {
		*ret_why = "crun start";
		r = run(start);
	}
	return r;
}

static int crun_exec(const struct churn_config *cfg, struct container *c, const char **ret_why)
{
	struct text id = format("c%llu", c->number, 0);
	char *args[INSIDE_ARGS];

	inside_args(cfg, "exec", c->number, args);
	const char *argv[] = { "crun",  "exec",  id.s, INSIDE_PROGRAM, args[1], args[2],
			       args[3], args[4], NULL };
	*ret_why = "crun exec";
	return run(argv);
}

static int crun_delete(const struct churn_config *cfg, struct nl *nl, struct container *c,
		       const char **ret_why)
{
	struct text id = format("c%llu", c->number, 0);
	const char *argv[] = { "crun", "delete", "--force", id.s, NULL };
	bool made = c->pid > 0;
	int r = 0;

	if (made)
		r = container_step(r, end_init(c, cfg->kill9), "kill", ret_why);
	load_pause(cfg->delay_ns);
	if (c->netns >= 0 && cfg->unlink)
		r = container_step(r, net_detach(nl, c->number), "deletion of its veth", ret_why);
	if (made)
		r = container_step(r, run(argv), "crun delete", ret_why);
	container_drop_all(c);
	return container_step(r, overlay_umount(c->number), "umount of its root", ret_why);
}

const struct runtime runtime_crun = {
	.name = "crun",
	.reports = true,
	.prepare = prepare,
	.create = crun_create,
	.exec = crun_exec,
	.delete = crun_delete,
};

/* ---- podman ---- */

static int podman_prepare(const struct churn_config *cfg, const char **ret_why)
{
	const char *copy[] = { "cp", "/bin/busybox", LOWER "/bin/busybox", NULL };
	int r;

	*ret_why = "podman makes its own network: hairpin, half-closed and ipv6 have to be no";
	if (cfg->hairpin || cfg->half_closed || cfg->ipv6)
		return -EINVAL;
	r = prepare(cfg, ret_why);
	if (r == 0) {
		*ret_why = LOWER "/bin/busybox";
		r = run(copy);
	}
	return r;
}

static int podman_create(const struct churn_config *cfg, struct nl *nl, struct container *c,
			 const char **ret_why)
{
	struct text name = format("c%llu", c->number, 0),
		    pid_file = format(CHURN_DIR "/pid%llu", c->number, 0),
		    memory = format("--memory=%llu", cfg->memory_bytes, 0),
		    pids = format("--pids-limit=%llu", cfg->pids, 0);
	/* 0 is podman's word for no limit, too */
	const char *argv[] = { "podman",          "run",
			       "--detach",        "--quiet",
			       "--name",          name.s,
			       "--pidfile",       pid_file.s,
			       "--network",       "podman",
			       memory.s,          pids.s,
			       "--cgroup-parent", container_groups() + strlen(CGROUPS),
			       "--rootfs",        LOWER ":O",
			       "/bin/busybox",    "sleep",
			       "1000000",         NULL };
	int r;

	(void)nl;
	*ret_why = "podman run";
	r = run(argv);
	if (r == 0)
		r = read_pid(c, pid_file.s);
	return r;
}

static int podman_exec(const struct churn_config *cfg, struct container *c, const char **ret_why)
{
	struct text name = format("c%llu", c->number, 0);
	const char *argv[] = { "podman", "exec", name.s, "/bin/busybox", "true", NULL };

	(void)cfg;
	*ret_why = "podman exec";
	return run(argv);
}

static int podman_delete(const struct churn_config *cfg, struct nl *nl, struct container *c,
			 const char **ret_why)
{
	struct text name = format("c%llu", c->number, 0);
	const char *argv[] = { "podman", "rm", "--force", "--ignore", "--time", "0", name.s, NULL };
	int r = 0;

	(void)nl;
	if (c->pid > 0)
		r = container_step(r, end_init(c, true), "kill", ret_why);
	load_pause(cfg->delay_ns);
	container_drop_all(c);
	return container_step(r, run(argv), "podman rm", ret_why);
}

const struct runtime runtime_podman = {
	.name = "podman",
	.prepare = podman_prepare,
	.create = podman_create,
	.exec = podman_exec,
	.delete = podman_delete,
};
