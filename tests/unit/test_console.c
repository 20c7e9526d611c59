/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/fs.h"
#include "vm/console.h"

struct world {
	struct clock clock;
	struct loop *loop;
	struct console *console;
	char path[64];
	int fd; /* the guest's end */
	struct buf got;
	size_t calls, largest;
	uint64_t at_ns;
	bool free_in_callback, ended;
};

static void on_data(void *arg, const void *data, size_t n, uint64_t at_ns)
{
	struct world *w = arg;

	assert_false(w->ended);
	buf_append(&w->got, data, n);
	w->calls++;
	w->largest = MAX(w->largest, n);
	w->at_ns = at_ns;
	if (w->free_in_callback)
		w->console = console_free(w->console);
}

static void on_end(void *arg)
{
	struct world *w = arg;

	w->ended = true;
}

static void on_end_free(void *arg)
{
	struct world *w = arg;

	w->ended = true;
	w->console = console_free(w->console);
}

/* Over a fake clock a loop with nothing ready and no deadline returns: the reader has fallen silent
 * and waits for inotify. */
static void settle(struct world *w)
{
	assert_int_equal(loop_run(w->loop), -EDEADLK);
}

static void guest_says(struct world *w, const void *data, size_t n)
{
	assert_int_equal(fs_write_all(w->fd, data, n), 0);
}

static int setup(void **state)
{
	struct world *w = xcalloc(1, sizeof(*w));
	struct err err = { 0 };

	w->clock = clock_fake();
	strcpy(w->path, "/tmp/kernsoak-console-XXXXXX");
	w->fd = mkostemp(w->path, O_APPEND | O_CLOEXEC);
	assert_true(w->fd >= 0);
	assert_ok(loop_new(&w->clock, &w->loop, &err));
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	console_free(w->console);
	loop_free(w->loop);
	close(w->fd);
	unlink(w->path);
	buf_done(&w->got);
	free(w);
	return 0;
}

static void follow(struct world *w)
{
	struct err err = { 0 };

	assert_ok(console_new(w->loop, w->path, on_data, w, &w->console, &err));
}

static void what_was_there_before_is_read_from_the_loop(void **state)
{
	struct world *w = *state;

	guest_says(w, "early\n", 6);
	follow(w);
	assert_int_equal(w->calls, 0);
	settle(w);
	assert_string_equal(buf_str(&w->got), "early\n");
	assert_int_equal(console_offset(w->console), 6);
}

static void what_comes_after_a_silence_is_read_and_stamped(void **state)
{
	struct world *w = *state;

	follow(w);
	settle(w);
	for (int i = 0; i < 3; i++) {
		w->clock.at_ns += 3600 * NS_PER_S;
		guest_says(w, "x\n", 2);
		settle(w);
		assert_int_equal(w->got.len, 2 * (i + 1));
		assert_true(w->at_ns >= (uint64_t)(i + 1) * 3600 * NS_PER_S);
	}
}

static void a_file_that_was_renamed_is_followed(void **state)
{
	struct world *w = *state;
	_cleanup_free_
	char *new_path = xasprintf("%s.moved", w->path);

	follow(w);
	settle(w);
	assert_int_equal(rename(w->path, new_path), 0);
	strcpy(w->path, new_path);
	guest_says(w, "still here\n", 11);
	settle(w);
	assert_string_equal(buf_str(&w->got), "still here\n");
}

static void a_flood_comes_in_bounded_pieces_and_whole(void **state)
{
	struct world *w = *state;
	size_t n = 1 << 20;
	char *flood = xmalloc(n);

	for (size_t i = 0; i < n; i++)
		flood[i] = (char)(i * 31 >> 3);
	follow(w);
	guest_says(w, flood, n);
	settle(w);
	assert_int_equal(w->got.len, n);
	assert_memory_equal(w->got.data, flood, n);
	assert_true(w->largest <= 65536);
	free(flood);
}

static void guest_talks(void *arg)
{
	struct world *w = arg;

	guest_says(w, "!", 1);
	if (w->clock.at_ns < 2 * NS_PER_S)
		loop_add_timer(w->loop, loop_now(w->loop) + 100 * NS_PER_US, guest_talks, w);
}

/* A guest that writes 10,000 single bytes in a second must not wake us 10,000 times. */
static void a_guest_that_writes_byte_by_byte_is_read_in_batches(void **state)
{
	struct world *w = *state;

	follow(w);
	loop_add_timer(w->loop, loop_now(w->loop), guest_talks, w);
	settle(w);
	assert_true(w->got.len > 9000);
	assert_true(w->calls < 300);
}

static void the_end_is_told_after_the_last_byte(void **state)
{
	struct world *w = *state;
	char text[200000];

	memset(text, 't', sizeof(text));
	follow(w);
	settle(w);
	guest_says(w, text, sizeof(text));
	console_finish(w->console, on_end);
	assert_false(w->ended);
	settle(w);
	assert_true(w->ended);
	assert_int_equal(w->got.len, sizeof(text));
}

static void it_may_be_freed_by_its_own_bytes_and_by_its_end(void **state)
{
	struct world *w = *state;

	follow(w);
	w->free_in_callback = true;
	guest_says(w, "x", 1);
	settle(w);
	assert_null(w->console);
	assert_int_equal(w->calls, 1);
	w->free_in_callback = false;
	follow(w);
	console_finish(w->console, on_end_free);
	settle(w);
	assert_true(w->ended);
}

static void a_reader_that_was_held_up_says_for_how_long(void **state)
{
	struct world *w = *state;

	guest_says(w, "x", 1);
	follow(w);
	w->clock.at_ns += 2 * NS_PER_S; /* the loop was busy elsewhere */
	settle(w);
	assert_true(console_lag_ns(w->console) >= 2 * NS_PER_S);
	assert_true(console_lag_ns(w->console) < 3 * NS_PER_S);
}

static void a_guest_that_was_silent_is_no_lag(void **state)
{
	struct world *w = *state;

	follow(w);
	settle(w);
	w->clock.at_ns += 3600 * NS_PER_S;
	guest_says(w, "x", 1);
	settle(w);
	assert_true(console_lag_ns(w->console) < 60 * NS_PER_S);
}

static void the_age_of_the_file_is_the_lag_after_a_silence(void **state)
{
	struct world *w = *state;
	struct timespec times[2];

	follow(w);
	settle(w);
	w->clock.at_ns += 3600 * NS_PER_S;
	guest_says(w, "x", 1);
	clock_gettime(CLOCK_REALTIME, &times[1]);
	times[1].tv_sec -= 600;
	times[0] = times[1];
	assert_int_equal(futimens(w->fd, times), 0);
	settle(w);
	assert_true(console_lag_ns(w->console) >= 600 * NS_PER_S);
	assert_true(console_lag_ns(w->console) < 700 * NS_PER_S);
}

static void a_missing_file_is_named(void **state)
{
	struct world *w = *state;
	struct err err = { 0 };

	assert_int_equal(
		console_new(w->loop, "/nonexistent/console.log", on_data, w, &w->console, &err),
		-ENOENT);
	assert_string_equal(err.msg, "cannot open the console file /nonexistent/console.log: "
				     "No such file or directory");
}

#define with_world(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_world(what_was_there_before_is_read_from_the_loop),
		with_world(what_comes_after_a_silence_is_read_and_stamped),
		with_world(a_file_that_was_renamed_is_followed),
		with_world(a_flood_comes_in_bounded_pieces_and_whole),
		with_world(a_guest_that_writes_byte_by_byte_is_read_in_batches),
		with_world(the_end_is_told_after_the_last_byte),
		with_world(it_may_be_freed_by_its_own_bytes_and_by_its_end),
		with_world(a_reader_that_was_held_up_says_for_how_long),
		with_world(a_guest_that_was_silent_is_no_lag),
		with_world(the_age_of_the_file_is_the_lag_after_a_silence),
		with_world(a_missing_file_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
