/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Runs' folders made by hand, of any size and with any words in them. Includes follow unit.h. */
#ifndef KS_TESTS_RUN_FOLDER_H
#define KS_TESTS_RUN_FOLDER_H

#include <fcntl.h>
#include <math.h>
#include <sys/stat.h>

#include "base/fs.h"
#include "base/json.h"
#include "model/verdict.h"
#include "store/layout.h"

/* Everything that has ever broken a page or a terminal. */
#define HOSTILE                                                                                    \
	"</title></style></pre><script>alert(1)</script><img src=x onerror=alert(2)>\" ' & &lt; "  \
	"\033[31mred\033[0m\033]0;owned\007 \342\200\256gnp.exe\342\200\254 \342\201\246\327\251"  \
	"\342\200\213\357\273\277 \200\377\303( \001\010\177 \302\233 ]]> <!-- --> \357\277\277"

static inline void run_folder_json(int fd, const char *name, json_t *o)
{
	struct err err = { 0 };

	assert_ok(json_write(fd, name, o, &err));
	json_decref(o);
}

static inline void run_folder_plan(int fd, const char *name, const char *const *arm, size_t n)
{
	json_t *o = json_object(), *arms = json_array(), *settings = json_array();

	for (size_t i = 0; i < n; i++) {
		json_t *load = json_object();

		json_array_append_new(arms, json_text(arm[i]));
		json_set_str(load, "kernel", i ? arm[i] : "debian:6.1.0-54-cloud");
		json_array_append_new(settings, load);
	}
	json_set_str(o, "scenario", name);
	json_set_u64(o, "seed", 7);
	json_object_set_new(o, "arms", arms);
	json_object_set_new(o, "trials", json_array());
	json_object_set_new(o, "settings", settings);
	run_folder_json(fd, RUN_PLAN, o);
	o = json_object();
	json_set_str(o, "name", name);
	json_set_u64(o, "cpus", 2);
	run_folder_json(fd, RUN_HOST, o);
}

static inline void run_folder_sighting(struct sighting *s, const char *words, unsigned id)
{
	*s = (struct sighting){ .class = crash_by_name("bug"), .severity = SEVERITY_CRASH };
	snprintf(s->title, sizeof(s->title), "%s", words);
	snprintf(s->function, sizeof(s->function), "guilty_one");
	snprintf(s->id, sizeof(s->id), "k1:%u", id);
	s->at_ns = 100 * UINT64_C(1000000000);
}

/* Every other trial lives to a limit; the others die of one of `crashes`. */
static inline struct verdict run_folder_verdict(uint64_t trial, const char *arm, const char *words,
						size_t crashes)
{
	struct verdict v = {
		.outcome = trial % 3 ? OUTCOME_FAILED : OUTCOME_SURVIVED,
		.final = true,
		.step = STEP_SOAK,
		.trial = trial,
		.seed = trial,
		.exposure_ns = (trial * 7919 % 3571 + 1) * UINT64_C(16777259),
		.exposure_work = (double)trial,
		.exposure_wait_ns = TIME_NEVER,
		.started_s = 1795271153 + (int64_t)trial,
		.wall_ns = UINT64_C(70000000000),
		.host_load = 1,
		.host_steal = NAN,
	};

	snprintf(v.reason, sizeof(v.reason), "%s", words);
	snprintf(v.arm, sizeof(v.arm), "%s", arm);
	snprintf(v.unit, sizeof(v.unit), "%s", words);
	snprintf(v.kernel, sizeof(v.kernel), "6.1.0-%llu %s", (unsigned long long)trial % 4, words);
	snprintf(v.accel, sizeof(v.accel), "fake");
	if (v.outcome == OUTCOME_SURVIVED)
		return v;
	v.has_sighting = true;
	run_folder_sighting(&v.sighting, words, (unsigned)(trial % crashes));
	return v;
}

static inline void run_folder_console(int dir, const char *words, struct sighting *s)
{
	_cleanup_buf_ struct buf b = BUF_INIT;
	struct err err = { 0 };

	buf_puts(&b, "before\n");
	s->offset = b.len;
	for (int i = 0; i < 60; i++)
		buf_printf(&b, "[   %2d.000000] %s\n", i, words);
	buf_puts(&b, "RIP: 0010:guilty_one+0x12/0x34\n");
	s->end = b.len;
	assert_ok(fs_write(dir, TRIAL_CONSOLE, b.data, b.len, &err));
	buf_clear(&b);
	for (int i = 0; i < 40; i++)
		buf_printf(&b, "%d000000000 sample up=%d000000000 mem.%s=%d vm.pgfault=%d\n",
			   60 + i, i + 1, "<b>\342\200\256Mem", 1000 + i * i, i * i);
	assert_ok(fs_write(dir, TRIAL_AGENT, b.data, b.len, &err));
}

static inline void run_folder_trial(int run, struct verdict *v, const char *words)
{
	struct err err = { 0 };
	_cleanup_close_ int dir = trial_dir_create(run, v->trial, &err);

	assert_true(dir >= 0);
	if (v->has_sighting && v->trial <= 20) {
		v->exposure_ns = 39 * UINT64_C(1000000000);
		run_folder_console(dir, words, &v->sighting);
	}
	run_folder_json(dir, TRIAL_VERDICT, verdict_to_json(v));
}

static inline void run_folder_write(const char *path, size_t trials, const char *const *arm,
				    size_t n_arms, const char *words, size_t crashes)
{
	struct err err = { 0 };
	_cleanup_close_ int fd = fs_open_dir(AT_FDCWD, path, &err);
	struct verdict *v = xcalloc(1, sizeof(*v));

	assert_true(fd >= 0);
	run_folder_plan(fd, words, arm, n_arms);
	mkdirat(fd, RUN_TRIALS, 0755);
	for (size_t i = 1; i <= trials; i++) {
		*v = run_folder_verdict(i, arm[i % n_arms], words, crashes);
		run_folder_trial(fd, v, words);
	}
	free(v);
}

#endif
