/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lines of a hostile guest's agent: what is parsed can be written and parsed again. */
#include "fuzz.h"

#include <assert.h>

#include "run/agent.h"

static void write_again(const struct agent_line *l)
{
	_cleanup_buf_ struct buf b = BUF_INIT;
	struct agent_line again;

	buf_puts(&b, l->word);
	for (size_t i = 0; i < l->arg.n; i++)
		agent_put(&b, l->arg.item[i].key, l->arg.item[i].value);
	if (agent_parse(b.data, b.len, &again) < 0)
		abort();
	assert(again.arg.n == l->arg.n);
	for (size_t i = 0; i < l->arg.n; i++)
		assert(str_eq(again.arg.item[i].value, l->arg.item[i].value));
	agent_line_done(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct agent_line l;

	if (agent_parse((const char *)data, n, &l) < 0)
		return 0;
	agent_u64(&l, "count", 0);
	write_again(&l);
	agent_line_done(&l);
	return 0;
}
