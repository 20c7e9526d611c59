/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

#include <ctype.h>

#include "model/explain.h"

static bool is_sentence(const char *s)
{
	return s && strlen(s) >= 10 && strchr(".?", s[strlen(s) - 1]) && !strstr(s, "  ") &&
	       strlen(s) < 500;
}

static void every_class_says_what_it_means_and_where_to_look(void **state)
{
	(void)state;
	for (enum crash_class c = CRASH_NONE + 1; c < CRASH_COUNT; c++) {
		const struct explanation *e = crash_explain(c);

		if (!is_sentence(e->meaning) || !is_sentence(e->look))
			fail_msg("%s: meaning and look should be sentences", crash_info(c)->name);
		if (!e->needs || !*e->needs || !e->kernels || !*e->kernels)
			fail_msg("%s: needs and kernels should say something", crash_info(c)->name);
	}
}

static void every_class_says_what_makes_it_fatal_or_why_nothing_does(void **state)
{
	(void)state;
	for (enum crash_class c = CRASH_NONE + 1; c < CRASH_COUNT; c++) {
		const struct explanation *e = crash_explain(c);
		json_t *a = explanation_settings(e);
		size_t lines = 0;

		for (const char *s = e->settings; s && *s; lines++)
			s = strchrnul(s, '\n') + (*strchrnul(s, '\n') == '\n');
		if (!e->settings || !*e->settings)
			fail_msg("%s: what makes it fatal?", crash_info(c)->name);
		if (str_after(e->settings, "none: "))
			assert_int_equal(json_array_size(a), 0);
		else if (json_array_size(a) != lines)
			fail_msg("%s: a setting has no \": effect\"", crash_info(c)->name);
		json_decref(a);
	}
}

static void the_settings_come_apart(void **state)
{
	json_t *a = explanation_settings(crash_explain(CRASH_RCU_STALL));
	const json_t *first = json_array_get(a, 0);

	(void)state;
	assert_int_equal(json_array_size(a), 2);
	assert_string_equal(json_string_value(json_object_get(first, "setting")),
			    "kernel.panic_on_rcu_stall=1");
	assert_string_equal(json_string_value(json_object_get(first, "effect")),
			    "panics at the first");
	json_decref(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(every_class_says_what_it_means_and_where_to_look),
		test(every_class_says_what_makes_it_fatal_or_why_nothing_does),
		test(the_settings_come_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
