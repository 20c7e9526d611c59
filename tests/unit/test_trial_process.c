/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

#include <errno.h>
#include <sys/resource.h>

#include "base/json.h"
#include "folder.h"
#include "run/trial_process.h"

static void a_process_without_descriptors_says_so(void **state)
{
	const struct folder *f = *state;
	struct rlimit before, tight;
	struct verdict v;
	struct err err = { 0 };
	char *where = NULL;
	int free_fd, r;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	tight = before;
	free_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	close(free_fd);
	tight.rlim_cur = (rlim_t)free_fd + 1; /* one for the folder, none for a second of it */
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &tight), 0);
	r = trial_process(f->path, &v, &where, &err);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_int_equal(r, -EMFILE);
	assert_non_null(strstr(err.msg, f->path));
	assert_null(where);
}

static void a_rerun_without_its_spec_is_an_error(void **state)
{
	const struct folder *f = *state;
	struct verdict v = { .trial = 1, .final = true };
	_cleanup_json_ json_t *j = verdict_to_json(&v);
	struct err err = { 0 };
	char *where = NULL;

	assert_ok(json_write(f->fd, "verdict.json", j, &err));
	assert_int_equal(trial_process(f->path, &v, &where, &err), -ENOENT);
	assert_non_null(strstr(err.msg, "spec.json"));
	assert_null(where); /* a sanitizer sees whether its name was freed */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_process_without_descriptors_says_so, folder_setup,
						folder_teardown),
		cmocka_unit_test_setup_teardown(a_rerun_without_its_spec_is_an_error, folder_setup,
						folder_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
