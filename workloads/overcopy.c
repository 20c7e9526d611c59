/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Copies more than fits onto a file system, again and again, each time onto a new one, and tells
 * what the caller learnt of it, at which call and after how long, what is stuck, and what is lost.
 *
 *	note copy n=1 how=file bytes=47185920 accepted=47185920 verdict=told by=fsync
 *		error=ENOSPC after_ms=212 intact=33554432 wrong=13631488 unreadable=0 free=0
 *		sync_ms=1 syncfs=ok
 *	note stuck n=1 who=sync in=sync still_ms=15012 at=12582912 where=wb_wait_for_completion
 *
 * A verdict is `told` (a call of the copier failed), `whole` (none did, and all is there) or
 * `silent-loss` (none did, and something accepted is not there). Its findings are these,
 * `told` with its call (told-by-fsync), and of calls that got stuck (stuck-in-write).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "kfile.h"
#include "load.h"
#include "overcopy/backing.h"
#include "overcopy/checkin.h"
#include "overcopy/copier.h"

#define PIECE    (64 * 1024)
#define MIB      ((uint64_t)1 << 20)
#define TICK_MS  20
#define TOLD_NS  ((uint64_t)5000000000) /* after a loss was told */
#define MAX_PATH 128

enum { PROBE_SYNC, PROBE_STATFS, PROBE_CREATE, N_PROBES };

static struct overcopy {
	struct backing backing;
	struct copy_plan plan;
	struct task writer; /* and syncer, and checker: one after the other */
	struct task probe[N_PROBES];
	struct checkin checkin;
	uint64_t overdue_ms, pause_ns;
	bool release, sync, tell_loss;
	uint64_t n;          /* of the copy */
	uint64_t done_bytes; /* of the copies before it */
	bool proven;         /* copies are the work now */
	bool stuck;          /* in this copy */
} self;

static char mountpoint[MAX_PATH], disks[MAX_PATH];

static const char *error_name(int error)
{
	return error ? strerrorname_np(error) : "ok";
}

/* ---- what may hang: each in a child ---- */

static void sync_all(const void *arg, struct report *r)
{
	(void)arg;
	report_step(r, STEP_SYNC);
	sync();
}

/* sync(2) has no way to say that something was lost; syncfs(2) has. */
static void sync_and_syncfs(const void *arg, struct report *r)
{
	int fd;

	sync_all(arg, r);
	report_step(r, STEP_SYNCFS);
	r->begun = load_now_ns();
	fd = open(mountpoint, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || syncfs(fd) < 0)
		report_told(r, STEP_SYNCFS, errno);
}

static void stat_the_fs(const void *arg, struct report *r)
{
	struct statvfs v;

	(void)arg;
	report_step(r, STEP_STATFS);
	if (statvfs(mountpoint, &v) == 0)
		r->accepted = (uint64_t)v.f_bavail * v.f_frsize;
}

static void create_a_file(const void *arg, struct report *r)
{
	char path[MAX_PATH + 16];
	int fd;

	(void)arg;
	report_step(r, STEP_CREATE);
	snprintf(path, sizeof path, "%s/probe", mountpoint);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		report_told(r, STEP_CREATE, errno);
	else
		unlink(path);
}

static const struct {
	const char *name;
	void (*run)(const void *, struct report *);
} probes[N_PROBES] = {
	[PROBE_SYNC] = { "sync", sync_all },
	[PROBE_STATFS] = { "statfs", stat_the_fs },
	[PROBE_CREATE] = { "create", create_a_file },
};

/* ---- what is stuck ---- */

static void count(void)
{
	const struct report *r = self.writer.report;

	if (self.proven && strcmp(self.writer.name, "writer") == 0)
		load_count(self.done_bytes + r->begun);
}

static void start_probes(void)
{
	for (int i = 0; i < N_PROBES; i++)
		if (!self.probe[i].pid)
			task_start(&self.probe[i], probes[i].name, probes[i].run, NULL);
}

/* Of one that runs; when this comes to be told, half of that is enough to be named with it. */
static bool is_stuck(const struct task *t, uint64_t for_ms)
{
	return t->pid && task_still_ms(t) >= for_ms;
}

static void say_stuck(const struct task *t)
{
	char where[128];

	task_where(t, where, sizeof where);
	load_note("stuck n=%llu who=%s in=%s still_ms=%llu at=%llu where=%s",
		  (unsigned long long)self.n, t->name, step_name((enum step)t->report->step),
		  (unsigned long long)task_still_ms(t),
		  (unsigned long long)self.writer.report->accepted, where);
}

/* The copy's own end: where it hangs is what its caller learns. */
static void say_stuck_in(void)
{
	char name[32];

	snprintf(name, sizeof name, "stuck-in-%s", step_name((enum step)self.writer.report->step));
	load_finding(name);
}

/*
 * All notes before the first word that ends the soak. What harms others is named first: a check-in
 * that starves is a machine that its watchdog resets, a `sync` that hangs is everybody's, the
 * writer is its own.
 */
static void tell_stuck(void)
{
	struct task *all[N_PROBES + 2];
	int n = 0;

	if (is_stuck(&self.checkin.task, self.overdue_ms / 2))
		all[n++] = &self.checkin.task;
	for (int i = 0; i < N_PROBES; i++) {
		if (!task_ended(&self.probe[i], 0))
			all[n++] = &self.probe[i];
		else if (self.probe[i].report)
			load_note("probe n=%llu name=%s ms=%llu error=%s",
				  (unsigned long long)self.n, self.probe[i].name,
				  (unsigned long long)(self.probe[i].ended_ns -
						       self.probe[i].started_ns) /
					  1000000,
				  error_name(self.probe[i].report->told_error));
	}
	if (is_stuck(&self.writer, self.overdue_ms / 2)) {
		all[n++] = &self.writer;
		say_stuck_in();
		self.stuck = true;
	}
	for (int i = 0; i < n; i++)
		say_stuck(all[i]);
	for (int i = 0; i < n && !self.release; i++)
		load_overdue(all[i]->name, task_still_ms(all[i]) * 1000000);
	self.writer.overdue = true;
}

static void wait_for_probes(void)
{
	for (int i = 0; i < N_PROBES; i++)
		while (!task_ended(&self.probe[i], TICK_MS))
			;
}

/* The writer has moved: what was found while it stood still is old. */
static void forget_probes(void)
{
	for (int i = 0; i < N_PROBES; i++)
		task_ended(&self.probe[i], 0);
}

/* Of a task that still runs. */
static void watch(struct task *t)
{
	uint64_t still_ms = task_still_ms(t);

	count();
	checkin_again(&self.checkin);
	if (t->overdue)
		return;
	if (still_ms < self.overdue_ms / 2)
		forget_probes();
	else
		start_probes();
	if (still_ms < self.overdue_ms / 2 * 3 &&
	    !is_stuck(&self.checkin.task, self.overdue_ms / 2 * 3))
		return;
	tell_stuck();
	if (self.release)
		backing_abort(&self.backing);
}

/*
 * Runs it to its end, whatever that takes. When it has got nowhere for half the time, others try
 * the file system too; when these are overdue as well, all of it is told.
 */
static void run(const char *name, void (*body)(const void *, struct report *))
{
	struct task *t = &self.writer;

	task_start(t, name, body, &self.plan);
	while (!task_ended(t, TICK_MS))
		watch(t);
	count();
	if (t->overdue)
		load_note("freed n=%llu who=%s after_ms=%llu", (unsigned long long)self.n, t->name,
			  (unsigned long long)(t->ended_ns - t->started_ns) / 1000000);
	wait_for_probes();
}

/* ---- a copy ---- */

struct result {
	struct report write, check;
	uint64_t took_ms, sync_ms, free_bytes;
	int syncfs_error;
};

static const char *verdict_of(const struct result *c)
{
	if (c->write.told_step != STEP_NONE)
		return "told";
	return c->check.intact == c->write.accepted ? "whole" : "silent-loss";
}

static void say_copy(const struct result *c)
{
	static const char *const hows[] = { "file", "tree", "mmap", "direct" };

	load_note("copy n=%llu how=%s bytes=%llu accepted=%llu verdict=%s by=%s error=%s "
		  "after_ms=%llu intact=%llu wrong=%llu unreadable=%llu free=%llu sync_ms=%llu "
		  "syncfs=%s stuck=%d",
		  (unsigned long long)self.n, hows[self.plan.how],
		  (unsigned long long)self.plan.bytes, (unsigned long long)c->write.accepted,
		  verdict_of(c), step_name((enum step)c->write.told_step),
		  error_name(c->write.told_error), (unsigned long long)c->took_ms,
		  (unsigned long long)c->check.intact, (unsigned long long)c->check.wrong,
		  (unsigned long long)c->check.unreadable, (unsigned long long)c->free_bytes,
		  (unsigned long long)c->sync_ms, error_name(c->syncfs_error), self.stuck);
}

/* One name a copy; of one that was stuck it has been told. */
static void say_finding(const struct result *c)
{
	char name[32];

	if (self.stuck)
		return;
	if (c->write.told_step == STEP_NONE)
		snprintf(name, sizeof name, "%s", verdict_of(c));
	else
		snprintf(name, sizeof name, "told-by-%s", step_name((enum step)c->write.told_step));
	load_finding(name);
}

/* The console's: what a scenario's `detect` can make a failure of. Then the trial ends, and a copy
 * more would be counted that belongs to no life. */
static void tell_loss(const struct result *c)
{
	char line[128];

	if (!self.tell_loss || strcmp(verdict_of(c), "silent-loss") != 0)
		return;
	snprintf(line, sizeof line, "<3>overcopy: silent loss: %llu of %llu bytes\n",
		 (unsigned long long)(c->write.accepted - c->check.intact),
		 (unsigned long long)c->write.accepted);
	kfile_write("/dev/kmsg", line);
	load_pause(TOLD_NS);
}

static void write_it(struct result *ret)
{
	const struct task *t = &self.writer;

	run("writer", copy_write);
	ret->write = *t->report;
	self.done_bytes += t->report->begun;
	ret->took_ms = ((t->report->told_step ? t->report->told_ns : t->ended_ns) - t->started_ns) /
		       1000000;
}

static void sync_it(struct result *ret)
{
	const struct task *t = &self.writer;

	if (self.sync) {
		run("sync", sync_and_syncfs);
		ret->syncfs_error = t->report->told_error;
		ret->sync_ms = (t->report->begun - t->started_ns) / 1000000;
	}
	run("statfs", stat_the_fs);
	ret->free_bytes = t->report->accepted;
}

/* Looks at as much as was accepted: the report of the writer says so to the checker. */
static uint64_t accepted_bytes;

static void check_accepted(const void *plan, struct report *r)
{
	r->accepted = accepted_bytes;
	copy_check(plan, r);
}

static struct result copy_once(void)
{
	struct result c = { 0 };

	self.n++;
	self.stuck = false;
	self.plan.seed = load_random();
	backing_make(&self.backing);
	write_it(&c);
	sync_it(&c);
	accepted_bytes = c.write.accepted;
	run("check", check_accepted);
	c.check = *self.writer.report;
	backing_unmake(&self.backing);
	return c;
}

/* ---- making ready ---- */

static int choice(const char *key, const char *const *words, int n)
{
	const char *word = load_param_text(key);

	for (int i = 0; i < n; i++)
		if (strcmp(words[i], word) == 0)
			return i;
	load_fail("the parameter `%s=%s` is not known", key, word);
}

static void read_backing(struct backing *b)
{
	static const char *const kinds[] = { "overfs", "loop", "dm-error", "dm-flakey" };
	int policy = overfs_policy_by_name(load_param_text("policy"));

	if (policy < 0)
		load_fail("the parameter `policy=%s` is not known", load_param_text("policy"));
	b->kind = (enum backing_kind)choice("fs", kinds, 4);
	b->overfs = (struct overfs_config){
		.mountpoint = mountpoint,
		.capacity_bytes = load_param_u64("capacity") / PIECE * PIECE,
		.latency_ns = load_param_u64("latency"),
		.policy = (enum overfs_policy)policy,
		.writeback = load_param_bool("writeback"),
		.statfs_lies = strcmp(load_param_text("statfs"), "lies") == 0,
		.prefix = "note ",
	};
	b->loose = load_param_bool("loose");
	b->on_errors = load_param_text("errors");
	b->dir = disks;
}

static void read_params(void)
{
	static const char *const hows[] = { "file", "tree", "mmap", "direct" };
	const char *dir = load_param_text("dir");

	mkdir(dir, 0755);
	snprintf(mountpoint, sizeof mountpoint, "%s/mnt", dir);
	snprintf(disks, sizeof disks, "%s/disks", dir);
	read_backing(&self.backing);
	self.overdue_ms = load_param_u64("overdue") / 1000000;
	self.pause_ns = load_param_u64("pause");
	self.release = load_param_bool("release");
	self.sync = load_param_bool("sync");
	self.tell_loss = load_param_bool("tell-loss");
	self.plan = (struct copy_plan){
		.dir = mountpoint,
		.how = (enum copy_how)choice("how", hows, 4),
		.fsync = load_param_bool("fsync"),
	};
	uint64_t percent = load_param_u64("percent");
	self.plan.bytes = self.backing.overfs.capacity_bytes * percent / 100 / PIECE * PIECE;
	if (self.plan.bytes < PIECE)
		self.plan.bytes = PIECE;
	self.backing.claims_bytes = self.backing.overfs.capacity_bytes + 2 * self.plan.bytes;
	if (self.backing.claims_bytes < 128 * MIB)
		self.backing.claims_bytes = 128 * MIB;
}

/* What the loop's file holds is memory. */
static void check_room(void)
{
	struct sysinfo info;
	uint64_t wants = self.backing.overfs.capacity_bytes;

	if (self.backing.kind == BACKING_OVERFS)
		return;
	if (self.backing.kind == BACKING_DM_FLAKEY)
		wants += 16 * MIB;
	sysinfo(&info);
	if (wants > (uint64_t)info.totalram * info.mem_unit / 2)
		load_fail("capacity: %llu MiB of memory for the disk is more than half of %llu MiB",
			  (unsigned long long)(wants / MIB),
			  (unsigned long long)info.totalram * info.mem_unit / MIB);
}

/* A copy that fits comes back whole, or nothing that is said later means anything. */
static void prove(void)
{
	struct copy_plan real = self.plan;
	uint64_t overdue_ms = self.overdue_ms;
	struct result c;

	self.plan.bytes = PIECE;
	self.overdue_ms = UINT64_MAX / 4;
	c = copy_once();
	if (strcmp(verdict_of(&c), "whole") != 0)
		load_fail("64 KiB copied to %s did not come back: %s in %s, %llu bytes intact",
			  mountpoint, error_name(c.write.told_error),
			  step_name((enum step)c.write.told_step),
			  (unsigned long long)c.check.intact);
	self.plan = real;
	self.overdue_ms = overdue_ms;
	self.n = self.done_bytes = 0;
	self.proven = true;
}

int main(int argc, char **argv)
{
	load_init(argc, argv);
	read_params();
	check_room();
	if (self.tell_loss && access("/dev/kmsg", W_OK) < 0)
		load_fail("tell-loss: /dev/kmsg: %s", strerror(errno));
	checkin_init(&self.checkin, load_param_text("checkin"), self.overdue_ms);
	prove();
	load_armed("%s took 64 KiB and gave them back; %s", load_param_text("fs"),
		   self.backing.limits);
	load_wait_go();
	for (;;) {
		struct result c = copy_once();
		say_copy(&c);
		say_finding(&c);
		tell_loss(&c);
		load_pause_about(self.pause_ns);
	}
}
