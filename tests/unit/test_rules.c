/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

#include "base/buf.h"
#include "detect/kmsg.h"
#include "detect/rules.h"

static void every_row_is_whole_and_has_a_name_of_its_own(void **state)
{
	const struct signature *a, *b;

	(void)state;
	for (size_t i = 0; (a = signature_nth(i)); i++) {
		if (!a->name || !a->literal || !a->literal[0] || !a->title || !a->sentence ||
		    !a->example)
			fail_msg("row %zu (%s) lacks a field", i, a->name);
		for (size_t j = 0; j < i && (b = signature_nth(j)); j++)
			if (str_eq(a->name, b->name))
				fail_msg("two rows are called %s", a->name);
	}
}

static void every_row_finds_its_example_and_no_other_row_does(void **state)
{
	struct err err = { 0 };
	const struct rules *r = rules_get(&err);
	const struct signature *sig;

	(void)state;
	assert_non_null(r);
	for (size_t i = 0; (sig = signature_nth(i)); i++) {
		const struct signature *got = NULL;
		struct captures c;
		struct hits hits;
		struct kmsg k;

		kmsg_parse(sig->example, &k);
		if (rules_hit(r, sig->example, strlen(sig->example), &hits))
			got = rules_find(r, &hits, k.text, &c);
		if (!got || !str_eq(got->name, sig->name))
			fail_msg("the example of %s is taken by %s", sig->name,
				 got ? got->name : "none");
	}
}

static void both_matchers_give_the_same_answer(void **state)
{
	static const char *const literals[] = { "he", "she", "his", "hers", "BUG: ", "UG: K", "s" };
	static const char *const texts[] = { "ushers", "this BUG: KASAN", "",
					     "h",      "BUG:BUG: K",      "shehis" };
	struct err err = { 0 };
	struct matcher *fast = matcher_new(literals, ARRAY_SIZE(literals), false, &err);
	struct matcher *plain = matcher_new(literals, ARRAY_SIZE(literals), true, &err);

	(void)state;
	assert_non_null(fast);
	assert_non_null(plain);
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct hits a, b;
		size_t n = strlen(texts[i]);

		assert_int_equal(matcher_run(fast, texts[i], n, &a),
				 matcher_run(plain, texts[i], n, &b));
		assert_memory_equal(&a, &b, sizeof(a));
		assert_int_equal(matcher_benign(fast, texts[i], n),
				 matcher_benign(plain, texts[i], n));
		for (unsigned j = 0; j < ARRAY_SIZE(literals); j++)
			assert_int_equal(hits_has(&a, j), strstr(texts[i], literals[j]) != NULL);
	}
	matcher_free(fast);
	matcher_free(plain);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(every_row_is_whole_and_has_a_name_of_its_own),
		test(every_row_finds_its_example_and_no_other_row_does),
		test(both_matchers_give_the_same_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
