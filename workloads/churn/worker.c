/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "../load.h"
#include "churn.h"

#define MS      1000000ull
#define HOLD_MS 5 /* between two looks whether the hold is over */

const char *const stage_names[STAGE_COUNT] = { "idle", "create", "exec", "live", "delete" };

static void enter(struct ledger *l, size_t slot, enum stage stage)
{
	atomic_store(&l->slot[slot].since_ns, load_now_ns());
	atomic_store(&l->slot[slot].stage, stage);
}

/* Its work is done when its report is here; its death before that is a failure. */
static int read_report(const struct churn_config *cfg, const struct container *c,
		       struct inside_report *ret, const char **ret_why)
{
	ssize_t n;

	*ret_why = "what it does";
	if (!cfg->runtime->reports)
		return 0;
	do
		n = read(c->report, ret, sizeof *ret);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	return n == sizeof *ret && ret->magic == INSIDE_MAGIC ? 0 : -ECHILD;
}

static int live(const struct churn_config *cfg, struct ledger *l, size_t slot, struct container *c,
		struct inside_report *ret, const char **ret_why)
{
	int r = read_report(cfg, c, ret, ret_why);

	enter(l, slot, STAGE_EXEC);
	for (uint64_t i = 0; i < cfg->execs && r == 0; i++) {
		r = cfg->runtime->exec(cfg, c, ret_why);
		atomic_fetch_add(&l->executed, r == 0);
	}
	if (r < 0)
		return r;
	enter(l, slot, STAGE_LIVE);
	load_pause_about(cfg->lifetime_ns);
	return 0;
}

/* One deletion at a time, where that is wanted. The lock of a file goes with its process. */
static int lock_deletion(const struct churn_config *cfg)
{
	struct flock whole = { .l_type = F_WRLCK };
	int fd = cfg->serialise ? open(CHURN_DIR "/deletion", O_RDWR | O_CREAT | O_CLOEXEC, 0600)
				: -1;

	if (fd >= 0)
		fcntl(fd, F_SETLKW, &whole);
	return fd;
}

static int end_it(const struct churn_config *cfg, struct ledger *l, size_t slot, struct nl *nl,
		  struct container *c, int event, const char **ret_why)
{
	int lock, r;

	if (event >= 0 && write(event, "d", 1) != 1)
		_exit(1); /* the supervisor is gone */
	lock = lock_deletion(cfg);
	enter(l, slot, STAGE_DELETE);
	r = cfg->runtime->delete (cfg, nl, c, ret_why);
	if (lock >= 0)
		close(lock);
	if (r == 0 && event >= 0)
		atomic_fetch_add(&l->deleted, 1);
	atomic_fetch_add(&l->killed, c->killed);
	return r;
}

int worker_one(const struct churn_config *cfg, struct ledger *l, size_t slot, struct nl *nl,
	       int event, struct inside_report *ret, const char **ret_why)
{
	struct container c = { .pidfd = -1, .netns = -1, .report = -1, .hold = -1 };
	const char *why_end = "";
	int r, end;
	bool born;

	c.number = atomic_fetch_add(&l->number, 1) + 1;
	enter(l, slot, STAGE_CREATE);
	r = cfg->runtime->create(cfg, nl, &c, ret_why);
	born = r == 0;
	if (born) {
		atomic_fetch_add(&l->created, 1);
		r = live(cfg, l, slot, &c, ret, ret_why);
	}
	/* What never came to be is tidied up, but no deletion. */
	end = end_it(cfg, l, slot, nl, &c, born ? event : -1, &why_end);
	enter(l, slot, STAGE_IDLE);
	if (r == 0 && end < 0) {
		*ret_why = why_end;
		return end;
	}
	return r;
}

static void wait_for_turn(struct ledger *l, size_t slot)
{
	turns_wait(&l->turns);
	/* Busy first, then the look: the supervisor sets `hold` first, then looks who is busy. */
	for (enter(l, slot, STAGE_CREATE); atomic_load(&l->hold); enter(l, slot, STAGE_CREATE)) {
		enter(l, slot, STAGE_IDLE);
		load_pause(HOLD_MS * MS);
	}
}

static void add_report(struct ledger *l, const struct inside_report *r)
{
	atomic_fetch_add(&l->connected, r->connected);
	atomic_fetch_add(&l->refused, r->refused);
	atomic_fetch_add(&l->half_closed, r->half_closed);
	atomic_fetch_add(&l->datagrams, r->datagrams);
	atomic_fetch_add(&l->tentative, r->tentative);
}

static void run(const struct churn_config *cfg, struct ledger *l, size_t slot, int event)
{
	struct nl nl;
	int r = nl_open(&nl, NETLINK_ROUTE);

	if (r < 0)
		load_fail("netlink: %s", strerror(-r));
	for (;;) {
		struct inside_report report = { 0 };
		const char *why = "";

		wait_for_turn(l, slot);
		r = worker_one(cfg, l, slot, &nl, event, &report, &why);
		add_report(l, &report);
		if (r < 0 && atomic_fetch_add(&l->failed, 1) < 20)
			load_note("a container failed: %s: %s", why, strerror(-r));
	}
}

void worker_start(const struct churn_config *cfg, struct ledger *l, size_t slot, int event)
{
	pid_t pid = fork();

	if (pid < 0)
		load_fail("no process for a worker: %s", strerror(errno));
	if (pid > 0)
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (size_t i = 0; i <= slot; i++)
		load_random(); /* each worker goes its own way */
	run(cfg, l, slot, event);
}
