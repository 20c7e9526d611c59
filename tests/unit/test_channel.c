/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fs.h"
#include "vm/channel.h"

enum { LINE_MAX_HERE = 16 };

struct world {
	struct clock clock;
	struct loop *loop;
	struct channel *channel;
	char dir[64], path[96];
	int peer; /* our QEMU */
	struct buf got;
	bool free_in_callback;
};

static void on_line(void *arg, const char *line, size_t n, uint64_t at_ns)
{
	struct world *w = arg;

	assert_int_equal(line[n], 0);
	assert_true(at_ns == loop_now(w->loop));
	buf_append(&w->got, line, n);
	buf_putc(&w->got, '|');
	if (w->free_in_callback)
		w->channel = channel_free(w->channel);
}

static int connect_to(const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	strcpy(a.sun_path, path);
	assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	return fd;
}

/* Over a fake clock a loop with nothing ready and no deadline returns. */
static void settle(struct world *w)
{
	assert_int_equal(loop_run(w->loop), -EDEADLK);
}

static int setup(void **state)
{
	struct world *w = xcalloc(1, sizeof(*w));
	struct err err = { 0 };

	w->clock = clock_fake();
	strcpy(w->dir, "/tmp/kernsoak-channel-XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	snprintf(w->path, sizeof(w->path), "%s/agent.sock", w->dir);
	assert_ok(loop_new(&w->clock, &w->loop, &err));
	assert_ok(channel_new(w->loop, w->path, LINE_MAX_HERE, on_line, w, &w->channel, &err));
	w->peer = connect_to(w->path);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	channel_free(w->channel);
	assert_int_not_equal(access(w->path, F_OK), 0);
	if (w->peer >= 0)
		close(w->peer);
	loop_free(w->loop);
	fs_remove_tree(AT_FDCWD, w->dir, NULL);
	buf_done(&w->got);
	free(w);
	return 0;
}

static void say(struct world *w, const char *bytes, size_t n)
{
	assert_int_equal(send(w->peer, bytes, n, MSG_NOSIGNAL), n);
}

static void what_is_sent_before_we_listen_to_it_is_not_lost(void **state)
{
	struct world *w = *state;

	say(w, "hello\nbeat n=1\n", 15);
	settle(w);
	assert_string_equal(buf_str(&w->got), "hello|beat n=1|");
}

static void a_line_comes_when_it_is_whole(void **state)
{
	struct world *w = *state;

	say(w, "be", 2);
	settle(w);
	assert_int_equal(w->got.len, 0);
	say(w, "at\n\nx", 5);
	settle(w);
	assert_string_equal(buf_str(&w->got), "beat||");
}

static void a_line_may_hold_a_nul(void **state)
{
	struct world *w = *state;

	say(w, "a\0b\n", 4);
	settle(w);
	assert_int_equal(w->got.len, 4);
	assert_memory_equal(w->got.data, "a\0b|", 4);
}

static void an_overlong_line_is_dropped_and_the_next_one_is_whole(void **state)
{
	struct world *w = *state;

	say(w, "0123456789abcdef\n", 17);
	say(w, "0123456789abcdefX\nnext\n", 23);
	settle(w);
	assert_string_equal(buf_str(&w->got), "0123456789abcdef|next|");
	assert_int_equal(channel_dropped(w->channel), 1);
}

static void an_endless_line_is_one_line_and_needs_no_memory(void **state)
{
	struct world *w = *state;
	char flood[4096];

	memset(flood, 'x', sizeof(flood));
	for (int i = 0; i < 64; i++) {
		say(w, flood, sizeof(flood));
		settle(w);
	}
	say(w, "\nok\n", 4);
	settle(w);
	assert_string_equal(buf_str(&w->got), "ok|");
	assert_int_equal(channel_dropped(w->channel), 1);
}

static void sending_to_nobody_is_refused_for_the_time_being(void **state)
{
	struct world *w = *state;

	assert_int_equal(channel_send(w->channel, "begin\n", 6), -EAGAIN); /* not accepted yet */
	settle(w);
	assert_int_equal(channel_send(w->channel, "begin\n", 6), 0);
}

static size_t drain(struct world *w, char *first, size_t size)
{
	char data[65536];
	size_t total = 0;
	ssize_t n;

	for (;;) {
		n = recv(w->peer, data, sizeof(data), MSG_DONTWAIT);
		if (n <= 0)
			return total;
		if (!total)
			memcpy(first, data, MIN((size_t)n, size));
		total += (size_t)n;
		settle(w);
	}
}

static void a_full_queue_takes_no_half_lines_and_comes_out_when_read(void **state)
{
	struct world *w = *state;
	char line[1000], first[4];
	size_t sent = 0;
	int r;

	settle(w);
	memset(line, 'y', sizeof(line));
	line[999] = '\n';
	while ((r = channel_send(w->channel, line, sizeof(line))) == 0)
		sent += sizeof(line);
	assert_int_equal(r, -EAGAIN);
	assert_true(sent > CHANNEL_QUEUE_MAX - sizeof(line));
	assert_int_equal(drain(w, first, sizeof(first)), sent);
	assert_memory_equal(first, "yyyy", 4);
	assert_int_equal(channel_send(w->channel, line, sizeof(line)), 0);
}

static void sending_after_the_other_end_is_gone_is_an_error(void **state)
{
	struct world *w = *state;

	say(w, "last\nhalf", 9);
	close(TAKE(w->peer, -1));
	settle(w);
	assert_string_equal(buf_str(&w->got), "last|");
	assert_int_equal(channel_send(w->channel, "x\n", 2), -EPIPE);
}

static void it_may_be_freed_by_its_own_line(void **state)
{
	struct world *w = *state;

	w->free_in_callback = true;
	say(w, "one\ntwo\n", 8);
	settle(w);
	assert_string_equal(buf_str(&w->got), "one|");
}

static void a_path_too_long_for_a_socket_says_so(void **state)
{
	struct world *w = *state;
	struct channel *c = NULL;
	struct err err = { 0 };
	char path[200];

	memset(path, 'p', sizeof(path));
	path[0] = '/';
	path[199] = 0;
	assert_int_equal(channel_new(w->loop, path, 16, on_line, w, &c, &err), -ENAMETOOLONG);
	assert_non_null(strstr(err.msg, "has 199 bytes, the kernel allows 107"));
	assert_null(c);
	settle(w);
}

#define with_world(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_world(what_is_sent_before_we_listen_to_it_is_not_lost),
		with_world(a_line_comes_when_it_is_whole),
		with_world(a_line_may_hold_a_nul),
		with_world(an_overlong_line_is_dropped_and_the_next_one_is_whole),
		with_world(an_endless_line_is_one_line_and_needs_no_memory),
		with_world(sending_to_nobody_is_refused_for_the_time_being),
		with_world(a_full_queue_takes_no_half_lines_and_comes_out_when_read),
		with_world(sending_after_the_other_end_is_gone_is_an_error),
		with_world(it_may_be_freed_by_its_own_line),
		with_world(a_path_too_long_for_a_socket_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
