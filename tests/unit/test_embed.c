/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/fs.h"
#include "base/str.h"
#include "vm/embed.h"

#define CAPABILITIES "cache/qemu/capabilities"

struct world {
	char dir[64];
	char *cache, *one, *two; /* the shared cache, and the roots of two processes */
};

static int setup(void **state)
{
	struct world *w = xcalloc(1, sizeof(*w));

	strcpy(w->dir, "/tmp/kernsoak-embed-XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	w->cache = xasprintf("%s/shared", w->dir);
	w->one = xasprintf("%s/one", w->dir);
	w->two = xasprintf("%s/two", w->dir);
	setenv("KERNSOAK_LIBVIRT_CACHE", w->cache, 1);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	fs_remove_tree(AT_FDCWD, w->dir, NULL);
	free(w->cache);
	free(w->one);
	free(w->two);
	free(w);
	return 0;
}

static void put(const char *dir, const char *name, const char *text)
{
	struct err err = { 0 };
	_cleanup_close_ int fd = fs_open_dir(AT_FDCWD, dir, &err);

	assert_ok(fd);
	assert_ok(fs_write(fd, name, text, strlen(text), &err));
}

static void assert_file(const char *dir, const char *name, const char *text)
{
	_cleanup_free_
	char *path = xasprintf("%s/%s", dir, name);
	_cleanup_buf_ struct buf b = BUF_INIT;
	struct err err = { 0 };

	assert_ok(fs_read(AT_FDCWD, path, 1 << 20, &b, &err));
	assert_string_equal(buf_str(&b), text);
}

static void the_console_is_qemus_own_file(void **state)
{
	struct world *w = *state;
	_cleanup_free_
	char *path = xasprintf("%s/etc/qemu.conf", w->one);
	_cleanup_buf_ struct buf b = BUF_INIT;
	struct err err = { 0 };

	assert_ok(embed_prepare(w->one, &err));
	assert_ok(fs_read(AT_FDCWD, path, 1 << 20, &b, &err));
	assert_non_null(strstr(b.data, "stdio_handler = \"file\"\n"));
}

static void what_one_process_learnt_the_next_one_knows(void **state)
{
	struct world *w = *state;
	_cleanup_free_
	char *one = xasprintf("%s/" CAPABILITIES, w->one);
	_cleanup_free_
	char *two = xasprintf("%s/" CAPABILITIES, w->two);
	_cleanup_strv_ struct strv names = { 0 };
	struct err err = { 0 };

	assert_ok(embed_prepare(w->one, &err));
	put(one, "0123.xml", "<qemuCaps/>");
	put(one, "half.tmp", "not this");
	embed_publish(w->one);
	assert_ok(embed_prepare(w->two, &err));
	assert_file(two, "0123.xml", "<qemuCaps/>");
	assert_file(w->cache, "0123.xml", "<qemuCaps/>");
	assert_ok(fs_list(AT_FDCWD, two, &names, &err));
	assert_int_equal(names.n, 1);
}

static void newer_knowledge_replaces_older(void **state)
{
	struct world *w = *state;
	_cleanup_free_
	char *one = xasprintf("%s/" CAPABILITIES, w->one);
	struct err err = { 0 };

	assert_ok(embed_prepare(w->one, &err));
	put(w->cache, "0123.xml", "<old/>");
	put(one, "0123.xml", "<new/>");
	embed_publish(w->one);
	assert_file(w->cache, "0123.xml", "<new/>");
}

static void a_cache_that_cannot_be_made_is_done_without(void **state)
{
	struct world *w = *state;
	struct err err = { 0 };

	setenv("KERNSOAK_LIBVIRT_CACHE", "/dev/null/cache", 1);
	assert_null(embed_cache_dir());
	assert_ok(embed_prepare(w->one, &err));
	embed_publish(w->one);
}

static void a_user_without_a_home_gets_one_below_the_root(void **state)
{
	struct world *w = *state;
	_cleanup_free_
	char *run = xasprintf("%s/xdg", w->one);
	struct err err = { 0 };
	struct stat st;

	setenv("HOME", "/nonexistent", 1);
	assert_ok(embed_prepare(w->one, &err));
	assert_string_equal(getenv("HOME"), w->one);
	assert_string_equal(getenv("XDG_RUNTIME_DIR"), run);
	assert_int_equal(stat(run, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
}

#define with_world(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_world(the_console_is_qemus_own_file),
		with_world(what_one_process_learnt_the_next_one_knows),
		with_world(newer_knowledge_replaces_older),
		with_world(a_cache_that_cannot_be_made_is_done_without),
		with_world(a_user_without_a_home_gets_one_below_the_root),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
