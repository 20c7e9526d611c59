/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

#include <errno.h>
#include <string.h>

#include "base/exit.h"
#include "model/axis.h"

static const struct axis_kernel kernels[] = {
	{ "debian:6.1.0-9-cloud", "6.1.27-1" },
	{ "debian:6.1.0-47-cloud", "6.1.170-3" },
	{ "debian:6.1.0-54-rt", "6.1.190-1" },
	{ "debian:6.1.0-54-cloud", "6.1.190-1" },
	{ "debian:6.1.0-54", "6.1.190-1" },
	{ "debian:6.1.0-55-cloud", "6.1.192-1" },
	{ "debian:6.12.100+deb12-cloud", "6.12.100-1" },
	{ "debian:6.12.117+deb12-cloud", "6.12.117-1" },
};

static void read_kernels(const char *text, const char *like, struct axis *a)
{
	struct err err = { 0 };

	assert_ok(axis_parse(text, a, &err));
	assert_ok(axis_add_kernels(a, kernels, ARRAY_SIZE(kernels), like, &err));
}

static void expect(const struct axis *a, const char *const *label, size_t n)
{
	assert_int_equal(a->n, n);
	for (size_t i = 0; i < n; i++)
		assert_string_equal(a->value[i].label, label[i]);
}

static void a_range_of_packages_is_those_of_one_flavour_in_their_order(void **state)
{
	static const char *const want[] = { "6.1.0-9-cloud", "6.1.0-47-cloud", "6.1.0-54-cloud",
					    "6.1.0-55-cloud" };
	_cleanup_axis_ struct axis a = { 0 };

	(void)state;
	read_kernels("debian:6.1.0-9..6.1.0-55", "debian:6.1.0-54-cloud", &a);
	expect(&a, want, ARRAY_SIZE(want));
	assert_string_equal(a.value[1].set.item[0], "kernel=debian:6.1.0-47-cloud");
	assert_string_equal(a.value[1].note, "6.1.170-3");
}

static void a_flavour_of_an_end_beats_the_scenarios(void **state)
{
	_cleanup_axis_ struct axis a = { 0 };
	struct err err = { 0 };

	(void)state;
	assert_ok(axis_parse("debian:6.1.0-54-rt..6.1.0-55", &a, &err));
	assert_int_equal(
		axis_add_kernels(&a, kernels, ARRAY_SIZE(kernels), "debian:6.1.0-54-cloud", &err),
		-ENOENT);
	assert_non_null(strstr(err.msg, "6.1.0-55-rt"));
}

static void ends_the_wrong_way_round_turn_the_axis(void **state)
{
	static const char *const want[] = { "6.12.117+deb12-cloud", "6.12.100+deb12-cloud" };
	_cleanup_axis_ struct axis a = { 0 };

	(void)state;
	read_kernels("debian:6.12.117-cloud..6.12.100", NULL, &a);
	expect(&a, want, ARRAY_SIZE(want));
}

static void an_end_that_is_not_there_names_the_nearest(void **state)
{
	_cleanup_axis_ struct axis a = { 0 };
	struct err err = { 0 };

	(void)state;
	assert_ok(axis_parse("debian:6.1.0-46..6.1.0-55", &a, &err));
	assert_int_equal(
		axis_add_kernels(&a, kernels, ARRAY_SIZE(kernels), "debian:6.1.0-54-cloud", &err),
		-ENOENT);
	assert_int_equal(err.exit_code, EXIT_BAD_USAGE);
	assert_non_null(strstr(err.msg, "did you mean 6.1.0-47-cloud?"));
	axis_done(&a);
	assert_ok(axis_parse("debian:6.1.0-47..6.12.119", &a, &err));
	assert_int_equal(
		axis_add_kernels(&a, kernels, ARRAY_SIZE(kernels), "debian:6.1.0-54-cloud", &err),
		-ENOENT);
	assert_non_null(strstr(err.msg, "did you mean 6.12.117-cloud?"));
}

static void values_keep_their_order_and_commas_in_brackets(void **state)
{
	static const char *const want[] = { "512MiB", "256MiB" }, *const lists[] = { "[a, b]",
										     "[]" };
	_cleanup_axis_ struct axis a = { 0 }, b = { 0 };
	struct err err = { 0 };

	(void)state;
	assert_ok(axis_parse("guest.memory=512MiB,256MiB", &a, &err));
	expect(&a, want, 2);
	assert_string_equal(a.value[1].set.item[0], "guest.memory=256MiB");
	assert_ok(axis_parse("guest.modules=[a, b],[]", &b, &err));
	expect(&b, lists, 2);
}

static void causes_pile_up(void **state)
{
	static const char *const want[] = { "none", "+nosmt", "+mitigations=off",
					    "+guest.sysctl.vm.swappiness=1" };
	_cleanup_axis_ struct axis a = { 0 };
	struct err err = { 0 };

	(void)state;
	assert_ok(axis_parse("set:guest.cmdline=nosmt,mitigations=off,guest.sysctl.vm.swappiness=1",
			     &a, &err));
	expect(&a, want, ARRAY_SIZE(want));
	assert_int_equal(a.value[0].set.n, 0);
	assert_string_equal(a.value[2].set.item[0], "guest.cmdline=nosmt mitigations=off");
	assert_int_equal(a.value[3].set.n, 2);
	assert_string_equal(a.value[3].set.item[1], "guest.sysctl.vm.swappiness=1");
}

static void commits_are_called_by_twelve_digits(void **state)
{
	_cleanup_axis_ struct axis a = { 0 };
	struct err err = { 0 };

	(void)state;
	assert_ok(axis_parse("git:/src/linux#v6.1..v6.2", &a, &err));
	assert_string_equal(a.dir, "/src/linux");
	assert_string_equal(a.first, "v6.1");
	assert_ok(axis_add_commits(&a,
				   "0123456789abcdef0123456789abcdef01234567 net: a\n"
				   "1123456789abcdef0123456789abcdef01234567 net: b c\n",
				   &err));
	assert_string_equal(a.value[1].label, "1123456789ab");
	assert_string_equal(a.value[1].note, "net: b c");
	assert_string_equal(a.value[1].commit, "1123456789abcdef0123456789abcdef01234567");
}

static void what_is_no_axis_is_refused_with_what_would_be_one(void **state)
{
	static const struct {
		const char *text, *says;
	} bad[] = {
		{ "6.1.0-47..6.1.0-56", "debian:FIRST..LAST" },
		{ "debian:6.1.0-47", "two ends" },
		{ "debian:..6.1.0-56", "two ends" },
		{ "git:.", "git:DIR#good..bad" },
		{ "guest.memori=1,2", "guest.memory" },
		{ "guest.memory=256MiB", "fewer than two" },
		{ "guest.memory=256MiB,,1GiB", "empty" },
		{ "guest.memory=256MiB,256MiB", "twice" },
		{ "set:guest.memory=256MiB,512MiB", "only one can hold" },
		{ "", "debian:FIRST..LAST" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct axis a = { 0 };
		struct err err = { 0 };

		assert_int_equal(axis_parse(bad[i].text, &a, &err), -EINVAL);
		assert_int_equal(err.exit_code, EXIT_BAD_USAGE);
		if (!strstr(err.msg, bad[i].says))
			fail_msg("'%s': %s", bad[i].text, err.msg);
	}
}

static void an_axis_survives_json(void **state)
{
	_cleanup_axis_ struct axis a = { 0 }, b = { 0 };
	_cleanup_json_ json_t *j = NULL;
	struct err err = { 0 };

	(void)state;
	read_kernels("debian:6.1.0-47..6.1.0-55", "debian:6.1.0-54-cloud", &a);
	j = axis_to_json(&a);
	assert_ok(axis_from_json(j, &b, &err));
	assert_int_equal(b.kind, AXIS_KERNELS);
	assert_int_equal(b.n, a.n);
	assert_string_equal(b.value[2].label, a.value[2].label);
	assert_string_equal(b.value[2].set.item[0], a.value[2].set.item[0]);
	assert_string_equal(b.text, a.text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(a_range_of_packages_is_those_of_one_flavour_in_their_order),
		test(a_flavour_of_an_end_beats_the_scenarios),
		test(ends_the_wrong_way_round_turn_the_axis),
		test(an_end_that_is_not_there_names_the_nearest),
		test(values_keep_their_order_and_commas_in_brackets),
		test(causes_pile_up),
		test(commits_are_called_by_twelve_digits),
		test(what_is_no_axis_is_refused_with_what_would_be_one),
		test(an_axis_survives_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
