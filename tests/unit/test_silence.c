/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

#include "run/silence.h"

#define S(n) ((n)*NS_PER_S)

/* Limits of 30 s for beats, 60 s for sounds, 90 s for counts. */
static struct settings settings_of(const char *fsync, uint64_t ask_ns)
{
	struct settings s = { .limits = {
				      .heartbeat = S(30), .silence = S(60), .progress = S(90) } };

	s.guest.heartbeat.fsync = (char *)(uintptr_t)fsync;
	s.guest.heartbeat.ask = ask_ns;
	return s;
}

/* A soak from 100 s on, of which beats, counts and sounds were last heard at 110 s. */
static struct facts facts_of(void)
{
	return (struct facts){ .soak_ns = S(100),
			       .last_beat_ns = S(110),
			       .last_progress_ns = S(110) };
}

static void the_earliest_limit_is_when_to_look_again(void **state)
{
	struct settings s = settings_of("", TIME_NEVER);
	struct facts f = facts_of();
	struct silence over;
	uint64_t next = 0;

	(void)state;
	assert_false(silence_look(&s, &f, S(110), S(111), &next, &over));
	assert_int_equal(next, S(140));
	s.limits.heartbeat = TIME_NEVER;
	assert_false(silence_look(&s, &f, S(110), S(111), &next, &over));
	assert_int_equal(next, S(170));
}

static void no_limit_is_never_looked_at_again(void **state)
{
	struct settings s = settings_of("", TIME_NEVER);
	struct facts f = facts_of();
	struct silence over;
	uint64_t next = 0;

	(void)state;
	s.limits.heartbeat = s.limits.silence = s.limits.progress = TIME_NEVER;
	assert_false(silence_look(&s, &f, S(110), S(100000), &next, &over));
	assert_int_equal(next, TIME_NEVER);
}

static void a_limit_that_is_over_is_told_with_the_time_that_it_took(void **state)
{
	struct settings s = settings_of("", TIME_NEVER);
	struct facts f = facts_of();
	struct silence over;
	uint64_t next = 7;

	(void)state;
	assert_true(silence_look(&s, &f, S(139), S(140), &next, &over));
	assert_int_equal(over.ending, ENDING_HEARTBEAT);
	assert_string_equal(over.detail, "nothing for 30 s");
	assert_int_equal(next, 7);
}

static void what_was_heard_before_the_soak_counts_from_its_beginning(void **state)
{
	struct settings s = settings_of("", TIME_NEVER);
	struct facts f = { .soak_ns = S(100), .last_beat_ns = S(20) };
	struct silence over;
	uint64_t next = 0;

	(void)state;
	assert_false(silence_look(&s, &f, S(20), S(129), &next, &over));
	assert_int_equal(next, S(130));
}

static void an_fsync_is_missed_only_of_an_agent_that_lives(void **state)
{
	struct settings s = settings_of("/data", TIME_NEVER);
	struct facts f = facts_of();
	struct silence over;
	uint64_t next = 0;

	(void)state;
	f.last_sync_ns = S(101);
	f.last_beat_ns = S(130);
	assert_true(silence_look(&s, &f, S(130), S(131), &next, &over));
	assert_int_equal(over.ending, ENDING_FSYNC);
	assert_string_equal(over.detail, "nothing for 30 s on /data");
	f.last_beat_ns = S(110);
	assert_false(silence_look(&s, &f, S(130), S(131), &next, &over));
	assert_int_equal(next, S(132)); /* by then it may beat again */
}

static void an_answer_that_is_missed_comes_with_the_last_refusal(void **state)
{
	struct settings s = settings_of("", S(1));
	struct facts f = facts_of();
	struct silence over;
	uint64_t next = 0;

	(void)state;
	f.last_answer_ns = S(110);
	f.last_beat_ns = S(140);
	snprintf(f.refusal, sizeof(f.refusal), "fork: Cannot allocate memory");
	assert_true(silence_look(&s, &f, S(140), S(141), &next, &over));
	assert_int_equal(over.ending, ENDING_ANSWER);
	assert_string_equal(over.detail,
			    "nothing for 31 s; the last refusal: fork: Cannot allocate memory");
}

static void a_load_at_rate_0_owes_no_count_until_it_is_given_another(void **state)
{
	struct settings s = settings_of("", TIME_NEVER);
	struct facts f = facts_of();
	struct silence over;
	uint64_t next = 0;

	(void)state;
	s.limits.heartbeat = s.limits.silence = TIME_NEVER;
	f.idle = true;
	assert_false(silence_look(&s, &f, S(110), S(5000), &next, &over));
	assert_int_equal(next, TIME_NEVER);
	f.idle = false;
	f.tuned_ns = S(5000);
	assert_false(silence_look(&s, &f, S(110), S(5000), &next, &over));
	assert_int_equal(next, S(5090));
	assert_true(silence_look(&s, &f, S(110), S(5090), &next, &over));
	assert_int_equal(over.ending, ENDING_PROGRESS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(the_earliest_limit_is_when_to_look_again),
		test(no_limit_is_never_looked_at_again),
		test(a_limit_that_is_over_is_told_with_the_time_that_it_took),
		test(what_was_heard_before_the_soak_counts_from_its_beginning),
		test(an_fsync_is_missed_only_of_an_agent_that_lives),
		test(an_answer_that_is_missed_comes_with_the_last_refusal),
		test(a_load_at_rate_0_owes_no_count_until_it_is_given_another),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
