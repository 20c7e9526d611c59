/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tarballs, which may come from anywhere: nothing is written outside, nothing but files and links.
 */
#include "image.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "image/unpack.h"

struct piece {
	const char *path;
	mode_t type;
	const char *link; /* where a link leads */
	bool hard;
};

static void put(struct archive *a, const struct piece *p)
{
	struct archive_entry *e = archive_entry_new();

	archive_entry_set_pathname(e, p->path);
	archive_entry_set_filetype(e, p->type);
	archive_entry_set_perm(e, 06755);
	archive_entry_set_size(e, p->type == AE_IFREG && !p->hard ? 2 : 0);
	if (p->link && p->hard)
		archive_entry_set_hardlink(e, p->link);
	else if (p->link)
		archive_entry_set_symlink(e, p->link);
	assert_int_equal(archive_write_header(a, e), ARCHIVE_OK);
	if (p->type == AE_IFREG && !p->hard)
		assert_int_equal(archive_write_data(a, "x\n", 2), 2);
	archive_entry_free(e);
}

/* Unpacks a tarball of these pieces into out/, without the first step of their paths. */
static int unpack(const struct piece *p, size_t n, bool (*stopped)(const void *), struct err *err)
{
	_cleanup_buf_ struct buf tar = BUF_INIT;
	struct archive *a = archive_write_new();

	archive_write_add_filter_by_name(a, "gzip");
	archive_write_set_format_pax_restricted(a);
	assert_int_equal(archive_write_open(a, &tar, NULL, fx_append, NULL), ARCHIVE_OK);
	for (size_t i = 0; i < n; i++)
		put(a, &p[i]);
	fx_close(a);
	fx_write("t.tar.gz", tar.data, tar.len, 0644);
	assert_int_equal(fs_remove_tree(AT_FDCWD, fx_path("out"), NULL), 0);
	assert_int_equal(fs_mkdir_p(fx_path("out"), 0755, NULL), 0);
	return tar_unpack(fx_path("t.tar.gz"), 1, fx_path("out"), stopped, NULL, err);
}

static bool there(const char *path)
{
	struct stat st;

	return lstat(fx_path(path), &st) == 0;
}

static void files_and_links_come_without_the_first_step(void **state)
{
	static const struct piece good[] = {
		{ "linux-6.9/", AE_IFDIR, NULL, false },
		{ "linux-6.9/Makefile", AE_IFREG, NULL, false },
		{ "linux-6.9/scripts/a b", AE_IFREG, NULL, false },
		{ "linux-6.9/scripts/link", AE_IFLNK, "../Makefile", false },
		{ "linux-6.9/scripts/hard", AE_IFREG, "linux-6.9/Makefile", true },
	};
	struct err err = { 0 };
	struct stat st;

	(void)state;
	assert_ok(unpack(good, ARRAY_SIZE(good), NULL, &err));
	assert_true(there("out/scripts/a b") && there("out/scripts/hard"));
	assert_int_equal(stat(fx_path("out/scripts/link"), &st), 0);
	assert_int_equal(st.st_nlink, 2);
	assert_int_equal(st.st_mode & 06000, 0);
}

static void nothing_is_written_outside(void **state)
{
	static const struct piece bad[] = {
		{ "x/../../escaped", AE_IFREG, NULL, false },
		{ "/tmp/kernsoak-escaped", AE_IFREG, NULL, false },
		{ "x/hard", AE_IFREG, "x/../../t.tar.gz", true },
		{ "x/fifo", AE_IFIFO, NULL, false },
		{ "x/device", AE_IFCHR, NULL, false },
		{ "x/good", AE_IFREG, NULL, false },
	};
	struct err err = { 0 };

	(void)state;
	assert_ok(unpack(bad, ARRAY_SIZE(bad), NULL, &err));
	assert_true(there("out/good"));
	assert_false(there("escaped") || there("out/escaped") || there("out/hard"));
	assert_false(there("out/fifo") || there("out/device"));
	assert_int_equal(access("/tmp/kernsoak-escaped", F_OK), -1);
}

static void a_link_that_leads_out_is_not_followed(void **state)
{
	static const struct piece bad[] = {
		{ "x/out", AE_IFLNK, "..", false },
		{ "x/out/escaped", AE_IFREG, NULL, false },
	};
	struct err err = { 0 };

	(void)state;
	unpack(bad, ARRAY_SIZE(bad), NULL, &err);
	assert_false(there("escaped"));
}

static bool at_once(const void *arg)
{
	(void)arg;
	return true;
}

static void it_ends_when_it_is_told_to(void **state)
{
	static const struct piece one[] = { { "x/good", AE_IFREG, NULL, false } };
	struct err err = { 0 };

	(void)state;
	assert_int_equal(unpack(one, 1, at_once, &err), -EINTR);
}

static void a_file_that_is_no_tarball_is_refused(void **state)
{
	struct err err = { 0 };

	(void)state;
	fx_text("t.tar", "hello\n", 0644);
	assert_true(tar_unpack(fx_path("t.tar"), 1, fx_dir, NULL, NULL, &err) < 0);
	assert_non_null(strstr(err.msg, "t.tar"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(files_and_links_come_without_the_first_step), test(nothing_is_written_outside),
		test(a_link_that_leads_out_is_not_followed),       test(it_ends_when_it_is_told_to),
		test(a_file_that_is_no_tarball_is_refused),
	};

	return cmocka_run_group_tests(tests, fx_setup, fx_teardown);
}
