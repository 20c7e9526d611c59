/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vm/sweep.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "base/fs.h"

struct proc_stat {
	char state;
	int ppid, session;
	unsigned long long start; /* clock ticks since boot */
};

/* The whole of /proc/PID/name; false where it is gone or not ours to read. */
static bool proc_read(pid_t pid, const char *name, struct buf *out)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	buf_clear(out);
	return fs_read(AT_FDCWD, path, 4 << 20, out, NULL) == 0 && out->len;
}

static bool stat_read(pid_t pid, struct proc_stat *ret)
{
	_cleanup_buf_ struct buf b = BUF_INIT;
	const char *p;

	if (!proc_read(pid, "stat", &b) || !(p = strrchr(b.data, ')'))) /* comm may hold anything */
		return false;
	return sscanf(p + 1,
		      " %c %d %*d %d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d "
		      "%llu",
		      &ret->state, &ret->ppid, &ret->session, &ret->start) == 4;
}

/* Which pid namespace the process lives in: the same number means another process in another. */
static uint64_t pid_namespace(pid_t pid)
{
	char path[64];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%d/ns/pid", (int)pid);
	return stat(path, &st) == 0 ? st.st_ino : 0;
}

char *sweep_owner(const char *run, const char *trial, pid_t pid)
{
	struct proc_stat st = { 0 };

	stat_read(pid, &st);
	return xasprintf("pid=%d start=%llu ns=%llu trial=%s run=%s", (int)pid, st.start,
			 (unsigned long long)pid_namespace(getpid()), trial ? trial : "",
			 run ? run : "");
}

/* The string behind the one that equals `flag` in a list of strings, each ended by NUL. */
static const char *argument(const struct buf *b, const char *flag)
{
	const char *end = b->data + b->len;

	for (const char *p = b->data; p < end; p += strlen(p) + 1)
		if (str_eq(p, flag) && p + strlen(p) + 1 < end)
			return p + strlen(p) + 1;
	return NULL;
}

static const char *variable(const struct buf *b, const char *prefix)
{
	const char *end = b->data + b->len, *value;

	for (const char *p = b->data; p < end; p += strlen(p) + 1)
		if ((value = str_after(p, prefix)))
			return value;
	return NULL;
}

static bool is_qemu(const struct buf *cmdline)
{
	const char *slash = strrchr(buf_str(cmdline), '/');

	return str_after(slash ? slash + 1 : buf_str(cmdline), "qemu-system-") != NULL;
}

bool sweep_is(pid_t pid, const char *uuid)
{
	_cleanup_buf_ struct buf b = BUF_INIT;
	const char *value;

	if (!proc_read(pid, "cmdline", &b) || !is_qemu(&b))
		return false;
	value = argument(&b, "-uuid");
	return value && str_eq(value, uuid);
}

/* Calls visit for every process until it returns true; that one's pid, or 0. */
static pid_t each_process(bool (*visit)(pid_t pid, void *arg), void *arg)
{
	DIR *dir = opendir("/proc");
	struct dirent *d;
	pid_t found = 0;

	while (dir && !found && (d = readdir(dir))) {
		pid_t pid = (pid_t)strtol(d->d_name, NULL, 10);

		if (pid > 0 && visit(pid, arg))
			found = pid;
	}
	if (dir)
		closedir(dir);
	return found;
}

static bool has_uuid(pid_t pid, void *arg)
{
	return sweep_is(pid, arg);
}

pid_t sweep_find(const char *uuid)
{
	return each_process(has_uuid, (void *)(uintptr_t)uuid);
}

struct owner {
	int pid;
	unsigned long long start, namespace;
	char run[256];
};

/* Only a QEMU with our name and our mark, in our pid namespace, whose environment we may read. */
static bool owner_read(pid_t pid, struct owner *ret)
{
	_cleanup_buf_ struct buf b = BUF_INIT;
	const char *name, *mark, *run;

	if (!proc_read(pid, "cmdline", &b) || !is_qemu(&b))
		return false;
	name = argument(&b, "-name");
	if (!name || !str_after(name, "guest=" SWEEP_NAME_PREFIX))
		return false;
	if (!proc_read(pid, "environ", &b) || !(mark = variable(&b, "KERNSOAK_OWNER=")))
		return false;
	if (sscanf(mark, "pid=%d start=%llu ns=%llu", &ret->pid, &ret->start, &ret->namespace) != 3)
		return false;
	run = strstr(mark, " run=");
	snprintf(ret->run, sizeof(ret->run), "%s", run ? run + strlen(" run=") : "");
	return ret->namespace == pid_namespace(getpid()) && ret->namespace == pid_namespace(pid);
}

static bool owner_lives(const struct owner *o)
{
	struct proc_stat st;

	return stat_read(o->pid, &st) && st.start == o->start && st.state != 'Z';
}

static bool is_prey(pid_t pid, const char *run)
{
	struct owner o;

	if (!owner_read(pid, &o))
		return false;
	return run ? str_eq(o.run, run) : !owner_lives(&o);
}

struct sweep {
	const char *run;
	int killed;
};

/* The second look is for a pid that was given away between the first look and pidfd_open. */
static bool sweep_one(pid_t pid, void *arg)
{
	struct sweep *s = arg;
	_cleanup_close_ int fd = -1;

	if (!is_prey(pid, s->run))
		return false;
	fd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (fd < 0 || !is_prey(pid, s->run) ||
	    syscall(SYS_pidfd_send_signal, fd, SIGKILL, NULL, 0) < 0)
		return false;
	poll(&(struct pollfd){ .fd = fd, .events = POLLIN }, 1, 5000);
	s->killed++;
	return false;
}

int vm_sweep(const char *run)
{
	struct sweep s = { .run = run };

	each_process(sweep_one, &s);
	return s.killed;
}

static void reap_one(pid_t pid)
{
	struct proc_stat st;

	if (stat_read(pid, &st) && st.state == 'Z' && st.ppid == getpid() && st.session != pid &&
	    st.session != getsid(0))
		waitpid(pid, NULL, WNOHANG);
}

/* Orphans become children of the first thread; those that libvirt forked itself, of others too. */
void sweep_reap(void)
{
	_cleanup_buf_ struct buf b = BUF_INIT;
	char path[64], *p, *end;

	snprintf(path, sizeof(path), "task/%d/children", (int)getpid());
	if (!proc_read(getpid(), path, &b))
		return;
	for (p = b.data; *p; p = end) {
		reap_one((pid_t)strtol(p, &end, 10));
		if (end == p)
			break;
		end += strspn(end, " \n");
	}
}
