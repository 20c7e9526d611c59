/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "run/runner.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <sys/sysinfo.h>

#include "base/exit.h"
#include "base/fs.h"
#include "model/cascade.h"
#include "run/accel.h"
#include "run/confine.h"
#include "run/files.h"
#include "run/host.h"
#include "run/runner_arms.h"
#include "run/runner_resume.h"
#include "run/trial_process.h"
#include "store/index.h"
#include "vm/vm_libvirt.h"

/* ---- a run's beginning and end ---- */

size_t runner_slots(const struct scenario *s)
{
	return (size_t)scenario_slots(s, (uint64_t)get_nprocs());
}

static int exit_code_of(const struct runner *r)
{
	if (r->given_up)
		return r->err.exit_code ? r->err.exit_code : EXIT_INTERNAL;
	if (r->stop_signal)
		return r->stop_signal == SIGINT ? EXIT_SIGINT : EXIT_SIGTERM;
	if (r->decided)
		return r->decided_exit;
	return r->strategy->ops->exit_code(r->strategy, &r->campaign, r->over_budget);
}

static void update_index(struct runner *r)
{
	struct index *ix = NULL;

	/* Derived: whoever misses it can have it made anew. */
	if (index_open(results_path(r->opt->results), &ix, NULL) == 0)
		index_ingest_run(ix, &r->dir, NULL);
	index_close(ix);
}

static int runner_init(struct runner *r, const struct run_options *opt, struct err *err)
{
	int code;

	r->opt = opt;
	r->dir = (struct run_dir)RUN_DIR_INIT;
	code = loop_new(&r->clock, &r->loop, err);
	if (code == 0)
		r->started_ns = loop_now(r->loop);
	return code;
}

/* The stream's last line, whatever came of the run. */
static void say_over(struct runner *r, int code, const struct run_result *result)
{
	json_t *o;

	if (r->events && result->path) {
		o = json_object();
		json_set_str(o, "path", result->path);
		json_object_set_new(o, "exit",
				    code < 0 ? json_null() : json_integer(result->exit_code));
		events_put(r->events, "over", o);
	}
	r->events = events_free(r->events);
}

static int finish(struct runner *r, int code, struct run_result *ret, struct err *err)
{
	r->progress = progress_free(r->progress);
	r->live = live_free(r->live);
	ret->path = r->dir.path ? xstrdup(r->dir.path) : NULL;
	if (code == 0) {
		ret->exit_code = exit_code_of(r);
		if (r->given_up) {
			*err = r->err;
			code = -MAX(r->err.code, 1);
		}
	}
	say_over(r, code, ret);
	r->journal = journal_free(r->journal);
	r->slots = slots_free(r->slots);
	r->loop = loop_free(r->loop);
	r->strategy = strategy_free(r->strategy);
	free(r->arm);
	run_dir_done(&r->dir);
	campaign_done(&r->campaign);
	return code;
}

static void make_slots(struct runner *r)
{
	size_t n = r->opt->slots ? r->opt->slots : runner_slots(&r->campaign.scenario);

	runner_make_slots(r, n);
	r->live = live_new(&r->campaign, n);
	r->events = events_new(r->opt->events_fd);
	r->progress = progress_new(&r->campaign, r->live, r->opt->quiet);
}

/* The hosts of a cascade live at the same time. */
static int check_slots(const struct scenario *s, const struct run_options *opt, struct err *err)
{
	const uint64_t hosts = cascade_hosts(s);

	if (!opt->slots || opt->slots >= hosts)
		return 0;
	err_set(err, EINVAL,
		"%s has cascades of %" PRIu64 " hosts, which run at once: -j should be as "
		"many, or be left out",
		s->name, hosts);
	return err_exit(err, EXIT_BAD_USAGE);
}

/* Whether this host has what guests need: without QEMU every trial would be lost, one by one. */
static int check_host(const struct scenario *s, const char *uri, struct err *err)
{
	const char *last = "";
	int r = 0;

	for (size_t i = 0; i < s->n_arms && r == 0; i++) {
		const char *name = s->arm[i].settings.guest.backend;

		if (str_eq(name, last))
			continue;
		last = name;
		r = vm_check(vm_backend_by_name(name), uri, err);
		if (r == 0 && !str_eq(name, "fake"))
			r = confine_check(err);
	}
	return r;
}

/* Kernels, images and accelerators of all arms: what fails here fails before anything is written.
 */
static int prepare_arms(struct scenario *s, const char *uri, struct err *err)
{
	for (size_t i = 0; i < s->n_arms; i++) {
		struct settings *set = &s->arm[i].settings;
		struct files f = { 0 };
		int r;

		if (str_eq(set->guest.backend, "fake"))
			continue;
		r = files_find(set, true, &f, err);
		if (r == 0)
			r = accel_resolve(set, &f, uri, err);
		if (r == 0 && f.note)
			fprintf(stderr, "kernsoak: %s\n", f.note);
		files_done(&f);
		if (r < 0)
			return s->n_arms > 1 ? err_wrap(err, "arm %s", s->arm[i].name) : r;
	}
	return 0;
}

/* Everything that is needed to go on without the scenario's file. */
static json_t *plan_of(const struct runner *r)
{
	json_t *plan = campaign_to_json(&r->campaign), *strategy = json_object();

	json_set_str(strategy, "name", r->strategy->ops->name);
	if (r->opt->params)
		json_object_set(strategy, "params", (json_t *)(uintptr_t)r->opt->params);
	json_object_set_new(plan, "strategy", strategy);
	if (r->opt->tag)
		json_set_str(plan, "tag", r->opt->tag);
	return plan;
}

static int write_run(struct runner *r, struct err *err)
{
	_cleanup_json_ json_t *plan = plan_of(r), *host = host_describe();
	const struct buf *source = &r->campaign.scenario.source;
	struct journal_record begin = { .event = JOURNAL_BEGIN, .pid = getpid() };
	int code = fs_write(r->dir.fd, RUN_SCENARIO, buf_str(source), source->len, err);

	snprintf(begin.run, sizeof(begin.run), "%s", r->dir.id);
	if (code == 0)
		code = json_write(r->dir.fd, RUN_HOST, host, err);
	if (code == 0)
		code = json_write(r->dir.fd, RUN_PLAN, plan, err);
	if (code == 0)
		code = journal_open(r->dir.fd, &r->journal, err);
	return code < 0 ? code : journal_append(r->journal, &begin, err);
}

static const struct strategy_ops *ops_of(const struct run_options *opt)
{
	return opt->strategy ? strategy_by_name(opt->strategy) : &strategy_plan;
}

/* What could not be written whole is not left there to be resumed. */
static int begin_run(struct runner *r, struct scenario *s, struct err *err)
{
	const struct strategy_ops *ops = ops_of(r->opt);
	const char *results = results_path(r->opt->results);
	uint64_t seed = r->opt->seed ? r->opt->seed : (uint64_t)clock_wall_s();
	int code = run_dir_create(results, s->name, clock_wall_s(), &r->dir, err);

	if (code < 0)
		return code;
	vm_sweep(NULL);
	if (r->opt->budget_ns)
		s->stop.budget_ns = r->opt->budget_ns;
	campaign_init(&r->campaign, s, seed, ops->laid_out);
	make_slots(r);
	code = strategy_load(ops, &r->campaign, r->opt->params, &r->strategy, err);
	if (code == 0)
		code = write_run(r, err);
	if (code == 0) {
		runner_tell_begin(r);
		runner_arms_begin(r);
		return 0;
	}
	err_wrap(err, "%s", r->dir.path);
	fs_remove_tree(AT_FDCWD, r->dir.path, NULL);
	run_dir_done(&r->dir);
	return code;
}

int runner_start(struct scenario *s, const struct run_options *opt, struct run_result *ret,
		 struct err *err)
{
	struct runner r = { 0 };
	int code = runner_init(&r, opt, err);

	*ret = (struct run_result){ 0 };
	if (code == 0)
		code = check_slots(s, opt, err);
	if (code == 0)
		code = check_host(s, opt->uri ? opt->uri : "", err);
	if (code == 0 && !ops_of(opt)->lazy)
		code = prepare_arms(s, opt->uri ? opt->uri : "", err);
	if (code == 0)
		code = begin_run(&r, s, err);
	if (code == 0) {
		runner_loop(&r);
		update_index(&r);
	}
	return finish(&r, code, ret, err);
}

/* ---- resume ---- */

static int open_run(struct runner *r, const char *ref, struct err *err)
{
	int code = run_dir_open(results_path(r->opt->results), ref, &r->dir, err);

	return code < 0 ? err_exit(err, EXIT_BAD_USAGE) : 0;
}

int runner_resume(const char *ref, const struct run_options *opt, struct run_result *ret,
		  struct err *err)
{
	struct runner r = { 0 };
	int code = runner_init(&r, opt, err);

	*ret = (struct run_result){ 0 };
	if (code == 0)
		code = open_run(&r, ref, err);
	if (code == 0)
		code = runner_read_run(&r, err);
	if (code == 0)
		code = check_slots(&r.campaign.scenario, opt, err);
	if (code == 0)
		code = check_host(&r.campaign.scenario, opt->uri ? opt->uri : "", err);
	if (code < 0)
		run_dir_done(&r.dir); /* not begun: it is not ours to speak of */
	if (code == 0) {
		if (opt->budget_ns)
			r.campaign.scenario.stop.budget_ns = opt->budget_ns;
		r.resumed = true;
		make_slots(&r);
		vm_sweep(NULL);
		code = runner_take_up(&r, err);
	}
	if (code == 0 && !r.strategy->ops->lazy)
		code = prepare_arms(&r.campaign.scenario, opt->uri ? opt->uri : "", err);
	if (code == 0) {
		runner_loop(&r);
		update_index(&r);
	}
	return finish(&r, code, ret, err);
}

/* ---- --dry-run ---- */

int runner_describe(struct scenario *s, const struct run_options *opt, struct buf *out,
		    struct err *err)
{
	struct campaign c;
	int code = prepare_arms(s, opt->uri ? opt->uri : "", err);

	if (code < 0)
		return code;
	campaign_init(&c, s, opt->seed ? opt->seed : (uint64_t)clock_wall_s(),
		      ops_of(opt)->laid_out);
	if (cascade_hosts(&c.scenario))
		buf_printf(out, "# %s: %" PRIu64 " cascades of each arm; each host is a trial\n",
			   c.scenario.name, c.scenario.stop.trials);
	buf_printf(out, "# %s: %zu trials of %zu arms, %zu at once\n", c.scenario.name, c.plan.n,
		   c.scenario.n_arms, opt->slots ? (size_t)opt->slots : runner_slots(&c.scenario));
	buf_puts(out, "# trial block arm seed\n");
	for (size_t i = 0; i < c.plan.n; i++)
		buf_printf(out, "%6" PRIu64 " %5" PRIu64 " %s %" PRIu64 "\n", c.plan.trial[i].trial,
			   c.plan.trial[i].block, c.scenario.arm[c.plan.trial[i].arm].name,
			   c.plan.trial[i].seed);
	for (size_t i = 0; i < c.scenario.n_arms && code == 0; i++) {
		struct spec spec = {
			.run = (char *)"RUN",
			.trial = i + 1,
			.arm = c.scenario.arm[i].name,
			.uri = (char *)(uintptr_t)(opt->uri ? opt->uri : ""),
			.settings = c.scenario.arm[i].settings,
		};

		buf_printf(out, "\n# arm %s\n", c.scenario.arm[i].name);
		code = trial_describe(&spec, out, err);
	}
	campaign_done(&c);
	return code;
}
