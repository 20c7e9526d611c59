/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Wanted values: R, prop.test(k, n, correct = FALSE). */
#include "numbers.h"

#include "stats/share.h"

static void shares_have_wilsons_interval(void **state)
{
	(void)state;
	assert_close(share_wilson(5, 10, 0.95).share, 0.5, 0);
	assert_interval(share_wilson(5, 10, 0.95).ci, 0.236593090512564, 0.763406909487436, 1e-9);
	assert_interval(share_wilson(1, 20, 0.95).ci, 0.00888144880079538, 0.236131193446742, 1e-9);
	assert_interval(share_wilson(5, 10, 0.9).ci, 0.269271821138267, 0.730728178861733, 1e-9);
}

static void none_or_all_of_a_few_are_not_certain(void **state)
{
	struct share none = share_wilson(0, 10, 0.95), all = share_wilson(2, 2, 0.95);

	(void)state;
	assert_close(none.ci.lo, 0, 0);
	assert_close(none.ci.hi, 0.277532799862889, 1e-9);
	assert_close(all.ci.lo, 0.342380227402077, 1e-9);
	assert_close(all.ci.hi, 1, 0);
}

static void of_nothing_there_is_no_share(void **state)
{
	struct share s = share_wilson(0, 0, 0.95);

	(void)state;
	assert_close(s.share, NAN, 0);
	assert_interval(s.ci, NAN, NAN, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(shares_have_wilsons_interval),
		test(none_or_all_of_a_few_are_not_certain),
		test(of_nothing_there_is_no_share),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
