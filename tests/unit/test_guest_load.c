/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

/* The guest's programs are no part of the library: compiled in. */
#include "../../workloads/load.c"
#include "../../workloads/wire.c"
#include "load_run.h"

/* A load in a process of its own, its stdin and stdout ours. */
static void start(struct load_run *r, void (*body)(void))
{
	int in[2], out[2];

	*r = (struct load_run){ .pid = 0 };
	assert_int_equal(pipe(in), 0);
	assert_int_equal(pipe(out), 0);
	fflush(NULL);
	r->pid = fork();
	if (r->pid == 0) {
		dup2(in[0], STDIN_FILENO);
		dup2(out[1], STDOUT_FILENO);
		close(in[1]);
		body();
		flush_count();
		_exit(0);
	}
	close(in[0]);
	close(out[1]);
	r->in = in[1];
	r->out = out[0];
}

static size_t lines_said(const struct load_run *r)
{
	size_t n = 0;

	for (const char *p = r->said; (p = strchr(p, '\n')); p++)
		n++;
	return n;
}

static int finish(struct load_run *r)
{
	int status;

	close(r->in);
	close(r->out);
	assert_int_equal(waitpid(r->pid, &status, 0), r->pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void count_fast_and_hang(void)
{
	for (uint64_t n = 1; n <= 200000; n++)
		load_count(n);
	pause();
}

static void a_fast_loop_is_thinned_but_its_last_count_is_told(void **state)
{
	(void)state;
	static struct load_run r;

	start(&r, count_fast_and_hang);
	assert_true(load_run_hears(&r, "count 1\n"));
	assert_true(load_run_hears(&r, "count 200000\n"));
	assert_true(lines_said(&r) < 60); /* 200 000 would be unthinned; the loop takes no 5 s */
	kill(r.pid, SIGKILL);
	finish(&r);
}

static void count_slowly(void)
{
	for (uint64_t n = 1; n <= 3; n++) {
		load_count(n);
		load_pause(110000000);
		load_note("attempt %llu", (unsigned long long)n);
	}
}

static void a_slow_loop_tells_each_count_before_its_attempt(void **state)
{
	(void)state;
	static struct load_run r;

	start(&r, count_slowly);
	assert_true(load_run_hears(&r, "note attempt 3\n"));
	assert_string_equal(r.said, "count 1\nnote attempt 1\ncount 2\nnote attempt 2\n"
				    "count 3\nnote attempt 3\n");
	assert_int_equal(finish(&r), 0);
}

static void count_and_end(void)
{
	load_count(1);
	load_count(2);
	load_count(1); /* does not go back */
	load_count(9);
}

static void the_end_tells_what_was_not_told_yet(void **state)
{
	(void)state;
	static struct load_run r;

	start(&r, count_and_end);
	assert_true(load_run_hears(&r, "count 9\n"));
	assert_int_equal(finish(&r), 0);
}

static char pause_arg[] = "pause=300000000", text_arg[] = "script=a%20b%0A%25", bool_arg[] = "on=2";

static void take_parameters(void)
{
	char *argv[] = { (char *)"/loads/x", pause_arg, text_arg, bool_arg, NULL };

	load_init(4, argv);
	if (load_param_u64("pause") != 300000000 ||
	    strcmp(load_param_text("script"), "a b\n%") != 0)
		load_fail("wrong");
	load_armed("two\nlines");
	load_wait_go();
	load_note("went");
	load_param_bool("on");
}

static void parameters_are_decoded_and_a_wrong_one_fails_with_its_name(void **state)
{
	(void)state;
	static struct load_run r;

	start(&r, take_parameters);
	assert_true(load_run_hears(&r, "armed two lines\n"));
	assert_int_equal(write(r.in, "go\n", 3), 3);
	assert_true(
		load_run_hears(&r, "note went\nfail the parameter `on=2` is neither 0 nor 1\n"));
	assert_int_equal(finish(&r), 1);
}

static void wait_for_go(void)
{
	load_armed("x");
	load_wait_go();
	load_note("went");
}

static void without_its_agent_a_load_ends_before_it_works(void **state)
{
	(void)state;
	static struct load_run r;

	start(&r, wait_for_go);
	assert_true(load_run_hears(&r, "armed x\n"));
	close(r.in);
	assert_false(load_run_hears(&r, "went"));
	r.in = -1;
	assert_int_equal(finish(&r), 1);
}

static void hear_value(void *arg, uint64_t value)
{
	load_note("%s is %llu", (const char *)arg, (unsigned long long)value);
}

static void work_tunably(void)
{
	load_tunable("rate", hear_value, (void *)"rate");
	load_tunable("size", hear_value, (void *)"size");
	load_armed("x");
	load_wait_go();
	load_note("went");
	for (;;)
		pause();
}

static void say_to(struct load_run *r, const char *line)
{
	assert_int_equal(write(r->in, line, strlen(line)), strlen(line));
}

static void a_value_that_is_tuned_comes_before_go_and_at_any_time_after_it(void **state)
{
	(void)state;
	static struct load_run r;

	start(&r, work_tunably);
	assert_true(load_run_hears(&r, "tunable rate\ntunable size\narmed x\n"));
	say_to(&r, "tune rate 0\ngo\n");
	assert_true(load_run_hears(&r, "note rate is 0\nnote went\n"));
	say_to(&r, "tune size 18446744073709551615\n");
	assert_true(load_run_hears(&r, "note size is 18446744073709551615\n"));
	say_to(&r, "tune rate 7\n");
	assert_true(load_run_hears(&r, "note rate is 7\n"));
	kill(r.pid, SIGKILL);
	finish(&r);
}

static void what_is_no_tuning_changes_nothing_and_is_noted(void **state)
{
	(void)state;
	static struct load_run r;

	start(&r, work_tunably);
	say_to(&r, "go\ntune speed 1\ntune rate\ntune rate -1\nrate 1\ntune rate 5\n");
	assert_true(load_run_hears(&r, "rate is 5\n"));
	assert_non_null(strstr(r.said, "note not understood: tune speed 1\n"
				       "note not understood: tune rate\n"
				       "note not understood: tune rate -1\n"
				       "note not understood: rate 1\n"));
	kill(r.pid, SIGKILL);
	finish(&r);
}

static void the_seed_decides_the_random_numbers(void **state)
{
	(void)state;
	char one[] = "seed=1", two[] = "seed=2", same[] = "seed=1";
	uint64_t drawn[3];
	char *args[] = { one, two, same };

	for (int i = 0; i < 3; i++) {
		char *argv[] = { (char *)"/loads/x", args[i], NULL };

		load_init(2, argv);
		load_random();
		drawn[i] = load_random();
	}
	assert_true(drawn[0] != drawn[1]);
	assert_true(drawn[0] == drawn[2]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(a_fast_loop_is_thinned_but_its_last_count_is_told),
		test(a_slow_loop_tells_each_count_before_its_attempt),
		test(the_end_tells_what_was_not_told_yet),
		test(parameters_are_decoded_and_a_wrong_one_fails_with_its_name),
		test(without_its_agent_a_load_ends_before_it_works),
		test(a_value_that_is_tuned_comes_before_go_and_at_any_time_after_it),
		test(what_is_no_tuning_changes_nothing_and_is_noted),
		test(the_seed_decides_the_random_numbers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
