/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

#include <fcntl.h>

#include "base/fs.h"
#include "model/plants.h"
#include "model/scenario.h"
#include "run/agent.h"

static int parse(const char *text, struct scenario *ret, struct err *err)
{
	static const struct scenario_options none = { 0 };

	return scenario_parse("x.yaml", text, strlen(text), &none, ret, err);
}

static char *job_of(const char *text)
{
	struct scenario s = { 0 };
	struct err err = { 0 };
	struct buf out = BUF_INIT;

	if (parse(text, &s, &err) < 0)
		fail_msg("%s", err.msg);
	agent_job(&s.arm[0].settings, 7, &out);
	scenario_done(&s);
	return buf_steal(&out);
}

static void assert_job(const char *plant, const char *wanted)
{
	_cleanup_free_
	char *text = xasprintf(
		     "guest: { backend: fake }\nload: { shell: { script: x } }\nplant: %s\n",
		     plant),
	     *job = job_of(text);

	if (!strstr(job, wanted))
		fail_msg("%s gives\n%sand not %s", plant, job, wanted);
}

static void the_guest_is_told_numbers_and_defaults(void **state)
{
	(void)state;
	assert_job("{ null: }", "module name=faultlab\nplant kind=null when=now seed=1007\n");
	assert_job("{ gpf: { when: time, mean: 3s } }",
		   "plant kind=gpf when=time scale=3000000000 shape=1000 seed=1007\n");
	/* the mean of Weibull's law of shape 2 is 0.8862 of its scale */
	assert_job("{ gpf: { when: time, mean: 10s, shape: 2 } }", "scale=11283791671 shape=2000 ");
	assert_job("{ bug: { when: hit, function: vfs_write, caller: ksys_write, rate: 100 } }",
		   "when=hit function=vfs_write caller=ksys_write rate=100 seed");
	assert_job("{ skiptrylock: { delay: 20us, delay-at: rb_erase } }",
		   "when=hit max-fires=0 delay-at=rb_erase delay=20000 seed");
	assert_job("{ netdev-leak: { devices: \"veth*\", duration: 25s, max-fires: 2 } }",
		   "when=now max-fires=2 devices=veth* duration=25000000000 seed");
	assert_job("{ memory-leak: { speed: 64MiB } }", "speed=67108864 ");
	assert_job("{ warn: , null: { when: time, mean: 1s } }",
		   "seed=1007\nplant kind=null when=time scale=1000000000 shape=1000 seed=1008\n");
	assert_job("{ warn: none, null: }", "faultlab\nplant kind=null when=now");
}

static void a_plant_survives_the_way_through_json(void **state)
{
	static const char text[] = "guest: { backend: fake }\nload: { shell: { script: x } }\n"
				   "plant: { null: { when: time, mean: 3s }, refcount: }\n";
	struct scenario s = { 0 };
	struct settings back = { 0 };
	struct err err = { 0 };
	_cleanup_json_ json_t *j = NULL;

	(void)state;
	assert_ok(parse(text, &s, &err));
	j = settings_to_json(&s.arm[0].settings);
	assert_ok(settings_from_json(j, &back, &err));
	assert_int_equal(back.plant.n, 2);
	assert_string_equal(pairs_get(&back.plant.item[0].value, "mean"), "3s");
	assert_string_equal(back.plant.item[1].name, "refcount");
	settings_done(&back);
	scenario_done(&s);
}

static void assert_origin(const char *plant, enum origin wanted)
{
	_cleanup_free_
	char *text = xasprintf(
		"guest: { backend: fake }\nload: { shell: { script: x } }\nplant: %s\n", plant);
	struct scenario s = { 0 };
	struct err err = { 0 };

	assert_ok(parse(text, &s, &err));
	assert_int_equal(plants_origin(&s.arm[0].settings), wanted);
	scenario_done(&s);
}

static void the_origin_is_what_we_know_least_of(void **state)
{
	(void)state;
	assert_origin("{ none: }", ORIGIN_STOCK);
	assert_origin("{ null: none }", ORIGIN_STOCK);
	assert_origin("{ null: }", ORIGIN_HAZARD);
	assert_origin("{ null: , skiptrylock: }", ORIGIN_RACE);
	/* a race of the kernel's own, made wider */
	assert_origin("{ none: { delay: 20us, delay-at: rb_erase } }", ORIGIN_RACE);
}

/* The two tables, the header's list and the module's, have the same kinds. */
static void the_module_knows_the_same_kinds(void **state)
{
	_cleanup_buf_ struct buf source = BUF_INIT;
	const struct plant_def *p;
	const char *at = PLANT_SHAPE;
	struct err err = { 0 };
	size_t n = 0;

	(void)state;
	assert_ok(fs_read(AT_FDCWD, "workloads/faultlab/kinds.c", 1 << 20, &source, &err));
	for (size_t i = 0; (p = plant_nth(i)); i++) {
		_cleanup_free_
		char *row = xasprintf("\t{ \"%s\", ", p->name);

		if (!strstr(buf_str(&source), row) || !strstr(at, p->name))
			fail_msg("%s", p->name);
		assert_true(!*p->class || crash_is_word(p->class));
	}
	for (const char *s = buf_str(&source); (s = strstr(s, "\t{ \"")); s++)
		n++;
	assert_null(plant_nth(n));
	assert_non_null(plant_nth(n - 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(the_guest_is_told_numbers_and_defaults),
		test(a_plant_survives_the_way_through_json),
		test(the_origin_is_what_we_know_least_of),
		test(the_module_knows_the_same_kinds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
