/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/exit.h"
#include "base/fs.h"
#include "folder.h"
#include "store/journal.h"

struct seen {
	struct journal_record rec[64];
	size_t n;
	int stop_after; /* 0: never */
};

static int collect(void *arg, const struct journal_record *rec)
{
	struct seen *s = arg;

	s->rec[s->n++] = *rec;
	return s->stop_after && s->n == (size_t)s->stop_after ? 42 : 0;
}

static const struct journal_record sample[] = {
	{ .event = JOURNAL_BEGIN, .at_s = 1000, .run = "20261121-143233-x", .pid = 812 },
	{ .event = JOURNAL_SPAWN, .at_s = 1001, .trial = 1, .slot = 0, .pid = 815 },
	{ .event = JOURNAL_END,
	  .at_s = 1019,
	  .trial = 1,
	  .outcome = OUTCOME_FAILED,
	  .exit = 10,
	  .exposure_ns = 17 },
	{ .event = JOURNAL_ADD,
	  .at_s = 1019,
	  .trial = 9,
	  .arm = "stock",
	  .why = "host \"fault\"\n" },
	{ .event = JOURNAL_ADD,
	  .at_s = 1020,
	  .trial = 22,
	  .arm = "b",
	  .soak_ns = 99,
	  .why = "wished" },
	{ .event = JOURNAL_DECIDED, .at_s = 1020, .exit = 11, .why = "they differ" },
	{ .event = JOURNAL_STOP, .at_s = 1020, .why = "SIGINT" },
	{ .event = JOURNAL_RESUME, .at_s = 1030, .pid = 900 },
	{ .event = JOURNAL_PLACE,
	  .at_s = 1031,
	  .trial = 7,
	  .cascade = 2,
	  .at_ms = 1031250,
	  .containers = 3,
	  .pending = 1,
	  .why = "moved" },
	{ .event = JOURNAL_CASCADE_END,
	  .at_s = 1032,
	  .cascade = 2,
	  .at_ms = 1032001,
	  .why = "time" },
	{ .event = JOURNAL_DONE, .at_s = 1040, .why = "all trials ended" },
};

static void append_all(int fd)
{
	struct journal *j = NULL;
	struct err err = { 0 };

	assert_ok(journal_open(fd, &j, &err));
	for (size_t i = 0; i < ARRAY_SIZE(sample); i++)
		assert_ok(journal_append(j, &sample[i], &err));
	journal_free(j);
}

static void append_one(int fd, enum journal_event event)
{
	struct journal_record rec = { .event = event, .why = "more" };
	struct journal *j = NULL;
	struct err err = { 0 };

	assert_ok(journal_open(fd, &j, &err));
	assert_ok(journal_append(j, &rec, &err));
	journal_free(j);
}

static void put(int fd, const char *text, size_t n, int flags)
{
	_cleanup_close_ int out =
		openat(fd, "journal", O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0644);

	assert_int_equal(fs_write_all(out, text, n), 0);
}

static void records_come_back_in_order_and_whole(void **state)
{
	const struct folder *d = *state;
	struct seen seen = { 0 };
	struct err err = { 0 };

	append_all(d->fd);
	assert_ok(journal_read(d->fd, collect, &seen, &err));
	assert_int_equal(seen.n, ARRAY_SIZE(sample));
	for (size_t i = 0; i < seen.n; i++) {
		const struct journal_record *got = &seen.rec[i], *want = &sample[i];

		assert_int_equal(got->n, i + 1);
		assert_int_equal(got->event, want->event);
		assert_int_equal(got->at_s, want->at_s);
		assert_int_equal(got->trial, want->trial);
		assert_int_equal(got->slot, want->slot);
		assert_int_equal(got->pid, want->pid);
		assert_int_equal(got->soak_ns, want->soak_ns);
		assert_int_equal(got->exposure_ns, want->exposure_ns);
		assert_int_equal(got->outcome, want->outcome);
		assert_int_equal(got->cascade, want->cascade);
		assert_int_equal(got->at_ms, want->at_ms);
		assert_int_equal(got->containers, want->containers);
		assert_int_equal(got->pending, want->pending);
		assert_string_equal(got->run, want->run);
		assert_string_equal(got->arm, want->arm);
		assert_string_equal(got->why, want->why);
	}
	assert_int_equal(seen.rec[2].exit, 10);
	assert_int_equal(seen.rec[1].exit, -1);
}

static void a_missing_journal_has_no_records(void **state)
{
	const struct folder *d = *state;
	struct seen seen = { 0 };
	struct err err = { 0 };
	pid_t pid = 7;

	assert_ok(journal_read(d->fd, collect, &seen, &err));
	assert_int_equal(seen.n, 0);
	assert_int_equal(journal_holder(d->fd, &pid), 0);
	assert_int_equal(pid, 7);
}

/* The property that resume stands on: whatever byte kill -9 came at. */
static void cut_at_any_byte_the_whole_records_stay_and_the_next_follows_them(void **state)
{
	const struct folder *d = *state;
	_cleanup_buf_ struct buf whole = BUF_INIT;
	struct err err = { 0 };

	append_all(d->fd);
	assert_ok(fs_read(d->fd, "journal", 1 << 20, &whole, &err));
	for (size_t cut = 0; cut <= whole.len; cut++) {
		struct seen before = { 0 }, after = { 0 };
		size_t lines = 0;

		for (size_t i = 0; i < cut; i++)
			lines += whole.data[i] == '\n';
		put(d->fd, whole.data, cut, O_TRUNC);
		assert_ok(journal_read(d->fd, collect, &before, &err));
		assert_int_equal(before.n, lines);
		append_one(d->fd, JOURNAL_STOP);
		assert_ok(journal_read(d->fd, collect, &after, &err));
		assert_int_equal(after.n, lines + 1);
		assert_int_equal(after.rec[lines].n, lines + 1);
	}
}

static void a_block_of_zeros_at_the_end_is_a_torn_record_too(void **state)
{
	const struct folder *d = *state;
	struct seen seen = { 0 };
	struct err err = { 0 };
	char zeros[4096] = { 0 };

	append_all(d->fd);
	zeros[100] = '\n';
	put(d->fd, zeros, sizeof(zeros), O_APPEND);
	append_one(d->fd, JOURNAL_STOP);
	assert_ok(journal_read(d->fd, collect, &seen, &err));
	assert_int_equal(seen.n, ARRAY_SIZE(sample) + 1);
}

static void a_broken_record_before_whole_ones_is_an_error_and_nothing_is_cut(void **state)
{
	static const char text[] = "{\"n\":1,\"at_s\":1,\"event\":\"resume\",\"pid\":5}\n"
				   "{\"n\":2,\"at_s\":1,\"event\"\n"
				   "{\"n\":3,\"at_s\":1,\"event\":\"resume\",\"pid\":6}\n";
	const struct folder *d = *state;
	struct journal *j = NULL;
	struct seen seen = { 0 };
	struct err err = { 0 };
	struct stat st;

	put(d->fd, text, strlen(text), 0);
	assert_int_equal(journal_read(d->fd, collect, &seen, &err), -EBADMSG);
	assert_non_null(strstr(err.msg, "journal:2:"));
	assert_int_equal(journal_open(d->fd, &j, &err), -EBADMSG);
	assert_null(j);
	assert_int_equal(fstatat(d->fd, "journal", &st, 0), 0);
	assert_int_equal(st.st_size, strlen(text));
}

static void a_record_lost_from_the_middle_is_noticed(void **state)
{
	static const char text[] = "{\"n\":1,\"at_s\":1,\"event\":\"resume\",\"pid\":5}\n"
				   "{\"n\":3,\"at_s\":1,\"event\":\"resume\",\"pid\":6}\n"
				   "{\"n\":4,\"at_s\":1,\"event\":\"resume\",\"pid\":6}\n";
	const struct folder *d = *state;
	struct err err = { 0 };

	put(d->fd, text, strlen(text), 0);
	assert_int_equal(journal_read(d->fd, NULL, NULL, &err), -EBADMSG);
}

static void an_event_from_a_later_version_is_passed_over_but_counted(void **state)
{
	static const char text[] =
		"{\"n\":1,\"at_s\":1,\"event\":\"migrate\",\"to\":[5]}\n"
		"{\"n\":2,\"at_s\":1,\"event\":\"resume\",\"pid\":6,\"new\":1}\n";
	const struct folder *d = *state;
	struct seen seen = { 0 };
	struct err err = { 0 };

	put(d->fd, text, strlen(text), 0);
	append_one(d->fd, JOURNAL_STOP);
	assert_ok(journal_read(d->fd, collect, &seen, &err));
	assert_int_equal(seen.n, 2);
	assert_int_equal(seen.rec[0].pid, 6);
	assert_int_equal(seen.rec[1].n, 3);
}

static void the_reader_may_stop_early(void **state)
{
	struct seen seen = { .stop_after = 2 };
	const struct folder *d = *state;
	struct err err = { 0 };

	append_all(d->fd);
	assert_int_equal(journal_read(d->fd, collect, &seen, &err), 42);
	assert_int_equal(seen.n, 2);
}

static void a_second_runner_is_turned_away_with_the_pid_of_the_first(void **state)
{
	const struct journal_record begin = { .event = JOURNAL_BEGIN, .pid = 4711 };
	struct journal *first = NULL, *second = NULL;
	const struct folder *d = *state;
	struct err err = { 0 };
	pid_t pid = 0;

	assert_ok(journal_open(d->fd, &first, &err));
	assert_int_equal(journal_holder(d->fd, &pid), 1);
	assert_int_equal(pid, 0);
	assert_ok(journal_append(first, &begin, &err));
	assert_int_equal(journal_open(d->fd, &second, &err), -EBUSY);
	assert_non_null(strstr(err.msg, "4711"));
	assert_int_equal(journal_holder(d->fd, &pid), 1);
	assert_int_equal(pid, 4711);
	journal_free(first);
	assert_int_equal(journal_holder(d->fd, &pid), 0);
	assert_ok(journal_open(d->fd, &second, &err));
	journal_free(second);
}

/* A child that holds the run, killed; returns when it is gone. */
static void hold_and_die(const struct folder *d)
{
	int pipe_fds[2], status;
	char byte;
	pid_t pid;

	assert_int_equal(pipe(pipe_fds), 0);
	pid = fork();
	if (pid == 0) {
		struct journal *j = NULL;

		if (journal_open(d->fd, &j, NULL) == 0 && write(pipe_fds[1], "x", 1) == 1)
			pause();
		_exit(1);
	}
	close(pipe_fds[1]);
	assert_int_equal(read(pipe_fds[0], &byte, 1), 1);
	close(pipe_fds[0]);
	assert_int_equal(journal_holder(d->fd, &(pid_t){ 0 }), 1);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
}

static void a_killed_runner_leaves_no_lock(void **state)
{
	const struct folder *d = *state;
	struct journal *j = NULL;
	struct err err = { 0 };

	hold_and_die(d);
	assert_ok(journal_open(d->fd, &j, &err));
	journal_free(j);
}

/* RLIMIT_FSIZE ends a write half-way, as a full disk does. */
static void a_full_disk_is_exit_73_loses_nothing_and_passes(void **state)
{
	const struct journal_record rec = { .event = JOURNAL_DONE, .why = "after" };
	const struct folder *d = *state;
	struct rlimit old, low;
	struct journal *j = NULL;
	struct seen seen = { 0 };
	struct err err = { 0 };
	struct stat st;

	append_all(d->fd);
	assert_int_equal(fstatat(d->fd, "journal", &st, 0), 0);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	low = (struct rlimit){ (rlim_t)st.st_size + 10, old.rlim_max };
	signal(SIGXFSZ, SIG_IGN);
	assert_ok(journal_open(d->fd, &j, &err));
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &low), 0);
	assert_int_equal(journal_append(j, &rec, &err), -EFBIG);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_int_equal(err.exit_code, EXIT_CANNOT_WRITE);
	assert_ok(journal_read(d->fd, collect, &seen, &err));
	assert_int_equal(seen.n, ARRAY_SIZE(sample));
	assert_ok(journal_append(j, &rec, &err));
	journal_free(j);
	seen.n = 0;
	assert_ok(journal_read(d->fd, collect, &seen, &err));
	assert_int_equal(seen.n, ARRAY_SIZE(sample) + 1);
	assert_string_equal(seen.rec[seen.n - 1].why, "after");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		with_folder(records_come_back_in_order_and_whole),
		with_folder(a_missing_journal_has_no_records),
		with_folder(cut_at_any_byte_the_whole_records_stay_and_the_next_follows_them),
		with_folder(a_block_of_zeros_at_the_end_is_a_torn_record_too),
		with_folder(a_broken_record_before_whole_ones_is_an_error_and_nothing_is_cut),
		with_folder(a_record_lost_from_the_middle_is_noticed),
		with_folder(an_event_from_a_later_version_is_passed_over_but_counted),
		with_folder(the_reader_may_stop_early),
		with_folder(a_second_runner_is_turned_away_with_the_pid_of_the_first),
		with_folder(a_killed_runner_leaves_no_lock),
		with_folder(a_full_disk_is_exit_73_loses_nothing_and_passes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
