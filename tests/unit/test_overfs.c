/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

#include <string.h>

/* The guest's programs are no part of the library: compiled in. */
#include "../../workloads/overfs/data.c"
#include "../../workloads/overfs/pattern.c"
#include "../../workloads/overfs/tree.c"

#define MODEL_BYTES (64 * 1024)

static void a_block_is_a_pattern_only_as_a_whole(void **state)
{
	(void)state;
	char block[PATTERN_BLOCK];
	uint64_t key = 0;

	pattern_fill(block, 42);
	assert_true(pattern_is(block, &key));
	assert_int_equal(key, 42);
	block[PATTERN_BLOCK - 1] ^= 1;
	assert_false(pattern_is(block, &key));
	memset(block, 0, sizeof block);
	assert_false(pattern_is(block, &key));
}

static void patterns_and_zeros_cost_space_but_no_memory(void **state)
{
	(void)state;
	struct data d = { 0 };
	struct space s = { .capacity = 100 };
	char bytes[4 * PATTERN_BLOCK] = { 0 };

	pattern_fill(bytes, 1);
	pattern_fill(bytes + PATTERN_BLOCK, 2);
	bytes[3 * PATTERN_BLOCK] = 'x';
	assert_int_equal(data_wants(&d, 0, sizeof bytes), 4);
	assert_int_equal(data_write(&d, &s, bytes, sizeof bytes, 0), 0);
	assert_int_equal(s.used, 4);
	assert_int_equal(s.raw, 1);
	assert_int_equal(data_wants(&d, 0, sizeof bytes + 1), 1);
	data_cut(&d, &s, 0);
	assert_int_equal(s.used, 0);
	assert_int_equal(s.raw, 0);
}

static uint64_t draw(uint64_t *state, uint64_t n)
{
	*state = *state * 6364136223846793005ull + 1442695040888963407ull;
	return (*state >> 33) % n;
}

/* One write or cut, on both. */
static void step(struct data *d, struct space *s, char *model, uint64_t *random)
{
	static char bytes[3 * PATTERN_BLOCK];
	uint64_t off = draw(random, MODEL_BYTES - sizeof bytes);
	size_t n = 1 + draw(random, sizeof bytes);

	if (draw(random, 8) == 0) {
		data_cut(d, s, off);
		memset(model + off, 0, MODEL_BYTES - off);
		return;
	}
	if (draw(random, 2))
		off = off / PATTERN_BLOCK * PATTERN_BLOCK;
	for (size_t i = 0; i < sizeof bytes; i += PATTERN_BLOCK)
		pattern_fill(bytes + i, *random + i);
	if (draw(random, 4) == 0)
		memset(bytes, (int)draw(random, 2), sizeof bytes);
	assert_int_equal(data_write(d, s, bytes, n, off), 0);
	memcpy(model + off, bytes, n);
}

static void what_was_written_comes_back_whatever_its_shape(void **state)
{
	(void)state;
	static char model[MODEL_BYTES], got[MODEL_BYTES];
	struct data d = { 0 };
	struct space s = { .capacity = 1000 };
	uint64_t random = 7;

	for (int i = 0; i < 5000; i++) {
		step(&d, &s, model, &random);
		data_read(&d, got, sizeof got, 0);
		assert_memory_equal(got, model, sizeof got);
		assert_int_equal(s.used, d.blocks);
		assert_true(s.raw <= s.used && s.used <= MODEL_BYTES / PATTERN_BLOCK);
	}
	data_cut(&d, &s, 0);
	assert_int_equal(s.used + s.raw, 0);
}

static void a_write_too_far_out_is_refused(void **state)
{
	(void)state;
	struct data d = { 0 };
	struct space s = { .capacity = 100 };

	assert_int_equal(data_write(&d, &s, "x", 1, DATA_MAX_BYTES), -EFBIG);
	assert_int_equal(data_write(&d, &s, "x", 1, UINT64_MAX), -EFBIG);
	assert_int_equal(s.used, 0);
}

static void an_unlinked_file_keeps_its_room_while_the_kernel_holds_it(void **state)
{
	(void)state;
	struct tree t;
	struct node *f;

	assert_int_equal(tree_init(&t, 1 << 20), 0);
	assert_int_equal(t.space.capacity, 256);
	f = tree_add(&t, tree_node(&t, 1), "f", S_IFREG | 0644);
	f->lookups = 2;
	assert_int_equal(data_write(&f->data, &t.space, "x", 1, 0), 0);
	tree_unlink(&t, f);
	assert_null(tree_find(tree_node(&t, 1), "f"));
	assert_int_equal(t.space.used, 1);
	tree_forget(&t, f, 2);
	assert_int_equal(t.space.used, 0);
	assert_null(tree_node(&t, 2));
	assert_null(tree_node(&t, 0));
	free(t.node[0]->name);
	free(t.node[0]);
	free(t.node[1]->name);
	free(t.node[1]);
	free(t.node);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(a_block_is_a_pattern_only_as_a_whole),
		test(patterns_and_zeros_cost_space_but_no_memory),
		test(what_was_written_comes_back_whatever_its_shape),
		test(a_write_too_far_out_is_refused),
		test(an_unlinked_file_keeps_its_room_while_the_kernel_holds_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
