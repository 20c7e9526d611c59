/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

#include <sys/vfs.h>

#include "load_run.h"

#define LOAD "ext4-extents"

/* What it does to an ext4 is seen in guests (tests/e2e/loads): here is what it refuses. */

static void a_folder_that_is_not_on_ext4_is_refused_with_what_it_is_on(void **state)
{
	struct statfs st;

	(void)state;
	if (statfs("/dev/shm", &st) < 0 || st.f_type != 0x01021994 || access("/dev/shm", W_OK) < 0)
		skip();
	assert_load_refuses(LOAD, "{ dir: /dev/shm }",
			    "/dev/shm is on tmpfs and must be on ext4: give the guest a disk");
}

static void a_folder_whose_parent_is_missing_is_refused_by_name(void **state)
{
	(void)state;
	assert_load_refuses(LOAD, "{ dir: /nowhere/at/all }",
			    "fail /nowhere/at/all: No such file or directory");
}

static void a_mix_without_operations_is_refused(void **state)
{
	(void)state;
	assert_load_refuses(LOAD,
			    "{ write: 0, allocate: 0, punch: 0, insert: 0, collapse: 0, flush: 0, "
			    "fiemap: 0, seek: 0 }",
			    "every operation has the weight 0");
}

/* Refused before a file is made: only the folder's file system is looked at. */
static void files_without_room_are_refused_with_what_they_need(void **state)
{
	const char *build = getenv("BUILD");
	_cleanup_free_
	char *dir = xasprintf("%s/tests", build ? build : "build");
	_cleanup_free_
	char *params = xasprintf("{ dir: %s, ballast-files: 4096, ballast-extents: 1048576 }", dir);
	struct statfs st;

	(void)state;
	if (statfs(dir, &st) < 0 || st.f_type != 0xEF53 ||
	    (uint64_t)st.f_bavail * (uint64_t)st.f_bsize > 4096ull << 32)
		skip();
	assert_load_refuses(LOAD, params, "MiB are needed: fewer files or extents");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(a_folder_that_is_not_on_ext4_is_refused_with_what_it_is_on),
		test(a_folder_whose_parent_is_missing_is_refused_by_name),
		test(a_mix_without_operations_is_refused),
		test(files_without_room_are_refused_with_what_they_need),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
