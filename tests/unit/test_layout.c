/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/fs.h"
#include "store/layout.h"

enum { NOV_21 = 1795271553 }; /* 2026-11-21 14:32:33 UTC */

static int set_up(void **state)
{
	char *dir = xstrdup("/tmp/ks-layout-XXXXXX");

	*state = mkdtemp(dir);
	return *state ? 0 : -1;
}

static int tear_down(void **state)
{
	fs_remove_tree(AT_FDCWD, *state, NULL);
	free(*state);
	return 0;
}

static void make_run(const char *results, const char *name, int64_t at_s)
{
	_cleanup_run_dir_ struct run_dir run = RUN_DIR_INIT;
	struct err err = { 0 };

	assert_ok(run_dir_create(results, name, at_s, &run, &err));
}

static void a_run_is_named_by_its_second_and_its_scenario(void **state)
{
	_cleanup_run_dir_ struct run_dir run = RUN_DIR_INIT;
	struct err err = { 0 };
	struct stat st;

	assert_ok(run_dir_create(*state, "fib-rebalance", NOV_21, &run, &err));
	assert_string_equal(run.id, "20261121-143233-fib-rebalance");
	assert_int_equal(run_id_started(run.id), NOV_21);
	assert_int_equal(fstatat(run.fd, "trials", &st, 0), 0);
}

static void two_runs_of_one_second_do_not_share_a_folder(void **state)
{
	_cleanup_strv_ struct strv ids = { 0 };
	struct err err = { 0 };

	for (int i = 0; i < 11; i++)
		make_run(*state, "x", NOV_21);
	assert_ok(run_dir_list(*state, &ids, &err));
	assert_int_equal(ids.n, 11);
	assert_string_equal(ids.item[0], "20261121-143233-x");
	assert_string_equal(ids.item[1], "20261121-143233-x-2");
	assert_string_equal(ids.item[10], "20261121-143233-x-11");
}

static void a_name_that_could_leave_the_folder_is_refused(void **state)
{
	static const char *const bad[] = { "",    "..",   ".x",       "-x",     "a/b",
					   "a b", "a\nb", "\xc3\xa9", "\033[2J" };
	_cleanup_run_dir_ struct run_dir run = RUN_DIR_INIT;
	_cleanup_strv_ struct strv left = { 0 };
	struct err err = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(run_dir_create(*state, bad[i], NOV_21, &run, &err), -EINVAL);
	assert_ok(fs_list(AT_FDCWD, *state, &left, &err));
	assert_int_equal(left.n, 0);
	assert_true(run_name_ok("ext4-es_shrinker.v2"));
}

static void a_run_opens_by_id_prefix_path_and_last(void **state)
{
	_cleanup_free_
	char *path = xasprintf("%s/20261121-143233-a/", (char *)*state);
	const char *refs[] = { "20261121-143233-a", "20261121-143233", path };
	struct err err = { 0 };

	make_run(*state, "a", NOV_21);
	make_run(*state, "b", NOV_21 + 3600);
	for (size_t i = 0; i < ARRAY_SIZE(refs); i++) {
		_cleanup_run_dir_ struct run_dir run = RUN_DIR_INIT;

		assert_ok(run_dir_open(*state, refs[i], &run, &err));
		assert_string_equal(run.id, "20261121-143233-a");
		assert_true(run.path[strlen(run.path) - 1] != '/');
	}
	for (int i = 0; i < 2; i++) {
		_cleanup_run_dir_ struct run_dir run = RUN_DIR_INIT;

		assert_ok(run_dir_open(*state, i ? "last" : NULL, &run, &err));
		assert_string_equal(run.id, "20261121-153233-b");
	}
}

static void the_last_of_one_second_is_the_one_touched_last(void **state)
{
	_cleanup_run_dir_ struct run_dir z = RUN_DIR_INIT, a = RUN_DIR_INIT, last = RUN_DIR_INIT;
	const struct timespec early[] = { { 100, 0 }, { 100, 0 } },
			      late[] = { { 200, 0 }, { 200, 0 } };
	struct err err = { 0 };

	assert_ok(run_dir_create(*state, "z", NOV_21, &z, &err));
	assert_ok(run_dir_create(*state, "a", NOV_21, &a, &err));
	assert_int_equal(futimens(z.fd, early), 0);
	assert_int_equal(futimens(a.fd, late), 0);
	assert_ok(run_dir_open(*state, "last", &last, &err));
	assert_string_equal(last.id, a.id);
}

static void a_reference_that_fits_none_or_several_says_so(void **state)
{
	_cleanup_run_dir_ struct run_dir run = RUN_DIR_INIT;
	struct err err = { 0 };

	assert_int_equal(run_dir_open(*state, "last", &run, &err), -ENOENT);
	assert_non_null(strstr(err.msg, "no run under"));
	make_run(*state, "a", NOV_21);
	make_run(*state, "b", NOV_21);
	assert_int_equal(run_dir_open(*state, "2026", &run, &err), -EEXIST);
	assert_non_null(strstr(err.msg, "20261121-143233-a, 20261121-143233-b"));
	assert_int_equal(run_dir_open(*state, "20261121-143323-a", &run, &err), -ENOENT);
	assert_non_null(strstr(err.msg, "did you mean 20261121-143233-a"));
	assert_int_equal(run_dir_open(*state, "", &run, &err), -ENOENT);
	assert_int_equal(run_dir_open(*state, "/tmp/", &run, &err), -ENOENT);
	assert_int_equal(run.fd, -1);
}

static void results_that_do_not_exist_have_no_runs(void **state)
{
	_cleanup_free_
	char *path = xasprintf("%s/nothing/here", (char *)*state);
	_cleanup_strv_ struct strv ids = { 0 };
	struct err err = { 0 };

	assert_ok(run_dir_list(path, &ids, &err));
	assert_int_equal(ids.n, 0);
	make_run(path, "x", NOV_21); /* and the first run makes them */
	assert_ok(run_dir_list(path, &ids, &err));
	assert_int_equal(ids.n, 1);
}

static void trials_are_listed_by_number_and_strangers_passed_over(void **state)
{
	_cleanup_run_dir_ struct run_dir run = RUN_DIR_INIT;
	static const uint64_t made[] = { 17, 2, 999999, 100 };
	_cleanup_free_
	uint64_t *list = NULL;
	struct err err = { 0 };
	size_t n;

	assert_ok(run_dir_create(*state, "x", NOV_21, &run, &err));
	for (size_t i = 0; i < ARRAY_SIZE(made); i++)
		close(trial_dir_create(run.fd, made[i], &err));
	assert_int_equal(mkdirat(run.fd, "trials/17", 0755), 0);
	assert_int_equal(mkdirat(run.fd, "trials/000000", 0755), 0);
	assert_int_equal(mkdirat(run.fd, "trials/00001x", 0755), 0);
	assert_ok(trial_dir_list(run.fd, &list, &n, &err));
	assert_int_equal(n, 4);
	assert_int_equal(list[0], 2);
	assert_int_equal(list[1], 17);
	assert_int_equal(list[3], 999999);
	assert_int_equal(trial_dir_create(run.fd, 0, &err), -EINVAL);
	assert_int_equal(trial_dir_create(run.fd, 1000000, &err), -EINVAL);
	assert_int_equal(trial_dir_open(run.fd, 3, &err), -ENOENT);
}

static void a_trial_opens_by_run_and_number_and_by_path(void **state)
{
	_cleanup_run_dir_ struct run_dir made = RUN_DIR_INIT;
	_cleanup_free_
	char *path = NULL, *via_run = NULL;
	struct err err = { 0 };

	assert_ok(run_dir_create(*state, "x", NOV_21, &made, &err));
	close(trial_dir_create(made.fd, 17, &err));
	path = xasprintf("%s/trials/000017/", made.path);
	via_run = xasprintf("%s/17", made.path);

	const char *refs[] = { "last/17", "2026/000017", "17", "last/trials/17", path, via_run };

	for (size_t i = 0; i < ARRAY_SIZE(refs); i++) {
		_cleanup_run_dir_ struct run_dir run = RUN_DIR_INIT;
		uint64_t trial = 0;

		assert_ok(trial_ref_open(*state, refs[i], &run, &trial, &err));
		assert_int_equal(trial, 17);
		assert_string_equal(run.id, made.id);
	}
}

static void a_trial_that_is_not_there_says_so(void **state)
{
	_cleanup_run_dir_ struct run_dir run = RUN_DIR_INIT;
	struct err err = { 0 };
	uint64_t trial = 0;

	make_run(*state, "x", NOV_21);
	assert_int_equal(trial_ref_open(*state, "last/3", &run, &trial, &err), -ENOENT);
	assert_non_null(strstr(err.msg, "no trial 3"));
	assert_int_equal(trial_ref_open(*state, "last", &run, &trial, &err), -EINVAL);
	assert_int_equal(trial_ref_open(*state, "last/0", &run, &trial, &err), -EINVAL);
	assert_int_equal(trial_ref_open(*state, "nope/3", &run, &trial, &err), -ENOENT);
	assert_int_equal(run.fd, -1);
}

static void the_option_beats_the_variable_beats_the_default(void **state)
{
	(void)state;
	unsetenv("KERNSOAK_RESULTS");
	assert_string_equal(results_path(NULL), "results");
	setenv("KERNSOAK_RESULTS", "/srv/soak", 1);
	assert_string_equal(results_path(NULL), "/srv/soak");
	assert_string_equal(results_path("here"), "here");
	unsetenv("KERNSOAK_RESULTS");
}

#define with_dir(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		with_dir(a_run_is_named_by_its_second_and_its_scenario),
		with_dir(two_runs_of_one_second_do_not_share_a_folder),
		with_dir(a_name_that_could_leave_the_folder_is_refused),
		with_dir(a_run_opens_by_id_prefix_path_and_last),
		with_dir(the_last_of_one_second_is_the_one_touched_last),
		with_dir(a_reference_that_fits_none_or_several_says_so),
		with_dir(results_that_do_not_exist_have_no_runs),
		with_dir(trials_are_listed_by_number_and_strangers_passed_over),
		with_dir(a_trial_opens_by_run_and_number_and_by_path),
		with_dir(a_trial_that_is_not_there_says_so),
		test(the_option_beats_the_variable_beats_the_default),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
