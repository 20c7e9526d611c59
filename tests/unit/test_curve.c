/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

#include "base/buf.h"
#include "report/curve.h"

struct arm {
	struct sample sample;
	struct km km;
};

static struct arm arm_of(const double *time, const bool *failed, size_t n)
{
	struct arm a = { 0 };

	for (size_t i = 0; i < n; i++)
		sample_add(&a.sample, (struct lifetime){ .time = time[i], .failed = failed[i] });
	sample_sort(&a.sample);
	km_fit(&a.sample, &a.km);
	return a;
}

static void arm_done(struct arm *a)
{
	sample_done(&a->sample);
	km_done(&a->km);
}

static const double times[] = { 10, 20, 30, 40 };

static char *draw(const bool *failed, bool utf8, bool color)
{
	const struct curve_style style = { .width = 47, .rows = 5, .utf8 = utf8, .color = color };
	struct arm a = arm_of(times, failed, 4);
	const struct curve_line line = { "stock", &a.km, &a.sample };
	struct buf out = BUF_INIT;

	curve_text(&line, 1, &style, &out);
	arm_done(&a);
	return buf_steal(&out);
}

static void a_curve_steps_down_where_somebody_failed(void **state)
{
	static const bool all[] = { true, true, true, true };
	_cleanup_free_
	char *got = draw(all, false, false);

	(void)state;
	assert_string_equal(got, "100 % |**********\n"
				 "      |         ***********\n"
				 "      |                   ***********\n"
				 "      |                             ***********\n"
				 "  0 % |                                       *\n"
				 "      ++---------+---------+---------+---------\n"
				 "       0 s       10        20        30\n"
				 "       *** stock\n"
				 "       +: seen no longer, alive until then\n");
}

static void who_was_alive_when_last_seen_is_marked(void **state)
{
	static const bool two[] = { true, false, true, false };
	_cleanup_free_
	char *got = draw(two, true, false);

	(void)state;
	assert_string_equal(got, "100 % ┤─────────┐\n"
				 "      │         └─────────┼─────────┐\n"
				 "      │                             │\n"
				 "      │                             └─────────┼\n"
				 "  0 % ┤\n"
				 "      └┬─────────┬─────────┬─────────┬─────────\n"
				 "       0 s       10        20        30\n"
				 "       ─── stock\n"
				 "       ┼: seen no longer, alive until then\n");
}

static void a_line_at_0_percent_means_that_nobody_is_left(void **state)
{
	double time[40];
	bool failed[40];
	const struct curve_style style = { .width = 47, .rows = 5 };
	_cleanup_buf_ struct buf out = BUF_INIT;
	struct arm a;
	struct curve_line line = { "x", NULL, NULL };

	(void)state;
	for (int i = 0; i < 40; i++) {
		time[i] = i < 39 ? 1 + i * 0.01 : 40;
		failed[i] = i < 39;
	}
	a = arm_of(time, failed, 40);
	line.km = &a.km;
	line.sample = &a.sample;
	curve_text(&line, 1, &style, &out);
	assert_non_null(strstr(buf_str(&out), "  0 % |\n"));
	arm_done(&a);
}

static void two_arms_are_told_apart_and_the_first_lies_on_top(void **state)
{
	static const bool none[] = { false, false, false, false },
			  one[] = { true, false, false, false };
	const struct curve_style style = { .width = 47, .rows = 3, .utf8 = true };
	struct arm a = arm_of(times, one, 4), b = arm_of(times, none, 4);
	const struct curve_line lines[] = { { "a", &a.km, &a.sample }, { "b", &b.km, &b.sample } };
	_cleanup_buf_ struct buf out = BUF_INIT;

	(void)state;
	curve_text(lines, 2, &style, &out);
	assert_non_null(strstr(buf_str(&out), "100 % ┤─────────┐━━━━━━━━━╋"));
	assert_non_null(strstr(buf_str(&out), "─── a  ━━━ b\n"));
	arm_done(&a);
	arm_done(&b);
}

static void more_arms_than_styles_are_counted_in_the_legend(void **state)
{
	static const bool one[] = { true, false, false, false };
	const struct curve_style style = { .width = 60, .rows = 3 };
	struct arm a = arm_of(times, one, 4);
	struct curve_line lines[9];
	_cleanup_buf_ struct buf out = BUF_INIT;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		lines[i] = (struct curve_line){ "arm", &a.km, &a.sample };
	curve_text(lines, ARRAY_SIZE(lines), &style, &out);
	assert_non_null(strstr(buf_str(&out), "(and 3 more, not drawn)"));
	arm_done(&a);
}

static void colours_come_only_where_asked_for(void **state)
{
	static const bool all[] = { true, true, true, true };
	_cleanup_free_
	char *plain = draw(all, true, false);
	_cleanup_free_
	char *colour = draw(all, true, true);

	(void)state;
	assert_null(strchr(plain, '\033'));
	assert_non_null(strstr(colour, "\033[31m─\033[0m"));
}

static void without_any_time_nothing_is_drawn(void **state)
{
	const struct curve_style style = { .width = 60, .rows = 3 };
	struct arm a = arm_of(NULL, NULL, 0);
	const struct curve_line line = { "x", &a.km, &a.sample };
	_cleanup_buf_ struct buf out = BUF_INIT;

	(void)state;
	curve_text(&line, 1, &style, &out);
	curve_text(NULL, 0, &style, &out);
	assert_int_equal(out.len, 0);
	arm_done(&a);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		test(a_curve_steps_down_where_somebody_failed),
		test(who_was_alive_when_last_seen_is_marked),
		test(a_line_at_0_percent_means_that_nobody_is_left),
		test(two_arms_are_told_apart_and_the_first_lies_on_top),
		test(more_arms_than_styles_are_counted_in_the_legend),
		test(colours_come_only_where_asked_for),
		test(without_any_time_nothing_is_drawn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
