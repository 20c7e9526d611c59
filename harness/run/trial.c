/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "run/trial.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>

#include "base/exit.h"
#include "base/fs.h"
#include "model/plants.h"
#include "run/asking.h"
#include "run/balloon.h"
#include "run/boot_place.h"
#include "run/disks.h"
#include "run/evidence.h"
#include "run/gather.h"
#include "run/host.h"
#include "run/orders.h"
#include "run/silence.h"
#include "run/witness.h"

struct trial {
	const struct spec *spec;
	const struct trial_env *env;
	struct loop *loop;
	struct vm *vm;
	struct detector *detector, *second; /* of the console; of the netconsole, if there is one */
	struct evidence *evidence;
	struct host_watch host;
	struct balloon *balloon;
	struct asking *asking;
	struct orders *orders;
	struct loop_source *limit, *watch, *host_timer;
	struct gather *gather; /* in its step only */
	bool held;             /* for a debugger, until somebody says enough */
	bool asked;            /* what the console says from here on, we asked for */

	enum step step;
	struct witness witness;
	bool begin_sent;
	bool exposed; /* the runner knows */
	uint64_t console_bytes;
	uint64_t last_sound_ns; /* last byte from console or agent */

	struct verdict verdict;
	struct err err; /* of what made it end as INFRA, or of the commit */
	int result;
};

static void enter(struct trial *t, enum step step);
static void on_limit(void *arg);

static uint64_t now(const struct trial *t)
{
	return loop_now(t->loop);
}

/* The runner counts an age from the exposure's beginning, and none after the soak's end. Virtual
 * time is none of its own. */
static void tell_runner(const struct trial *t)
{
	if (t->witness.facts.soak_ns && !t->env->clock->fake)
		evidence_soak(t->evidence, t->witness.facts.exposed_ns,
			      t->witness.facts.horizon_ns ? t->witness.facts.horizon_ns
							  : t->witness.facts.end_ns);
}

static void note_exposure(struct trial *t)
{
	if (t->exposed || !t->witness.facts.exposed_ns)
		return;
	t->exposed = true;
	tell_runner(t);
	evidence_note(t->evidence, now(t), EXPOSURE_NOTE "%s",
		      exposure_starts[t->spec->settings.exposure_starts]);
}

/* The trial leaves its steps: straight to the kill, or by way of EVIDENCE where words may follow.
 */
static void end(struct trial *t, enum ending ending, const char *detail)
{
	if (t->step >= STEP_EVIDENCE)
		return;
	t->balloon = balloon_free(t->balloon);
	t->asking = asking_free(t->asking);
	t->orders = orders_free(t->orders);
	witness_end(&t->witness, ending, t->step, now(t), detail);
	tell_runner(t);
	evidence_note(t->evidence, now(t), ENDING_NOTE "%d in %s: %s", ending, step_name(t->step),
		      detail);
	enter(t, classify_words_may_follow(ending) ? STEP_EVIDENCE : STEP_KILL);
}

static void send_line(struct trial *t, const char *text)
{
	if (vm_send(t->vm, text, strlen(text)) < 0)
		end(t, ENDING_HOST, "the agent's channel does not take our words");
}

/* ---- what the detector says ---- */

static void on_sighting(void *arg, enum sighting_phase phase, uint64_t serial,
			const struct sighting *s)
{
	struct trial *t = arg;

	if (witness_sighting(&t->witness, phase, serial, s))
		end(t, ENDING_CRASH, s->title);
}

static void on_second_sighting(void *arg, enum sighting_phase phase, uint64_t serial,
			       const struct sighting *s)
{
	struct trial *t = arg;

	if (witness_netconsole(&t->witness, phase, serial, s))
		end(t, ENDING_CRASH, s->title);
}

/* ---- what the guest says ---- */

static void on_console(void *arg, const void *data, size_t n, uint64_t at_ns)
{
	struct trial *t = arg;

	t->console_bytes += n;
	t->last_sound_ns = at_ns;
	evidence_console(t->evidence, t->console_bytes, at_ns);
	if (t->gather)
		gather_console(t->gather, t->console_bytes);
	if (!t->asked)
		detector_feed(t->detector, data, n, at_ns);
}

/* What the folder has of it is what is fed, so that offsets are the file's. */
static void on_netconsole(void *arg, const void *data, size_t n, uint64_t at_ns)
{
	const char *message = data;
	struct trial *t = arg;

	if (!evidence_netconsole(t->evidence, message, n, at_ns) || t->asked || !t->second)
		return;
	detector_feed(t->second, message, n, at_ns);
	if (!n || message[n - 1] != '\n')
		detector_feed(t->second, "\n", 1, at_ns);
}

/* The guest was let come so far, so that one trial tells all of them. */
static void end_in_boot_errors(struct trial *t)
{
	char detail[64];

	snprintf(detail, sizeof(detail), "the first of %zu", t->witness.n_boot_errors);
	end(t, ENDING_BOOT, detail);
}

/* Disks that are to fail do so from here on: nothing does before the soak. */
static void begin(struct trial *t)
{
	if (vm_begin_faults(t->vm, &t->err) < 0)
		end(t, ENDING_HOST, t->err.msg);
	else
		send_line(t, "begin\n");
}

/* From step to step, as the guest comes along. */
static void follow(struct trial *t)
{
	const struct facts *f = &t->witness.facts;

	if (t->step == STEP_BOOT && f->hello_ns)
		enter(t, STEP_SETTLE);
	if (t->step == STEP_SETTLE && t->witness.n_boot_errors) {
		end_in_boot_errors(t);
		return;
	}
	if (t->step == STEP_SETTLE && f->ready_ns && !t->begin_sent) {
		t->begin_sent = true;
		begin(t);
	}
	if (t->step == STEP_SETTLE && f->soak_ns)
		enter(t, STEP_SOAK);
	note_exposure(t);
}

static const char *text_of(const struct agent_line *l)
{
	const char *text = pairs_get(&l->arg, "text");

	return text ? text : "(no text)";
}

static void on_error(struct trial *t, const struct agent_line *l)
{
	end(t, ENDING_GUEST_ERROR, text_of(l));
}

/* Believed only while no load has counted: else a guest could unmake a soak of hours. */
static void on_unarmed(struct trial *t, const struct agent_line *l)
{
	const struct facts *f = &t->witness.facts;

	end(t, f->last_progress_ns > f->soak_ns ? ENDING_GUEST_ERROR : ENDING_UNARMED, text_of(l));
}

static void on_exited(struct trial *t, const struct agent_line *l)
{
	const char *load = pairs_get(&l->arg, "load"), *status = pairs_get(&l->arg, "status");
	char detail[128];

	if (status && str_eq(status, "0"))
		return;
	snprintf(detail, sizeof(detail), "the load %.60s ended with status %.20s",
		 load ? load : "?", status ? status : "?");
	end(t, ENDING_GUEST_ERROR, detail);
}

/* The load's words are for the reason; what is believed of them is in the facts. */
static void on_probe(struct trial *t, const struct agent_line *l)
{
	const char *load = pairs_get(&l->arg, "load");
	char detail[128];

	if (!t->witness.facts.probe_ns)
		return;
	snprintf(detail, sizeof(detail), "the %s%.60s has waited %.1f s for %.24s",
		 load ? "load " : "agent", load ? load : "",
		 (double)agent_u64(l, "overdue_ms", 0) / 1e3, t->witness.facts.probe);
	end(t, ENDING_PROBE, detail);
}

static void tick(struct trial *t, uint64_t at_ns)
{
	detector_tick(t->detector, at_ns);
	if (t->second)
		detector_tick(t->second, at_ns);
}

static void on_agent(void *arg, const char *line, size_t n, uint64_t at_ns)
{
	struct trial *t = arg;
	struct agent_line l;

	t->last_sound_ns = at_ns;
	evidence_agent(t->evidence, line, n, at_ns);
	if (agent_parse(line, n, &l) < 0)
		return;
	witness_agent(&t->witness, &l, at_ns);
	if (str_eq(l.word, "beat"))
		tick(t, at_ns); /* a report may have ended in silence */
	if (str_eq(l.word, "error"))
		on_error(t, &l);
	else if (str_eq(l.word, "unarmed"))
		on_unarmed(t, &l);
	else if (str_eq(l.word, "exited"))
		on_exited(t, &l);
	else if (str_eq(l.word, "probe"))
		on_probe(t, &l);
	else
		follow(t);
	agent_line_done(&l);
}

static void on_state(void *arg, enum vm_state state, const char *detail)
{
	struct trial *t = arg;

	evidence_note(t->evidence, now(t), "machine %s: %s", vm_state_name(state), detail);
	switch (state) {
	case VM_RUNNING:
	case VM_PAUSED:
	case VM_PANICKED: break; /* a hint; the console is the truth */
	case VM_RESET:
	case VM_SHUT_DOWN: end(t, ENDING_RESET, detail); break;
	case VM_ERROR:
	case VM_GONE: end(t, ENDING_HOST, detail); break;
	}
	if ((t->step == STEP_GATHER || t->held) && (state == VM_RESET || state == VM_GONE))
		enter(t, STEP_KILL); /* there is nobody left to ask */
}

static void on_signal(void *arg, int signo)
{
	struct trial *t = arg;

	if (signo == TRIAL_ENOUGH)
		end(t, ENDING_ENOUGH, "");
	else
		end(t, ENDING_STOP, strsignal(signo));
	if (t->step == STEP_GATHER || t->held)
		enter(t, STEP_KILL);
}

/* ---- what silence says ---- */

/* One timer watches the limits of the soak: it fires at the earliest and looks again. */
static void on_watch(void *arg)
{
	struct trial *t = arg;
	struct silence over;
	uint64_t next;

	t->watch = NULL;
	if (t->step != STEP_SOAK)
		return;
	if (silence_look(&t->spec->settings, &t->witness.facts, t->last_sound_ns, now(t), &next,
			 &over))
		end(t, over.ending, over.detail);
	else
		t->watch = loop_add_timer(t->loop, next, on_watch, t);
}

/* ---- what the run orders ---- */

static void on_tuned(void *arg, uint64_t value)
{
	struct trial *t = arg;

	t->witness.facts.tuned_ns = now(t);
	t->witness.facts.idle = value == 0;
	t->watch = loop_remove(t->loop, t->watch);
	t->watch = loop_add_timer(t->loop, now(t), on_watch, t);
}

static void on_until(void *arg, uint64_t at_ns)
{
	struct trial *t = arg;

	t->limit = loop_remove(t->loop, t->limit);
	t->limit = loop_add_timer(t->loop, at_ns, on_limit, t);
	witness_placed(&t->witness, now(t));
	note_exposure(t);
}

/* What the host sees of the guest, which goes on when the guest no longer says anything. */
static void note_host(struct trial *t)
{
	struct vm_stats stats = { 0 };
	_cleanup_buf_ struct buf text = BUF_INIT;

	host_watch_sample(&t->host, &text);
	if (t->step > STEP_EVIDENCE)
		return;
	vm_stats(t->vm, &stats);
	buf_printf(&text, " lag=%llu", (unsigned long long)stats.lag_ns);
	for (size_t i = 0; i < stats.n_vcpus; i++)
		buf_printf(&text, " vcpu%zu=%llu want%zu=%llu", i,
			   (unsigned long long)stats.vcpu_ns[i], i,
			   (unsigned long long)stats.wanted_ns[i]);
	evidence_note(t->evidence, now(t), HOST_NOTE "%s", buf_str(&text));
}

static void on_host_timer(void *arg)
{
	struct trial *t = arg;

	note_host(t);
	t->host_timer = loop_add_timer(t->loop, now(t) + NS_PER_S, on_host_timer, t);
}

/* ---- the steps ---- */

static int make_console(struct trial *t)
{
	_cleanup_close_ int fd = -1;

	if (t->env->dirfd < 0)
		return 0;
	fd = openat(t->env->dirfd, "console.log", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd >= 0)
		return 0;
	err_set(&t->err, errno, "cannot create console.log: %s", strerror(errno));
	return err_exit(&t->err, EXIT_CANNOT_WRITE);
}

static int write_verdict(struct trial *t)
{
	_cleanup_json_ json_t *j = verdict_to_json(&t->verdict);

	if (t->env->dirfd < 0)
		return 0;
	return json_write(t->env->dirfd, "verdict.json", j, &t->err);
}

static void prepare(struct trial *t)
{
	static const struct vm_callbacks callbacks = { on_console, on_agent, on_state,
						       on_netconsole };

	t->witness.facts.spawn_ns = now(t);
	t->result = write_verdict(t);
	if (t->result == 0)
		t->result = make_console(t);
	if (t->result == 0)
		t->result = evidence_open(t->env->dirfd, &t->evidence, &t->err);
	if (t->result < 0) {
		loop_quit(t->loop, 0);
		t->step = STEP_COUNT;
		return;
	}
	t->detector = detector_new_for(&t->spec->settings.detect, on_sighting, t, &t->err);
	if (t->detector && t->env->machine->netconsole)
		t->second =
			detector_new_for(&t->spec->settings.detect, on_second_sighting, t, &t->err);
	if (t->detector && !t->second == !t->env->machine->netconsole &&
	    vm_new(t->env->backend, t->loop, t->env->machine, &callbacks, t, &t->vm, &t->err) == 0)
		enter(t, STEP_BOOT);
	else
		end(t, ENDING_HOST, t->err.msg);
}

static void boot(struct trial *t)
{
	int r = vm_start(t->vm, &t->err);

	disks_opened(t->env->machine);
	if (r < 0)
		end(t, ENDING_HOST, t->err.msg);
}

static void settle(struct trial *t)
{
	_cleanup_buf_ struct buf job = BUF_INIT;

	agent_job(&t->spec->settings, t->spec->seed, &job);
	send_line(t, buf_str(&job));
}

static void soak(struct trial *t)
{
	if (!t->env->clock->fake) {
		host_watch_start(&t->host);
		on_host_timer(t);
	}
	t->balloon = balloon_start(t->loop, t->vm, t->evidence, &t->spec->settings.guest);
	t->asking = asking_start(t->loop, t->vm, &t->spec->settings.guest);
	t->orders = orders_start(t->env->orders, &(struct orders_env){ t->loop, t->vm, t->evidence,
								       on_tuned, on_until, t });
	tell_runner(t);
	on_watch(t);
}

static void evidence(struct trial *t)
{
	(void)t; /* the limit of the step does the rest */
}

static void on_gathered(void *arg)
{
	enter(arg, STEP_KILL);
}

static void gather(struct trial *t)
{
	const struct facts *f = &t->witness.facts;
	bool locked_up;

	witness_hear_both(&t->witness);
	locked_up =
		str_eq(crash_info(f->sighting.class)->family, "lockup") && !f->sighting.panicked;
	if (t->env->dirfd < 0 || !vm_can_look(t->vm) || f->ending == ENDING_RESET ||
	    ((f->ending == ENDING_GUEST_ERROR || f->ending == ENDING_UNARMED) &&
	     !f->has_sighting)) {
		enter(t, STEP_KILL);
		return;
	}
	t->asked = true;
	evidence_note(t->evidence, now(t), GATHER_NOTE);
	t->gather = gather_start(&(struct gather_env){ .loop = t->loop,
						       .vm = t->vm,
						       .dirfd = t->env->dirfd,
						       .console = t->env->machine->console,
						       .settings = &t->spec->settings,
						       .silent = !f->has_sighting,
						       .hang = !f->has_sighting || locked_up,
						       .agent = silence_agent_lives(f, f->end_ns),
						       .console_bytes = t->console_bytes },
				 on_gathered, t);
}

static void kill_guest(struct trial *t)
{
	struct vm_stats stats = { 0 };

	t->gather = gather_free(t->gather);

	if (t->witness.facts.soak_ns && !t->env->clock->fake)
		host_watch_end(&t->host, &t->verdict.host_load, &t->verdict.host_steal);
	if (t->vm) {
		vm_stats(t->vm, &stats);
		vm_destroy(t->vm);
	}
	t->verdict.vcpu_ns = stats.cpu_ns;
	t->verdict.reader_lag_ns = stats.lag_ns; /* the step's limit lets the last bytes come in */
}

static void decide(struct trial *t)
{
	if (t->detector)
		detector_finish(t->detector);
	if (t->second)
		detector_finish(t->second);
	witness_hear_both(&t->witness);
	boot_place(t->env->dirfd, &t->witness);
	classify(t->spec, &t->witness.facts, &t->verdict);
	snprintf(t->verdict.kernel, sizeof(t->verdict.kernel), "%s", t->witness.kernel);
	enter(t, STEP_COMMIT);
}

static void commit(struct trial *t)
{
	t->verdict.final = true;
	t->verdict.wall_ns = now(t) - t->witness.facts.spawn_ns;
	if (t->env->dirfd >= 0) {
		_cleanup_json_ json_t *sightings = witness_sightings(&t->witness);

		t->result = json_write(t->env->dirfd, "sightings.json", sightings, &t->err);
	}
	if (t->result == 0 && evidence_error(t->evidence) < 0) {
		t->result = err_set(&t->err, -evidence_error(t->evidence),
				    "the trial's logs could not be written: %s",
				    strerror(-evidence_error(t->evidence)));
		err_exit(&t->err, EXIT_CANNOT_WRITE);
	}
	if (t->result == 0)
		t->result = write_verdict(t);
	loop_quit(t->loop, 0);
}

static uint64_t step_limit(const struct trial *t, enum step step)
{
	switch (step) {
#define STEP(id, fn, limit, ending, sentence)                                                      \
	case STEP_##id:                                                                            \
		return limit;
#include "run/steps.def"
#undef STEP
	case STEP_COUNT: break;
	}
	return TIME_NEVER;
}

static const struct {
	void (*enter)(struct trial *t);
	enum ending at_limit;
} steps[] = {
#define STEP(id, fn, limit, ending, sentence) [STEP_##id] = { fn, ending },
#include "run/steps.def"
#undef STEP
};

/* A target that was seen shortly before the horizon may yet last long enough to count. */
static bool wait_for_target(struct trial *t)
{
	uint64_t until = witness_horizon(&t->witness, now(t));

	if (!until)
		return false;
	evidence_note(t->evidence, now(t), "the horizon: whether the target lasts is waited for");
	tell_runner(t);
	t->limit = loop_add_timer(t->loop, until, on_limit, t);
	return true;
}

/* Its report is whole: it stands where it stood then, as near as we can. */
static void hold(struct trial *t)
{
	const struct facts *f = &t->witness.facts;
	struct err err = { 0 };

	if (f->ending == ENDING_RESET) {
		enter(t, STEP_KILL);
		return;
	}
	t->held = true;
	witness_hear_both(&t->witness);
	if (vm_pause(t->vm, &err) < 0)
		evidence_note(t->evidence, now(t), "not stopped: %s", err.msg);
	t->env->held(t->env->arg, f->has_sighting ? f->sighting.title : f->detail);
}

static void on_limit(void *arg)
{
	struct trial *t = arg;
	uint64_t limit = step_limit(t, STEP_EVIDENCE);

	t->limit = NULL;
	if (t->step == STEP_KILL) {
		enter(t, STEP_CLASSIFY);
		return;
	}
	if (t->step == STEP_SOAK && wait_for_target(t))
		return;
	if (t->step != STEP_EVIDENCE) {
		end(t, steps[t->step].at_limit, "");
		return;
	}
	/* A report that is still coming gets five times its time: all-CPU dumps under TCG are slow.
	 */
	tick(t, now(t));
	if (witness_report_open(&t->witness) && now(t) < t->witness.facts.end_ns + 5 * limit)
		t->limit = loop_add_timer(t->loop, now(t) + limit, on_limit, t);
	else if (t->env->held)
		hold(t);
	else
		enter(t, STEP_GATHER);
}

static void enter(struct trial *t, enum step step)
{
	uint64_t limit = step_limit(t, step);

	t->step = step;
	t->limit = loop_remove(t->loop, t->limit);
	if (limit != TIME_NEVER)
		t->limit = loop_add_timer(t->loop, now(t) + limit, on_limit, t);
	steps[step].enter(t);
}

void trial_verdict_init(const struct spec *s, const char *accel, struct verdict *ret)
{
	const struct settings *set = &s->settings;
	const struct load_def *def = set->n_loads ? set->load[0].def : NULL;
	struct verdict v = {
		.trial = s->trial, .block = s->block, .slot = s->slot, .seed = s->seed
	};

	v.started_s = clock_wall_s();
	v.exposure_work = v.host_load = v.host_steal = NAN;
	if (set->exposure_unit[0])
		def = load_by_name(set->exposure_unit);
	snprintf(v.arm, sizeof(v.arm), "%s", s->arm);
	snprintf(v.origin, sizeof(v.origin), "%s", origin_name(plants_origin(&s->settings)));
	snprintf(v.unit, sizeof(v.unit), "%s", def ? def->unit : "units");
	snprintf(v.accel, sizeof(v.accel), "%s", accel);
	snprintf(v.reason, sizeof(v.reason), "interrupted before its verdict");
	*ret = v;
}

static void free_all(struct trial *t)
{
	t->vm = vm_free(t->vm);
	t->detector = detector_free(t->detector);
	t->second = detector_free(t->second);
	t->evidence = evidence_close(t->evidence);
	t->loop = loop_free(t->loop);
	witness_done(&t->witness);
}

int trial_run(const struct spec *spec, const struct trial_env *env, struct verdict *ret,
	      struct err *err)
{
	struct trial t = { .spec = spec, .env = env };
	int r = loop_new(env->clock, &t.loop, err);

	if (r < 0)
		return r;
	witness_init(&t.witness, &spec->settings);
	trial_verdict_init(spec, env->accel, &t.verdict);
	if (env->signals) {
		loop_add_signal(t.loop, SIGINT, on_signal, &t);
		loop_add_signal(t.loop, SIGTERM, on_signal, &t);
		loop_add_signal(t.loop, TRIAL_ENOUGH, on_signal, &t);
	}
	enter(&t, STEP_PREPARE);
	if (t.step != STEP_COUNT && t.step != STEP_COMMIT)
		loop_run(t.loop);
	r = t.result;
	if (r < 0 && err)
		*err = t.err;
	*ret = t.verdict;
	free_all(&t);
	return r;
}
