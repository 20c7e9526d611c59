/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a guest is asked after its failure: over the fake VM with a backend that can look. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "base/fs.h"
#include "base/json.h"
#include "report/gathered.h"
#include "run/machine.h"
#include "run/recover.h"
#include "run/trial.h"
#include "vm/vm_fake.h"

static struct {
	struct loop *loop;
	const struct vm_callbacks *cb;
	void *arg;
	struct clock *clock;
	unsigned monitors, nmis, dumps;
	uint64_t slow_ns; /* each look takes so long, and the console never rests; 0: neither */
	int refuse;       /* errno of each look; 0: none */
	char *dump_path;
	FILE *console;
} seen;

static int look_new(struct loop *loop, const struct machine *m, const struct vm_callbacks *cb,
		    void *arg, struct vm **ret, struct err *err)
{
	seen.loop = loop;
	seen.cb = cb;
	seen.arg = arg;
	return vm_fake.new(loop, m, cb, arg, ret, err);
}

static int look_monitor(struct vm *vm, const char *command, struct buf *out, struct err *err)
{
	(void)vm;
	seen.monitors++;
	seen.clock->at_ns += seen.slow_ns;
	assert_string_equal(command, "info registers -a");
	if (seen.refuse)
		return err_set(err, seen.refuse, "QEMU is gone");
	buf_printf(out, "CPU#0\nRIP=%016x RFL=00000046 [---Z-P-] CPL=0 II=0 A20=1 SMM=0 HLT=0\n",
		   0x1000 + seen.monitors);
	return 0;
}

static const char panic[] = "[   99.000000] Kernel panic - not syncing: NMI: Not continuing\n"
			    "[   99.000001] CPU: 0 PID: 1 Comm: spin Not tainted 6.1.0-fake #1\n";

static void say_panic(void *arg)
{
	(void)arg;
	if (seen.console)
		fwrite(panic, 1, sizeof(panic) - 1, seen.console);
	if (seen.console)
		fflush(seen.console);
	seen.cb->console(seen.arg, panic, sizeof(panic) - 1, loop_now(seen.loop));
}

/* All tasks of a large guest, on a slow console. */
static void chatter(void *arg)
{
	static const char line[] = "[   99.100000] task:kworker/0:1 state:D stack:0 pid:7\n";

	(void)arg;
	seen.cb->console(seen.arg, line, sizeof(line) - 1, loop_now(seen.loop));
	loop_add_timer(seen.loop, loop_now(seen.loop) + 300 * NS_PER_MS, chatter, NULL);
}

static int look_nmi(struct vm *vm, struct err *err)
{
	(void)vm;
	(void)err;
	seen.nmis++;
	loop_add_timer(seen.loop, loop_now(seen.loop) + NS_PER_MS, say_panic, NULL);
	if (seen.slow_ns)
		chatter(NULL);
	return 0;
}

static int look_dump(struct vm *vm, const char *path, uint64_t limit_ns, struct err *err)
{
	(void)vm;
	(void)limit_ns;
	(void)err;
	seen.dumps++;
	seen.clock->at_ns += seen.slow_ns;
	free(seen.dump_path);
	seen.dump_path = xstrdup(path);
	return 0;
}

/* A guest of the fake VM, in a folder of its own. */
struct patient {
	struct spec spec;
	struct verdict v;
	char *dir, *console;
	int dirfd;
};

static void guest_init(struct patient *g, uint64_t heartbeat_ns)
{
	*g = (struct patient){ .dir = xstrdup("/tmp/kernsoak-gather-XXXXXX") };
	assert_non_null(mkdtemp(g->dir));
	g->dirfd = fs_open_dir(AT_FDCWD, g->dir, NULL);
	g->console = xasprintf("%s/console.log", g->dir);
	g->spec = (struct spec){
		.run = xstrdup("test"), .scenario = xstrdup("test"), .arm = xstrdup("baseline"),
		.uri = xstrdup(""), .seed = 7, .trial = 1,
		.settings = {
			.kernel = xstrdup(""),
			.guest = { .backend = xstrdup("fake"), .memory_bytes = 1 << 28, .vcpus = 1,
				   .numa = 1, .swap = { .bytes = TIME_NEVER },
				   .watchdog = { .timeout = NS_PER_S * 20 },
				   .balloon = { .to = TIME_NEVER, .every = NS_PER_S },
				   .heartbeat = { xstrdup(""), TIME_NEVER },
				   .cmdline = xstrdup("") },
			.exposure_unit = xstrdup(""),
			.target = { .within = 8, .text = xstrdup("") },
			.limits = { .boot = 60 * NS_PER_S, .settle = 60 * NS_PER_S,
				    .soak = 3600 * NS_PER_S, .heartbeat = heartbeat_ns,
				    .silence = TIME_NEVER, .progress = TIME_NEVER, .workqueue = TIME_NEVER,
				    .report = 3 * NS_PER_S },
			.cascade = { .hosts = TIME_NEVER, .containers = 2, .rate = 1, .moves = xstrdup("free") },
			.evidence = { .dump = DUMP_HANGS, .dump_max = 1 << 30, .samples = NS_PER_S },
			.fake = { .boot = 2 * NS_PER_S, .scale = 600 * NS_PER_S, .shape = 1,
				  .other = TIME_NEVER, .host_fault = TIME_NEVER, .rate = 0.01 },
		},
	};
	strv_add(&g->spec.settings.target.classes, "divide-error");
	free(seen.dump_path);
	memset(&seen, 0, sizeof(seen));
}

static void guest_run(struct patient *g)
{
	struct vm_backend backend = vm_fake;
	struct machine_files files = {
		.kernel = "", .initrd = "", .console = g->console, .work = ""
	};
	struct clock clock = clock_fake();
	struct trial_env env = {
		.clock = &clock, .backend = &backend, .dirfd = g->dirfd, .accel = "fake"
	};
	struct machine_made made;
	_cleanup_json_ json_t *spec = NULL;
	struct err err = { 0 };

	seen.clock = &clock;
	backend.new = look_new;
	backend.monitor = look_monitor;
	backend.nmi = look_nmi;
	backend.dump = look_dump;
	seen.console = fopen(g->console, "a");
	machine_make(&g->spec, &files, &made);
	env.machine = &made.m;
	spec = spec_to_json(&g->spec);
	assert_ok(json_write(g->dirfd, "spec.json", spec, &err));
	assert_ok(trial_run(&g->spec, &env, &g->v, &err));
	machine_made_done(&made);
	fclose(seen.console);
}

static void guest_done(struct patient *g)
{
	spec_done(&g->spec);
	close(g->dirfd);
	free(g->console);
	fs_remove_tree(AT_FDCWD, g->dir, NULL);
	free(g->dir);
}

/* "registers nmi- memory": the rungs of the ledger, a - behind those that failed. */
static void assert_ledger(const struct patient *g, const char *want)
{
	_cleanup_json_ json_t *o = NULL;
	_cleanup_buf_ struct buf is = BUF_INIT;
	const json_t *rung;
	struct err err = { 0 };
	size_t i;

	assert_ok(json_read(g->dirfd, "evidence/ledger.json", &o, &err));
	json_array_foreach (json_object_get(o, "rungs"), i, rung)
		buf_printf(&is, "%s%s%s", i ? " " : "",
			   json_string_value(json_object_get(rung, "rung")),
			   json_is_true(json_object_get(rung, "ok")) ? "" : "-");
	assert_string_equal(buf_str(&is), want);
}

static void a_guest_that_fell_silent_gets_an_nmi_and_its_memory_is_kept(void **state)
{
	struct patient g;

	(void)state;
	guest_init(&g, 5 * NS_PER_S); /* its beat comes every ten */
	guest_run(&g);
	assert_int_equal(g.v.sighting.class, CRASH_HEARTBEAT_LOST);
	assert_ledger(&g, "registers nmi memory");
	assert_int_equal(seen.monitors, 3);
	assert_int_equal(seen.nmis, 1);
	assert_true(g.console[0] && strstr(seen.dump_path, "/evidence/memory.kdump"));
	guest_done(&g);
}

static void what_the_guest_says_because_we_asked_is_no_crash(void **state)
{
	struct patient g;
	struct verdict again;
	struct err err = { 0 };

	(void)state;
	guest_init(&g, 5 * NS_PER_S);
	guest_run(&g);
	assert_int_equal(g.v.n_sightings, 0);
	assert_int_equal(g.v.outcome, OUTCOME_OTHER);
	/* the folder alone, after kill -9 of the trial, says the same */
	unlinkat(g.dirfd, "verdict.json", 0);
	assert_ok(recover_verdict(g.dirfd, &again, &err));
	assert_int_equal(again.sighting.class, CRASH_HEARTBEAT_LOST);
	assert_int_equal(again.n_sightings, 0);
	assert_int_equal(again.exposure_ns, g.v.exposure_ns);
	guest_done(&g);
}

static void a_crash_with_a_report_is_asked_for_registers_only(void **state)
{
	struct patient g;

	(void)state;
	guest_init(&g, 60 * NS_PER_S);
	guest_run(&g);
	assert_int_equal(g.v.sighting.class, CRASH_DIVIDE_ERROR);
	assert_ledger(&g, "registers");
	guest_done(&g);
}

static void memory_of_every_failure_is_kept_where_the_scenario_says_so(void **state)
{
	struct patient g;

	(void)state;
	guest_init(&g, 60 * NS_PER_S);
	g.spec.settings.evidence.dump = DUMP_FAILURES;
	guest_run(&g);
	assert_ledger(&g, "registers memory");
	guest_done(&g);
}

static void a_guest_larger_than_the_cap_is_not_dumped_and_the_ledger_says_why(void **state)
{
	struct patient g;
	_cleanup_buf_ struct buf text = BUF_INIT;

	(void)state;
	guest_init(&g, 60 * NS_PER_S);
	g.spec.settings.evidence = (struct evidence_wish){ .dump = DUMP_FAILURES,
							   .dump_max = 16 << 20,
							   .samples = NS_PER_S };
	guest_run(&g);
	assert_ledger(&g, "registers memory-");
	assert_int_equal(seen.dumps, 0);
	assert_true(gathered_text(g.dirfd, &text));
	assert_non_null(strstr(buf_str(&text), "the guest has 256 MiB, evidence.dump-max is 16"));
	guest_done(&g);
}

static void a_rung_that_fails_does_not_keep_the_next_from_being_tried(void **state)
{
	struct patient g;

	(void)state;
	guest_init(&g, 5 * NS_PER_S);
	seen.refuse = ESRCH;
	guest_run(&g);
	assert_ledger(&g, "registers- nmi memory");
	assert_int_equal(g.v.sighting.class, CRASH_HEARTBEAT_LOST);
	guest_done(&g);
}

static void a_guest_that_survived_is_asked_nothing(void **state)
{
	struct patient g;

	(void)state;
	guest_init(&g, 60 * NS_PER_S);
	g.spec.settings.fake.scale = TIME_NEVER;
	guest_run(&g);
	assert_int_equal(g.v.outcome, OUTCOME_SURVIVED);
	assert_int_equal(seen.monitors, 0);
	assert_int_equal(faccessat(g.dirfd, "evidence", F_OK, 0), -1);
	guest_done(&g);
}

static void guest_run_slowly(struct patient *g, uint64_t heartbeat_ns, uint64_t slow_ns)
{
	guest_init(g, heartbeat_ns);
	g->spec.settings.evidence.dump = DUMP_FAILURES;
	seen.slow_ns = slow_ns;
	guest_run(g);
}

/* Of a hang, whose every rung is slow and one runs into its limit, and of a crash with a report. */
static void the_time_to_failure_is_fixed_before_the_ladder_however_long_that_takes(void **state)
{
	static const struct {
		uint64_t heartbeat_ns;
		const char *ledger;
	} rows[] = {
		{ 5 * NS_PER_S, "registers- nmi- memory" },
		{ 60 * NS_PER_S, "registers- memory" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct patient quick, slow;

		guest_run_slowly(&quick, rows[i].heartbeat_ns, 0);
		guest_run_slowly(&slow, rows[i].heartbeat_ns, 200 * NS_PER_S);
		assert_ledger(&slow, rows[i].ledger);
		assert_true(slow.v.wall_ns > quick.v.wall_ns + 200 * NS_PER_S);
		assert_true(quick.v.sighting.at_ns > 0);
		assert_int_equal(slow.v.exposure_ns, quick.v.exposure_ns);
		assert_int_equal(slow.v.sighting.at_ns, quick.v.sighting.at_ns);
		assert_true(slow.v.exposure_work == quick.v.exposure_work);
		assert_int_equal(slow.v.outcome, quick.v.outcome);
		assert_string_equal(slow.v.reason, quick.v.reason);
		guest_done(&quick);
		guest_done(&slow);
	}
}

static void registers_say_which_cpu_moves(void **state)
{
	static const char text[] =
		"# reading 1\n\nCPU#0\nRAX=0\n"
		"RIP=ffffffff81c93f8f RFL=00000206 [-----P-] CPL=0 II=0 A20=1 SMM=0 HLT=1\n"
		"CPU#1\nRIP=ffffffffc0001010 RFL=00000046 [---Z-P-] CPL=0 II=0 A20=1 SMM=0 HLT=0\n"
		"CPU#2\nRIP=000000000040aaaa RFL=00000202 [-------] CPL=3 II=0 A20=1 SMM=0 HLT=0\n"
		"# reading 2\nCPU#0\n"
		"RIP=ffffffff81c93f8f RFL=00000206 [-----P-] CPL=0 II=0 A20=1 SMM=0 HLT=1\n"
		"CPU#1\nRIP=ffffffffc0001014 RFL=00000046 [---Z-P-] CPL=0 II=0 A20=1 SMM=0 HLT=0\n"
		"CPU#2\nRIP=000000000040aaaa RFL=00000202 [-------] CPL=3 II=0 A20=1 SMM=0 HLT=0\n"
		"CPU#99999\nRIP=1 RFL=2 [x] CPL=0\nCPU#1\nRIP=nonsense\n";
	_cleanup_buf_ struct buf out = BUF_INIT;

	(void)state;
	gathered_cpus(text, &out);
	assert_string_equal(buf_str(&out),
			    "    CPU 0 is halted\n"
			    "    CPU 1 moves: ffffffffc0001010 ffffffffc0001014, interrupts off\n"
			    "    CPU 2 stands at 40aaaa, in user space\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(a_guest_that_fell_silent_gets_an_nmi_and_its_memory_is_kept),
		test(what_the_guest_says_because_we_asked_is_no_crash),
		test(a_crash_with_a_report_is_asked_for_registers_only),
		test(memory_of_every_failure_is_kept_where_the_scenario_says_so),
		test(a_guest_larger_than_the_cap_is_not_dumped_and_the_ledger_says_why),
		test(a_rung_that_fails_does_not_keep_the_next_from_being_tried),
		test(a_guest_that_survived_is_asked_nothing),
		test(the_time_to_failure_is_fixed_before_the_ladder_however_long_that_takes),
		test(registers_say_which_cpu_moves),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
