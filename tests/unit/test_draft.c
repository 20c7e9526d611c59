/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What `kernsoak init` writes: right for every load, and explained. */
#include "unit.h"

#include "model/draft.h"
#include "model/lint.h"

static void hear(void *arg, const struct err *warning)
{
	fail_msg("%s: %s", (const char *)arg, warning->msg);
}

static struct scenario parsed(const struct draft *d, struct buf *text)
{
	struct lint lint = { .say = hear, .arg = (void *)(uintptr_t)d->load[0]->name };
	struct scenario_options opt = { .lint = &lint };
	struct scenario sc = { 0 };
	struct err err = { 0 };

	draft_write(d, text);
	if (scenario_parse("draft.yaml", buf_str(text), text->len, &opt, &sc, &err) < 0)
		fail_msg("%s\n%s", err.msg, buf_str(text));
	lint_done(&lint);
	return sc;
}

static void a_draft_with_any_load_is_right_and_warns_of_nothing(void **state)
{
	const struct load_def *load;

	(void)state;
	for (size_t i = 0; (load = load_nth(i)); i++) {
		_cleanup_buf_ struct buf text = BUF_INIT;
		struct scenario sc = parsed(&(struct draft){ "a", "./k", NULL, &load, 1 }, &text);

		assert_string_equal(sc.name, "a");
		assert_string_equal(sc.arm[0].settings.kernel, "./k");
		assert_int_equal(sc.arm[0].settings.n_loads, 1);
		assert_true(sc.arm[0].settings.guest.vcpus >= load->min_vcpus);
		scenario_done(&sc);
	}
}

static void several_loads_stand_side_by_side(void **state)
{
	const struct load_def *const loads[] = { load_by_name("team-mtu"),
						 load_by_name("fib-rebalance") };
	_cleanup_buf_ struct buf text = BUF_INIT;
	struct scenario sc = parsed(&(struct draft){ "a", "./k", "x.json", loads, 2 }, &text);

	(void)state;
	assert_int_equal(sc.arm[0].settings.n_loads, 2);
	assert_int_equal(sc.arm[0].settings.guest.vcpus, 2);
	assert_non_null(str_after(buf_str(&text), "# yaml-language-server: $schema=x.json\n"));
	assert_non_null(str_after(sc.story, "Say here what was seen"));
	scenario_done(&sc);
}

/* Taking the comment sign from what is not said gives scenarios, too. */
static void what_is_commented_out_is_right(void **state)
{
	static const char *const lines[] = { "  # image: ",    "  # sysctl: ", "  # cmdline: ",
					     "    # frames: ", "# arms: ",     "  # budget: ",
					     "    # pause: " };
	const struct load_def *load = load_by_name("fib-rebalance");

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		_cleanup_buf_ struct buf text = BUF_INIT;
		struct scenario sc = { 0 };
		struct err err = { 0 };
		char *at;

		draft_write(&(struct draft){ "a", "./k", NULL, &load, 1 }, &text);
		at = strstr(text.data, lines[i]);
		if (!at)
			fail_msg("there is no line '%s'\n%s", lines[i], text.data);
		at = strchr(at, '#');
		memmove(at, at + 2, strlen(at + 2) + 1);
		if (scenario_parse("d.yaml", text.data, strlen(text.data), NULL, &sc, &err) < 0)
			fail_msg("%s", err.msg);
		scenario_done(&sc);
	}
}

static void every_parameter_that_must_be_given_has_an_example(void **state)
{
	const struct load_def *load;

	(void)state;
	for (size_t i = 0; (load = load_nth(i)); i++)
		for (const struct load_param *p = load->param; p->key; p++)
			if (!p->fallback && !p->example)
				fail_msg("%s.%s has none", load->name, p->key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(every_parameter_that_must_be_given_has_an_example),
		test(a_draft_with_any_load_is_right_and_warns_of_nothing),
		test(several_loads_stand_side_by_side),
		test(what_is_commented_out_is_right),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
