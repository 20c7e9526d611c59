/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/exit.h"
#include "base/fs.h"
#include "base/str.h"
#include "folder.h"

static void a_file_is_replaced_whole_and_leaves_nothing_beside_it(void **state)
{
	struct folder *f = *state;
	_cleanup_buf_ struct buf b = BUF_INIT;
	_cleanup_strv_ struct strv names = { 0 };
	struct err err = { 0 };

	assert_ok(fs_write(f->fd, "x", "long text", 9, &err));
	assert_ok(fs_write(f->fd, "x", "new", 3, &err));
	assert_ok(fs_read(f->fd, "x", 100, &b, &err));
	assert_string_equal(b.data, "new");
	assert_ok(fs_list(f->fd, ".", &names, &err));
	assert_int_equal(names.n, 1);
}

static void a_write_that_fails_keeps_the_old_file_and_says_73(void **state)
{
	struct folder *f = *state;
	_cleanup_strv_ struct strv names = { 0 };
	struct err err = { 0 };

	assert_int_equal(mkdirat(f->fd, "x", 0755), 0); /* a folder cannot be replaced by a file */
	assert_true(fs_write(f->fd, "x", "new", 3, &err) < 0);
	assert_int_equal(err.exit_code, EXIT_CANNOT_WRITE);
	assert_ok(fs_list(f->fd, ".", &names, &err));
	assert_int_equal(names.n, 1);
}

static void a_copy_that_cannot_be_made_says_73(void **state)
{
	struct folder *f = *state;
	struct err err = { 0 };

	assert_ok(fs_write(f->fd, "x", "new", 3, &err));
	assert_int_equal(mkdirat(f->fd, "d", 0755), 0);
	assert_int_equal(fs_copy(f->fd, "x", f->fd, "d", &err), -EISDIR);
	assert_int_equal(err.exit_code, EXIT_CANNOT_WRITE);
}

static void what_is_larger_than_allowed_is_refused(void **state)
{
	struct folder *f = *state;
	_cleanup_buf_ struct buf b = BUF_INIT;
	struct err err = { 0 };

	assert_ok(fs_write(f->fd, "x", "12345", 5, &err));
	assert_ok(fs_read(f->fd, "x", 5, &b, &err));
	assert_int_equal(fs_read(f->fd, "x", 4, &b, &err), -EFBIG);
	assert_int_equal(fs_read(f->fd, "y", 4, &b, &err), -ENOENT);
}

static void removing_follows_no_link(void **state)
{
	struct folder *f = *state;
	struct err err = { 0 };

	assert_ok(fs_write(f->fd, "kept", "x", 1, &err));
	assert_int_equal(mkdirat(f->fd, "d", 0755), 0);
	assert_int_equal(mkdirat(f->fd, "d/deep", 0755), 0);
	assert_int_equal(symlinkat("../kept", f->fd, "d/deep/file"), 0);
	assert_int_equal(symlinkat("..", f->fd, "d/dir"), 0);
	assert_ok(fs_remove_tree(f->fd, "d", &err));
	assert_int_equal(faccessat(f->fd, "kept", F_OK, 0), 0);
	assert_int_equal(faccessat(f->fd, "d", F_OK, 0), -1);
	assert_ok(fs_remove_tree(f->fd, "d", &err));
}

static void a_trees_bytes_are_those_of_all_its_files(void **state)
{
	static char text[1 << 20];
	struct folder *f = *state;
	struct err err = { 0 };
	uint64_t before, after;

	assert_int_equal(mkdirat(f->fd, "t", 0755), 0);
	before = fs_tree_bytes(f->fd, "t");
	memset(text, 'x', sizeof(text));
	assert_ok(fs_write(f->fd, "file", text, sizeof(text), &err));
	assert_int_equal(renameat(f->fd, "file", f->fd, "t/file"), 0);
	after = fs_tree_bytes(f->fd, "t");
	assert_true(after - before >= sizeof(text) / 2); /* some disks pack */
	assert_int_equal(fs_tree_bytes(f->fd, "none"), 0);
}

static void folders_are_made_all_the_way(void **state)
{
	struct folder *f = *state;
	_cleanup_free_
	char *deep = xasprintf("%s/a//b/c/", f->path);
	_cleanup_free_
	char *below = xasprintf("%s/a/b/c/file/d", f->path);
	struct stat st;
	struct err err = { 0 };

	assert_ok(fs_mkdir_p(deep, 0755, &err));
	assert_ok(fs_mkdir_p(deep, 0755, &err));
	assert_int_equal(stat(deep, &st), 0);
	assert_int_equal(close(openat(f->fd, "a/b/c/file", O_CREAT | O_WRONLY, 0644)), 0);
	assert_int_equal(fs_mkdir_p(below, 0755, &err), -ENOTDIR);
}

static void commands_are_found_where_path_says(void **state)
{
	_cleanup_free_
	char *sh = fs_which("sh");

	(void)state;
	assert_non_null(sh);
	assert_int_equal(sh[0], '/');
	assert_null(fs_which("no-such-command-at-all"));
	assert_null(fs_which("/etc/passwd"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_folder(a_file_is_replaced_whole_and_leaves_nothing_beside_it),
		with_folder(a_write_that_fails_keeps_the_old_file_and_says_73),
		with_folder(a_copy_that_cannot_be_made_says_73),
		with_folder(what_is_larger_than_allowed_is_refused),
		with_folder(removing_follows_no_link),
		with_folder(a_trees_bytes_are_those_of_all_its_files),
		with_folder(folders_are_made_all_the_way),
		test(commands_are_found_where_path_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
