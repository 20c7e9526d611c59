/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The stream of events, and readers that are no good. */
#include "unit.h"

#include <fcntl.h>
#include <signal.h>

#include "run/events.h"

static void put(struct events *e, size_t n)
{
	char *text = xmalloc(n + 1);
	json_t *o = json_object();

	memset(text, 'x', n);
	text[n] = 0;
	json_set_str(o, "text", text);
	events_put(e, "test", o);
	free(text);
}

static void read_all(int fd, struct buf *out)
{
	char block[65536];
	ssize_t n;

	while ((n = read(fd, block, sizeof(block))) > 0)
		buf_append(out, block, (size_t)n);
}

static void each_event_is_a_line(void **state)
{
	_cleanup_buf_ struct buf out = BUF_INIT;
	struct events *e;
	int fd[2];

	(void)state;
	assert_int_equal(pipe2(fd, O_CLOEXEC), 0);
	e = events_new(fd[1]);
	put(e, 3);
	events_put(e, "two", json_object());
	assert_null(events_free(e));
	close(fd[1]);
	read_all(fd[0], &out);
	close(fd[0]);
	assert_non_null(str_after(buf_str(&out), "{\"event\":\"test\",\"at_s\":"));
	assert_non_null(strstr(buf_str(&out), ",\"text\":\"xxx\"}\n{\"event\":\"two\",\"at_s\":"));
	assert_int_equal(out.data[out.len - 1], '\n');
}

static void nobody_listens_where_there_is_no_descriptor(void **state)
{
	(void)state;
	assert_null(events_new(0));
	events_put(NULL, "test", json_object()); /* and it is freed */
	events_record(NULL, &(struct journal_record){ .event = JOURNAL_DONE });
	assert_null(events_free(NULL));
}

/* It would hang here if it did. */
static void a_reader_that_reads_nothing_holds_nobody_up_and_is_told_in_the_end(void **state)
{
	_cleanup_buf_ struct buf out = BUF_INIT;
	struct events *e;
	int fd[2];

	(void)state;
	assert_int_equal(pipe2(fd, O_CLOEXEC), 0);
	e = events_new(fd[1]);
	for (int i = 0; i < 90; i++)
		put(e, 65536);
	fcntl(fd[0], F_SETFL, O_NONBLOCK);
	/* what is read makes room for what waits */
	for (int i = 0; i < 4000; i++) {
		read_all(fd[0], &out);
		events_put(e, "more", json_object());
	}
	events_free(e);
	close(fd[1]);
	read_all(fd[0], &out);
	close(fd[0]);
	assert_true(out.len > 4 << 20);
	assert_true(out.len < 5 << 20);
	assert_non_null(strstr(buf_str(&out) + out.len - 80, "{\"event\":\"lost\","));
	assert_null(strstr(buf_str(&out), "\"more\""));
}

static void a_reader_that_goes_away_ends_the_stream_and_no_process(void **state)
{
	struct events *e;
	int fd[2];

	(void)state;
	signal(SIGPIPE, SIG_DFL);
	assert_int_equal(pipe2(fd, O_CLOEXEC), 0);
	e = events_new(fd[1]);
	close(fd[0]);
	put(e, 10);
	put(e, 10);
	events_free(e);
	close(fd[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(each_event_is_a_line),
		test(nobody_listens_where_there_is_no_descriptor),
		test(a_reader_that_reads_nothing_holds_nobody_up_and_is_told_in_the_end),
		test(a_reader_that_goes_away_ends_the_stream_and_no_process),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
