/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Containers that are created, executed in, and deleted, at a rate and some at a time. What hosts
 * of many containers die of after days happens on this way: a reference to a network device that
 * is never given back, a namespace that cannot go, and then nobody can create another.
 *
 * This process supervises: it counts, tells what takes too long, and looks at intervals whether the
 * containers left something behind. The work is in churn/, in processes of its own.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "churn/churn.h"
#include "churn/probes.h"
#include "kfile.h"
#include "load.h"

#define MS       1000000ull
#define TURN_MS  100         /* of the supervisor, where nothing happens */
#define PROOF_NS 20000000000 /* the first container must have gone by then */
#define LOOK_NS  (100 * MS)  /* between two looks at what is left */
#define PUSH_NS  (300 * MS)  /* until the first push of it; twice as long until the next */

struct churn {
	struct churn_config cfg;
	struct ledger *ledger;
	uint64_t check_ns, probe_ns, deadline_ns; /* check, probe: 0 for never */
	int events;                               /* a byte for each deletion */
	uint64_t seen;                            /* deletions */
	struct left base;
	uint64_t told_ns[CHURN_PARALLEL_MAX]; /* the stage that was told of, by its beginning */
};

static void read_params(struct churn *c)
{
	const char *name = load_param_text("runtime");

	c->cfg = (struct churn_config){
		.runtime = runtime_by_name(name),
		.rate = load_param_u64("rate"),
		.parallel = load_param_u64("parallel"),
		.lifetime_ns = load_param_u64("lifetime"),
		.delay_ns = load_param_u64("delay"),
		.memory_bytes = load_param_u64("memory"),
		.pids = load_param_u64("pids"),
		.execs = load_param_u64("execs"),
		.udp = load_param_u64("udp-burst"),
		.orphan_retries = load_param_u64("orphan-retries"),
		.user_ns = load_param_bool("user-namespace"),
		.hairpin = load_param_bool("hairpin"),
		.ipv6 = load_param_bool("ipv6"),
		.half_closed = load_param_bool("half-closed"),
		.kill9 = load_param_bool("kill"),
		.unlink = load_param_bool("unlink"),
		.serialise = load_param_bool("serialise"),
		.promiscuous = load_param_bool("promiscuous"),
	};
	c->check_ns = load_param_u64("check");
	c->probe_ns = load_param_u64("probe");
	c->deadline_ns = load_param_u64("probe-deadline");
	if (!c->cfg.runtime)
		load_fail("there is no runtime %s here", name);
	if (!c->cfg.parallel || c->cfg.parallel > CHURN_PARALLEL_MAX)
		load_fail("parallel must be 1 or more, and at most %d", CHURN_PARALLEL_MAX);
}

/* ---- the proof ---- */

/*
 * What is there for longer than the limit is a leak. The kernel may still be at it until then: a
 * dead container's connections keep its namespace for their retries, a second or two with
 * orphan-retries 1. A push too early is cleaned up together with others, and kept with them: the
 * next comes after twice the time.
 */
static bool wait_till_nothing_is_left(struct churn *c, uint64_t limit_ns, char *text, size_t size)
{
	uint64_t at_ns = load_now_ns(), until_ns = at_ns + limit_ns;
	uint64_t push_ns = at_ns + PUSH_NS, pause_ns = PUSH_NS;
	struct left now;

	for (;; at_ns = load_now_ns()) {
		left_count(&now);
		if (!left_more(&c->base, &now, text, size))
			return true;
		if (at_ns >= until_ns)
			return false;
		if (at_ns >= push_ns && now.namespaces > c->base.namespaces) {
			left_push(until_ns - at_ns);
			push_ns = load_now_ns() + pause_ns;
			pause_ns *= 2;
		}
		load_pause(LOOK_NS);
	}
}

static void prove_inside(const struct churn_config *cfg, const struct inside_report *ret)
{
	if (cfg->hairpin && !ret->connected)
		load_fail("the first container could not connect to itself through " CHURN_BRIDGE
			  " (%u tries)",
			  ret->refused);
	if (cfg->half_closed && ret->half_closed < 2)
		load_fail("the first container made %u half-closed connections, not 2",
			  ret->half_closed);
	if (cfg->udp && !ret->datagrams)
		load_fail("the first container could not send a datagram");
}

/* One container does all that the parameters say, and goes without a trace. */
static void prove(struct churn *c, struct inside_report *ret)
{
	struct churn_config quick = c->cfg;
	const char *why = "netlink";
	char text[256];
	struct nl nl;
	int r = nl_open(&nl, NETLINK_ROUTE);

	quick.lifetime_ns = 0;
	if (r == 0)
		r = worker_one(&quick, c->ledger, 0, &nl, -1, ret, &why);
	if (r < 0)
		load_fail("the first container: %s: %s", why, strerror(-r));
	close(nl.fd);
	if (c->cfg.runtime->reports)
		prove_inside(&c->cfg, ret);
	if (!wait_till_nothing_is_left(c, PROOF_NS, text, sizeof text))
		load_fail("the first container left behind: %s", text);
	c->ledger->created = c->ledger->executed = c->ledger->deleted = c->ledger->killed = 0;
}

/* ---- what the supervisor looks at ---- */

/* Takes what the workers told. A worker that is gone would be work that is missing. */
static void listen_to_workers(struct churn *c, int wait_ms)
{
	struct pollfd p = { .fd = c->events, .events = POLLIN };
	char bytes[512];
	int status;
	pid_t pid;

	if (poll(&p, 1, wait_ms) == 1) {
		ssize_t n = read(c->events, bytes, sizeof bytes);

		if (n > 0)
			load_count(c->seen += (uint64_t)n);
	}
	pid = waitpid(-1, &status, WNOHANG);
	if (pid > 0 && WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM)
		_exit(0); /* all of us are told to end */
	if (pid > 0)
		load_fail("a process of the load ended with status %#x", status);
}

/* A container that is being made or deleted for longer than the deadline: that is blocked. */
static void look_at_stages(struct churn *c)
{
	static const char *const names[STAGE_COUNT] = { [STAGE_CREATE] = "container-create",
							[STAGE_EXEC] = "container-exec",
							[STAGE_DELETE] = "container-delete" };

	for (size_t i = 0; i < c->cfg.parallel; i++) {
		struct slot *s = &c->ledger->slot[i];
		enum stage stage = atomic_load(&s->stage);
		uint64_t since_ns = atomic_load(&s->since_ns), now_ns = load_now_ns();

		if (!names[stage] || since_ns == c->told_ns[i] ||
		    now_ns < since_ns + c->deadline_ns)
			continue;
		c->told_ns[i] = since_ns;
		load_overdue(names[stage], now_ns - since_ns);
	}
}

static bool all_idle(const struct churn *c)
{
	for (size_t i = 0; i < c->cfg.parallel; i++)
		if (atomic_load(&c->ledger->slot[i].stage) != STAGE_IDLE)
			return false;
	return true;
}

#define NUMBER(v) (unsigned long long)(v)

static void note_ledger(struct churn *c, const char *left)
{
	struct ledger *l = c->ledger;
	char slabs[768];

	left_slabs(slabs, sizeof slabs);
	load_note("after %llu deletions: %llu created, %llu executed, %llu killed, %llu failed; "
		  "%llu connected to themselves (%llu tries in vain), %llu half-closed, %llu "
		  "datagrams, %llu addresses under detection; left: %s; slabs: %s",
		  NUMBER(c->seen), NUMBER(l->created), NUMBER(l->executed), NUMBER(l->killed),
		  NUMBER(l->failed), NUMBER(l->connected), NUMBER(l->refused),
		  NUMBER(l->half_closed), NUMBER(l->datagrams), NUMBER(l->tentative),
		  *left ? left : "nothing", slabs);
}

/*
 * All containers end, and what is left then must go in its time: the kernel cleans namespaces up
 * behind our back, and one that it cannot clean up blocks all that come after it without a word.
 */
static void check(struct churn *c)
{
	uint64_t from_ns, now_ns;
	struct left now;
	char text[256];
	bool clean;

	atomic_store(&c->ledger->hold, true);
	while (!all_idle(c)) {
		listen_to_workers(c, TURN_MS / 10);
		look_at_stages(c);
	}
	from_ns = load_now_ns();
	clean = wait_till_nothing_is_left(c, c->deadline_ns, text, sizeof text);
	now_ns = load_now_ns();
	listen_to_workers(c, 0);
	note_ledger(c, text);
	if (!clean) {
		load_overdue("cleanup", now_ns - from_ns);
		left_count(&now); /* from here on only what comes on top is told */
		c->base = now;
	}
	atomic_store(&c->ledger->hold, false);
}

static void supervise(struct churn *c)
{
	uint64_t next_ns = c->check_ns ? load_now_ns() + c->check_ns : UINT64_MAX;

	for (;;) {
		listen_to_workers(c, TURN_MS);
		look_at_stages(c);
		if (load_now_ns() >= next_ns) {
			check(c);
			next_ns = load_now_ns() + c->check_ns;
		}
	}
}

static void prepare(struct churn *c)
{
	const char *why = "";
	int r;

	kfile_write("/proc/self/oom_score_adj", "-900"); /* its containers have 500 */
	c->ledger = mmap(NULL, sizeof *c->ledger, PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (c->ledger == MAP_FAILED)
		load_fail("memory for its ledger: %s", strerror(errno));
	r = c->cfg.runtime->prepare(&c->cfg, &why);
	if (r < 0)
		load_fail("%s: %s", why, strerror(-r));
	turns_init(&c->ledger->turns, c->cfg.rate);
	left_base(&c->base);
}

static void on_rate(void *turns, uint64_t rate)
{
	turns_tune(turns, rate);
}

int main(int argc, char **argv)
{
	static struct churn c;
	static struct probe probes[CHURN_PROBES];
	struct inside_report first = { 0 };
	size_t n_probes = 0;
	int events[2];

	if (argc > 0 && strcmp(basename(argv[0]), "inside") == 0) /* or /bin/inside, by crun */
		return inside_main(argc, argv);
	load_init(argc, argv);
	read_params(&c);
	prepare(&c);
	prove(&c, &first);
	if (c.probe_ns)
		n_probes = churn_probes(probes, c.deadline_ns);
	load_tunable("rate", on_rate, &c.ledger->turns);
	load_armed("a %s container came and went without a trace: %u connections to itself, %u "
		   "half-closed, %u datagrams, %u addresses under detection; %zu probes",
		   c.cfg.runtime->name, first.connected, first.half_closed, first.datagrams,
		   first.tentative, n_probes);
	load_wait_go();
	if (pipe2(events, O_CLOEXEC) < 0)
		load_fail("no pipe: %s", strerror(errno));
	c.events = events[0];
	for (size_t i = 0; i < c.cfg.parallel; i++)
		worker_start(&c.cfg, c.ledger, i, events[1]);
	if (n_probes)
		probe_watch(probes, n_probes, c.probe_ns, c.deadline_ns, &c.ledger->hold);
	supervise(&c);
}
