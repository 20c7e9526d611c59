/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Any bytes as a table of lifetimes: a complaint with its place, or an answer that is valid JSON
 * and keeps within reason, never a crash.
 *
 * As it stands it replays the files named. For libFuzzer: clang -fsanitize=fuzzer,address,undefined
 * -DKERNSOAK_LIBFUZZER -D_GNU_SOURCE -Iharness, this file, every .c of harness/base and
 * harness/stats, -ljansson -lRmath -lm; run it with -max_len=2048 on a copy of the seeds.
 */
#include <assert.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>

#include "base/fs.h"
#include "fuzz.h"
#include "stats/answer.h"

/* A list of probabilities: within [0, 1], never rising. */
static void check_survival(const json_t *surv)
{
	double last = 1;

	for (size_t i = 0; i < json_array_size(surv); i++) {
		double s = json_number_value(json_array_get(surv, i));

		assert(s >= 0 && s <= last);
		last = s;
	}
}

static void check_p(const json_t *p)
{
	if (json_is_number(p))
		assert(json_number_value(p) >= 0 && json_number_value(p) <= 1);
}

static void check_answer(const struct lifetable *t)
{
	json_t *j = answer_json("fuzz", t, (struct answer_options){ .conf = 0.95 });
	char *text = json_dumps(j, JSON_COMPACT);

	assert(text);
	check_survival(json_at(j, "overall.km.table.surv"));
	check_p(json_at(j, "logrank.p"));
	check_p(json_at(j, "rate_ratio.p_two_sided"));
	check_p(json_at(j, "overall.weibull.lrt_shape_eq_1.p"));
	free(text);
	json_decref(j);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct lifetable t = { 0 };
	struct err err = { 0 };

	if (lifetable_parse("fuzz.csv", (const char *)data, n, &t, &err) < 0)
		assert(err.code > 0 && str_after(err.msg, "fuzz.csv:"));
	else
		check_answer(&t);
	lifetable_done(&t);
	return 0;
}
