/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/controls.h"

#include "base/str.h"

static const struct {
	const char *key, *arm;
} controls[] = {
	[CONTROL_NONE] = { "", "" },
	[CONTROL_POSITIVE] = { "positive", "positive-control" },
	[CONTROL_NEGATIVE] = { "negative", "negative-control" },
};

bool control_is_key(const char *key)
{
	return control_arm(key) != NULL;
}

const char *control_arm(const char *key)
{
	for (size_t i = CONTROL_POSITIVE; i < ARRAY_SIZE(controls); i++)
		if (str_eq(controls[i].key, key))
			return controls[i].arm;
	return NULL;
}

enum control control_of(const char *arm)
{
	for (size_t i = CONTROL_POSITIVE; i < ARRAY_SIZE(controls); i++)
		if (str_eq(controls[i].arm, arm))
			return (enum control)i;
	return CONTROL_NONE;
}

enum control_state control_state(enum control c, const uint64_t outcome[OUTCOME_COUNT])
{
	const uint64_t told =
		outcome[OUTCOME_FAILED] + outcome[OUTCOME_OTHER] + outcome[OUTCOME_SURVIVED];
	const uint64_t right =
		c == CONTROL_POSITIVE ? outcome[OUTCOME_FAILED] : outcome[OUTCOME_SURVIVED];

	if (!told || c == CONTROL_NONE)
		return CONTROL_OPEN;
	return right == told ? CONTROL_HELD : CONTROL_BROKE;
}
