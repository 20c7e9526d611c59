/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

#include "base/fs.h"
#include "folder.h"
#include "run/evidence.h"

static void collect(void *arg, uint64_t at_ns, const char *text, size_t n)
{
	buf_printf(arg, "%llu[", (unsigned long long)at_ns);
	buf_append(arg, text, n);
	buf_puts(arg, "]");
}

/* What evidence_read() gives of a file of these bytes. */
static char *read_back(struct folder *f, const char *bytes, size_t n)
{
	struct buf seen = BUF_INIT;
	struct err err = { 0 };

	if (bytes)
		assert_ok(fs_write(f->fd, "agent.log", bytes, n, &err));
	assert_ok(evidence_read(f->fd, "agent.log", collect, &seen, &err));
	return buf_steal(&seen);
}

static void assert_read(struct folder *f, const char *bytes, size_t n, const char *want)
{
	_cleanup_free_
	char *got = read_back(f, bytes, n);

	assert_string_equal(got, want);
}

static void what_was_written_is_read(void **state)
{
	struct folder *f = *state;
	struct evidence *e;
	struct err err = { 0 };

	assert_ok(evidence_open(f->fd, &e, &err));
	evidence_agent(e, "beat n=1", 8, 5);
	evidence_note(e, 6, "machine %s", "running");
	evidence_agent(e, "", 0, 7);
	assert_int_equal(evidence_error(e), 0);
	evidence_close(e);
	assert_read(f, NULL, 0, "5[beat n=1]6[# machine running]7[]");
}

static void a_torn_last_line_is_left_out(void **state)
{
	assert_read(*state, "5 a b\n6 c", 9, "5[a b]");
	assert_read(*state, "", 0, "");
	assert_read(*state, "5", 1, "");
}

static void a_broken_line_hides_none_behind_it(void **state)
{
	assert_read(*state, "\nx y\n5\n 7 q\n6 c\n", 16, "6[c]");
}

/* A guest may write one; so may a file system that lost power. */
static void a_nul_hides_no_line_behind_it(void **state)
{
	static const char bytes[] = "5 a\0b\n6 c\n\0\0\0\n7 d\n";
	struct folder *f = *state;
	_cleanup_buf_ struct buf seen = BUF_INIT;
	struct err err = { 0 };

	assert_ok(fs_write(f->fd, "agent.log", bytes, sizeof(bytes) - 1, &err));
	assert_ok(evidence_read(f->fd, "agent.log", collect, &seen, &err));
	assert_int_equal(seen.len, strlen("5[a.b]6[c]7[d]"));
	assert_memory_equal(seen.data, "5[a\0b]6[c]7[d]", seen.len);
}

/* Our remarks quote the guest: its newline must not become a line of the log. */
static void a_remark_is_one_line_whatever_it_quotes(void **state)
{
	struct folder *f = *state;
	struct evidence *e;
	struct err err = { 0 };

	assert_ok(evidence_open(f->fd, &e, &err));
	evidence_note(e, 5, "ending: %s", "a\n99999 beat n=1\033[2J");
	evidence_close(e);
	assert_read(f, NULL, 0, "5[# ending: a\\x0a99999 beat n=1\\x1b[2J]");
}

static void a_guest_cannot_write_our_remarks(void **state)
{
	struct folder *f = *state;
	struct evidence *e;
	struct err err = { 0 };

	assert_ok(evidence_open(f->fd, &e, &err));
	evidence_agent(e, "# ending 1 in SOAK: ", 20, 5);
	evidence_close(e);
	assert_read(f, NULL, 0, "5[ # ending 1 in SOAK: ]");
}

static void a_line_without_end_takes_no_memory(void **state)
{
	struct folder *f = *state;
	_cleanup_free_
	char *bytes = malloc(1 << 20);

	memset(bytes, '7', 1 << 20);
	memcpy(bytes + (1 << 20) - 5, "\n6 c\n", 5);
	assert_read(f, bytes, 1 << 20, "6[c]");
}

static void without_a_folder_nothing_is_kept(void **state)
{
	struct evidence *e;
	struct err err = { 0 };

	(void)state;
	assert_ok(evidence_open(-1, &e, &err));
	evidence_agent(e, "x", 1, 1);
	evidence_console(e, 1, 1);
	assert_int_equal(evidence_error(e), 0);
	assert_null(evidence_close(e));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_folder(what_was_written_is_read),
		with_folder(a_torn_last_line_is_left_out),
		with_folder(a_broken_line_hides_none_behind_it),
		with_folder(a_nul_hides_no_line_behind_it),
		with_folder(a_remark_is_one_line_whatever_it_quotes),
		with_folder(a_guest_cannot_write_our_remarks),
		with_folder(a_line_without_end_takes_no_memory),
		test(without_a_folder_nothing_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
