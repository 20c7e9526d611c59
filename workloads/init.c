/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * PID 1 and agent of the guest: makes the system usable, does the host's job (docs/PROTOCOL.md),
 * keeps the loads and tells the host what they do. One thread, one poll loop; it waits for nothing
 * and nobody, for it is the heartbeat that shows a wedged guest. It never prints to the console.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "agent/boot.h"
#include "agent/checkin.h"
#include "agent/errand.h"
#include "agent/hello.h"
#include "agent/kmsg.h"
#include "agent/loads.h"
#include "agent/modules.h"
#include "agent/plant.h"
#include "agent/port.h"
#include "agent/root.h"
#include "agent/sample.h"
#include "agent/say.h"
#include "agent/settings.h"
#include "agent/sysrq.h"
#include "agent/terminal.h"
#include "agent/watchdog.h"
#include "agent/workqueue.h"

#define NS_PER_S     1000000000ull
#define NS_PER_MS    1000000ull
#define LOOK_NS      (20 * NS_PER_MS) /* between two looks for the port or its host */
#define TERM_WAIT_NS (2 * NS_PER_S)   /* from SIGTERM to SIGKILL */
#define KILL_WAIT_NS (2 * NS_PER_S)   /* from SIGKILL to saying that some would not die */

enum phase {
	PHASE_JOB,      /* told what to do, line by line */
	PHASE_ARMING,   /* the loads make ready */
	PHASE_READY,    /* all are armed */
	PHASE_STARTING, /* `begun` is on its way; `go` follows it */
	PHASE_SOAK,
	PHASE_TERM, /* the loads were asked to end */
	PHASE_KILL, /* and then killed */
	PHASE_ENDED,
};

static struct {
	enum phase phase;
	uint64_t seed;
	uint64_t next_second_ns;
	uint64_t beats;
	uint64_t fed;       /* check-ins when the watchdog was last fed */
	uint64_t ladder_ns; /* when PHASE_TERM or PHASE_KILL is over */
	int signal_fd;
	bool planted;   /* faults wait for the soak to begin */
	int boot_level; /* what the kernel said so far of this level or worse is told; -1: nothing
			 */
	struct port port;
	struct terminal terminal;
} agent = { .phase = PHASE_JOB, .boot_level = -1 };

/* ---- what goes to the host ---- */

/* The soak has begun, and what it is about cannot happen: it is none. */
static void say_unarmed(const char *why)
{
	struct wire *w = say("unarmed");

	wire_text(w, "text", why);
	send_line(w, PORT_MUST);
}

static void say_hello(void)
{
	struct wire *w = say("hello");

	hello_take(w, now_ns());
	send_line(w, PORT_MUST);
}

static void look_at_workqueues(uint64_t at_ns)
{
	unsigned cpu;
	uint64_t waited_ns = workqueue_overdue(at_ns, &cpu);

	if (!waited_ns)
		return;
	say_log("CPU %u has not run a work of system_wq for %llu s", cpu,
		(unsigned long long)(waited_ns / NS_PER_S));
	say_overdue(NULL, "workqueue", waited_ns / NS_PER_MS);
}

static void say_beat(uint64_t at_ns)
{
	struct wire *w = say("beat");

	wire_u64(w, "n", ++agent.beats);
	wire_u64(w, "up", at_ns);
	if (checkin_count())
		wire_u64(w, "synced", checkin_count());
	if (agent.port.dropped)
		wire_u64(w, "dropped", agent.port.dropped);
	send_line(w, PORT_MAY_DROP);
}

static void say_sample(uint64_t at_ns)
{
	struct wire *w = say("sample");

	wire_u64(w, "up", at_ns);
	sample_take(w);
	send_line(w, PORT_MAY_DROP);
}

/* A watchdog that waits for check-ins gets nothing for beats, once the first has come. */
static void feed(void)
{
	if (checkin_count() && checkin_count() == agent.fed)
		return;
	agent.fed = checkin_count();
	watchdog_feed();
}

static void every_second(uint64_t at_ns)
{
	feed();
	say_beat(at_ns);
	if (sample_due(agent.beats))
		say_sample(at_ns);
	look_at_workqueues(at_ns);
}

/* `why` is "" where the request was served. */
static void say_answer(const char *n, const char *why)
{
	struct wire *w = say("answer");

	wire_text(w, "n", n);
	if (*why)
		wire_text(w, "error", why);
	wire_u64(w, "up", now_ns());
	send_line(w, PORT_MUST);
}

static void reap(void)
{
	char n[24], why[256];
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		terminal_reaped(&agent.terminal, pid, status);
		if (errand_reaped(pid, status, n, sizeof n, why, sizeof why))
			say_answer(n, why);
		if (workqueue_reaped(pid, status, why, sizeof why))
			say_log("%s", why);
		loads_reaped(pid, status);
	}
}

/* ---- what the host says ---- */

static void on_job(const char *tokens)
{
	char number[24];
	int r;

	if (wire_get(tokens, "seed", number, sizeof number) < 0 ||
	    wire_number(number, &agent.seed) < 0) {
		say_error("job: no seed");
		return;
	}
	r = boot_reseed(agent.seed);
	if (r < 0)
		say_log("entropy not reseeded: %s", strerror(-r));
}

static void on_module(const char *tokens)
{
	char name[64], args[1024] = "", why[512];

	if (wire_get(tokens, "name", name, sizeof name) < 0) {
		say_error("module: no name");
		return;
	}
	wire_get(tokens, "args", args, sizeof args);
	switch (module_load_with(name, args, why, sizeof why)) {
	case MODULE_LOADED: break;
	case MODULE_NOT_LISTED: say_log("module %s is not listed: built in", name); break;
	case MODULE_FAILED: say_error("%s", why); break;
	}
}

/* What is applied at once and read back. */
static void on_setting(const char *word, const char *tokens)
{
	char said[1024];

	switch (setting_apply(word, tokens, said, sizeof said)) {
	case SETTING_UNKNOWN: break;
	case SETTING_FAILED: say_error("%s", said); break;
	case SETTING_DONE:
		if (said[0])
			say_log("%s", said);
		break;
	}
}

static void on_plant(const char *tokens)
{
	char why[512];

	agent.planted = true;
	if (plant_add(tokens, why, sizeof why) < 0)
		say_error("%s", why);
}

static void on_boot_log(const char *tokens)
{
	char text[8];
	uint64_t level;

	if (wire_get(tokens, "level", text, sizeof text) < 0 || wire_number(text, &level) < 0 ||
	    level > 7)
		say_error("boot-log: no level");
	else
		agent.boot_level = (int)level;
}

static void on_settle(const char *tokens)
{
	(void)tokens;
	if (agent.phase != PHASE_JOB)
		return;
	agent.phase = PHASE_ARMING;
	loads_spawn(agent.seed);
}

static void on_begin(const char *tokens)
{
	(void)tokens;
	if (agent.phase != PHASE_READY) {
		say_error("begin before ready");
		return;
	}
	say_up("begun");
	loads_begun();
	agent.phase = PHASE_STARTING;
}

static void on_ping(const char *tokens)
{
	char n[24];
	struct wire *w;

	if (wire_get(tokens, "n", n, sizeof n) < 0)
		return;
	w = say("pong");
	wire_text(w, "n", n);
	wire_u64(w, "up", now_ns());
	send_line(w, PORT_MUST);
}

static void on_ask(const char *tokens)
{
	char n[24], why[128];

	if (wire_get(tokens, "n", n, sizeof n) == 0 && errand_send(n, why, sizeof why) < 0)
		say_answer(n, why);
}

static void on_stop(const char *tokens)
{
	(void)tokens;
	if (agent.phase >= PHASE_TERM)
		return;
	agent.phase = PHASE_TERM;
	agent.ladder_ns = now_ns() + TERM_WAIT_NS;
	loads_terminate();
}

static void on_tune(const char *tokens)
{
	if (agent.phase < PHASE_STARTING)
		say_error("tune before begin");
	else if (agent.phase < PHASE_TERM)
		loads_tune(tokens);
}

/* The trial has failed, and its last words are wanted on the console. */
static void on_sysrq(const char *tokens)
{
	char keys[16], why[512];

	if (wire_get(tokens, "keys", keys, sizeof keys) < 0)
		return;
	for (const char *k = keys; *k; k++)
		if (sysrq_press(*k, why, sizeof why) < 0)
			say_log("%s", why);
}

static const struct {
	const char *word;
	void (*run)(const char *tokens);
} words[] = {
	{ "job", on_job },           { "module", on_module }, { "load", loads_add },
	{ "settle", on_settle },     { "begin", on_begin },   { "ping", on_ping },
	{ "stop", on_stop },         { "sysrq", on_sysrq },   { "plant", on_plant },
	{ "boot-log", on_boot_log }, { "ask", on_ask },       { "tune", on_tune },
};

static void handle_line(char *line)
{
	char *rest = line;
	const char *word = wire_token(&rest);

	for (size_t i = 0; word && i < sizeof words / sizeof *words; i++)
		if (strcmp(word, words[i].word) == 0) {
			words[i].run(rest);
			return;
		}
	if (word && !terminal_word(&agent.terminal, word, rest))
		on_setting(word, rest);
}

/* ---- time ---- */

static void finish(void)
{
	struct wire *w = say("ended");
	size_t stuck = loads_alive();

	wire_u64(w, "up", now_ns());
	if (stuck)
		wire_u64(w, "stuck", stuck); /* in the kernel: not even SIGKILL ends them */
	send_line(w, PORT_MUST);
	agent.phase = PHASE_ENDED;
}

static void kill_all(uint64_t at_ns)
{
	loads_kill();
	agent.phase = PHASE_KILL;
	agent.ladder_ns = at_ns + KILL_WAIT_NS;
}

/* The soak begins: planted faults first, whose clocks start with it, then the loads. */
static void start_soak(void)
{
	char why[512];

	agent.phase = PHASE_SOAK;
	if (agent.planted && plant_arm(why, sizeof why) < 0) {
		say_unarmed(why);
		return;
	}
	loads_go();
}

static void say_kmsg(const struct kmsg_record *r)
{
	struct wire *w = say("kmsg");

	wire_u64(w, "level", r->level);
	wire_u64(w, "us", r->us);
	wire_text(w, "text", r->text);
	send_line(w, PORT_MUST);
}

/* With its levels, which the console does not show. */
static void say_boot_log(void)
{
	struct kmsg_count count;
	int r = kmsg_read((unsigned)agent.boot_level, say_kmsg, &count);

	if (r < 0)
		say_error("boot-log: /dev/kmsg: %s", strerror(-r));
	else if (count.lost)
		say_log("boot-log: %u more lines, or what was there before them, are not told",
			count.lost);
}

static void ready(void)
{
	if (agent.boot_level >= 0)
		say_boot_log();
	if (say_failed())
		return;
	say_up("ready");
	agent.phase = PHASE_READY;
}

/* A check-in that cannot come through while all is well is no detector. The loads may have made
 * what it writes to, so it begins behind them. */
static bool checked_in(void)
{
	char why[128];

	if (checkin_wanted() && checkin_fd() < 0 && checkin_start(why, sizeof why) < 0)
		say_error("%s", why);
	return !checkin_wanted() || checkin_count() > 0;
}

static void hear_checkin(void)
{
	int error = checkin_read();

	if (error && agent.phase == PHASE_ARMING)
		say_error("heartbeat: fsync: %s", strerror(error));
	else if (error)
		say_log("heartbeat: fsync: %s", strerror(error));
}

/* The steps that nobody's line triggers. */
static void step(uint64_t at_ns)
{
	switch (agent.phase) {
	case PHASE_ARMING:
		if (!say_failed() && loads_armed() && checked_in())
			ready();
		break;
	case PHASE_STARTING:
		/* A load may kill the guest at once: the host must have `begun` by then. */
		if (agent.port.queued == 0)
			start_soak();
		break;
	case PHASE_TERM:
		if (loads_alive() == 0 || at_ns >= agent.ladder_ns)
			kill_all(at_ns);
		break;
	case PHASE_KILL:
		if (loads_alive() == 0 || at_ns >= agent.ladder_ns)
			finish();
		break;
	case PHASE_JOB:
	case PHASE_READY:
	case PHASE_SOAK:
	case PHASE_ENDED: break;
	}
}

static void advance(uint64_t at_ns)
{
	enum phase before;

	do {
		before = agent.phase;
		step(at_ns);
	} while (agent.phase != before);
}

static void on_time(uint64_t at_ns)
{
	loads_on_time(at_ns);
	if (at_ns >= agent.next_second_ns) {
		every_second(at_ns);
		agent.next_second_ns += NS_PER_S;
		if (agent.next_second_ns <= at_ns) /* the guest stood still: no burst of old ones */
			agent.next_second_ns = at_ns + NS_PER_S;
	}
}

static uint64_t min_ns(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t next_deadline_ns(uint64_t at_ns)
{
	uint64_t due = min_ns(agent.next_second_ns, loads_due_ns());

	if (agent.port.host_away)
		due = min_ns(due, at_ns + LOOK_NS);
	if (agent.phase == PHASE_TERM || agent.phase == PHASE_KILL)
		due = min_ns(due, agent.ladder_ns);
	return due;
}

/* ---- the loop ---- */

static void wait_for_something(void)
{
	struct pollfd fds[5 + LOADS_FDS];
	nfds_t n;
	uint64_t at_ns = now_ns(), due_ns = next_deadline_ns(at_ns);
	uint64_t wait_ns = due_ns > at_ns ? due_ns - at_ns : 0;
	struct timespec t = { .tv_sec = (time_t)(wait_ns / NS_PER_S),
			      .tv_nsec = (long)(wait_ns % NS_PER_S) };

	port_before_poll(&agent.port, &fds[0]);
	fds[1] = (struct pollfd){ .fd = agent.signal_fd, .events = POLLIN };
	terminal_before_poll(&agent.terminal, &agent.port, &fds[2]);
	fds[4] = (struct pollfd){ .fd = checkin_fd(), .events = POLLIN };
	n = 5 + loads_before_poll(&fds[5]);
	if (ppoll(fds, n, &t, NULL) < 0)
		return;
	port_after_poll(&agent.port, &fds[0]);
	loads_after_poll(&fds[5]);
	if (fds[4].revents)
		hear_checkin();
	if (fds[1].revents) {
		struct signalfd_siginfo info;

		while (read(agent.signal_fd, &info, sizeof info) == sizeof info)
			;
		reap();
	}
}

static void run_loop(void)
{
	char *line;

	agent.next_second_ns = now_ns() + NS_PER_S;
	say_hello();
	for (;;) {
		while ((line = port_next_line(&agent.port)))
			handle_line(line);
		on_time(now_ns());
		terminal_serve(&agent.terminal, &agent.port);
		port_flush(&agent.port);
		advance(now_ns());
		port_flush(&agent.port);
		wait_for_something();
	}
}

static void block_signals(void)
{
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	sigemptyset(&all);
	sigaddset(&all, SIGCHLD);
	agent.signal_fd = signalfd(-1, &all, SFD_NONBLOCK | SFD_CLOEXEC);
}

static void load_base_modules(void)
{
	static const char *const base[] = { "virtio_pci", "virtio_console" };
	char why[512];

	for (size_t i = 0; i < sizeof base / sizeof *base; i++)
		if (module_load(base[i], why, sizeof why) == MODULE_FAILED)
			say_error("%s", why); /* heard if the port is there all the same */
}

static void enter_root(void)
{
	char why[512];

	if (root_enter(why, sizeof why) < 0)
		say_error("%s", why);
}

int main(void)
{
	struct timespec look = { .tv_nsec = LOOK_NS };

	boot_mounts();
	boot_silence();
	block_signals();
	port_init(&agent.port);
	say_init(&agent.port);
	terminal_init(&agent.terminal);
	modules_init();
	load_base_modules();
	enter_root();
	boot_applets();
	boot_harden();
	while (port_open(&agent.port) < 0)
		nanosleep(&look, NULL);
	sample_init();
	run_loop();
}
