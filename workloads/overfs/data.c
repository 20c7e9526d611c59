/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "data.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "pattern.h"

#define BLOCK        PATTERN_BLOCK
#define CHUNK_BLOCKS 512

enum kind {
	KIND_HOLE,
	KIND_ZERO,
	KIND_PATTERN,
	KIND_RAW,
};

struct chunk {
	union {
		uint64_t key;
		void *raw;
	} block[CHUNK_BLOCKS];
	unsigned char kind[CHUNK_BLOCKS];
};

static const char zeros[BLOCK];

static struct chunk *chunk_at(const struct data *d, uint64_t block)
{
	uint64_t i = block / CHUNK_BLOCKS;

	return i < d->n ? d->chunk[i] : NULL;
}

static enum kind kind_at(const struct data *d, uint64_t block)
{
	const struct chunk *c = chunk_at(d, block);

	return c ? (enum kind)c->kind[block % CHUNK_BLOCKS] : KIND_HOLE;
}

uint64_t data_wants(const struct data *d, uint64_t off, size_t n)
{
	uint64_t wants = 0;

	for (uint64_t b = off / BLOCK; n > 0 && b <= (off + n - 1) / BLOCK; b++)
		wants += kind_at(d, b) == KIND_HOLE;
	return wants;
}

static int need_chunk(struct data *d, uint64_t block)
{
	size_t i = (size_t)(block / CHUNK_BLOCKS);

	if (i >= d->n) {
		struct chunk **more = realloc(d->chunk, (i + 1) * sizeof *more);

		if (!more)
			return -ENOMEM;
		memset(more + d->n, 0, (i + 1 - d->n) * sizeof *more);
		d->chunk = more;
		d->n = i + 1;
	}
	if (!d->chunk[i])
		d->chunk[i] = calloc(1, sizeof *d->chunk[i]);
	return d->chunk[i] ? 0 : -ENOMEM;
}

static void read_block(const struct data *d, uint64_t block, void *ret)
{
	const struct chunk *c = chunk_at(d, block);
	size_t i = block % CHUNK_BLOCKS;

	switch (kind_at(d, block)) {
	case KIND_HOLE:
	case KIND_ZERO: memset(ret, 0, BLOCK); break;
	case KIND_PATTERN: pattern_fill(ret, c->block[i].key); break;
	case KIND_RAW: memcpy(ret, c->block[i].raw, BLOCK); break;
	}
}

static void free_block(struct data *d, struct space *s, uint64_t block)
{
	struct chunk *c = chunk_at(d, block);
	size_t i = block % CHUNK_BLOCKS;

	if (kind_at(d, block) == KIND_HOLE)
		return;
	if (c->kind[i] == KIND_RAW) {
		free(c->block[i].raw);
		s->raw--;
	}
	c->kind[i] = KIND_HOLE;
	d->blocks--;
	s->used--;
}

static int write_block(struct data *d, struct space *s, uint64_t block, const void *bytes)
{
	enum kind kind = KIND_RAW;
	uint64_t key = 0;
	void *raw = NULL;

	if (need_chunk(d, block) < 0)
		return -ENOMEM;
	if (memcmp(bytes, zeros, BLOCK) == 0)
		kind = KIND_ZERO;
	else if (pattern_is(bytes, &key))
		kind = KIND_PATTERN;
	else if (!(raw = malloc(BLOCK)))
		return -ENOMEM;
	free_block(d, s, block);
	struct chunk *c = chunk_at(d, block);
	c->kind[block % CHUNK_BLOCKS] = kind;
	if (raw) {
		memcpy(raw, bytes, BLOCK);
		c->block[block % CHUNK_BLOCKS].raw = raw;
	} else {
		c->block[block % CHUNK_BLOCKS].key = key;
	}
	d->blocks++;
	s->used++;
	s->raw += kind == KIND_RAW;
	return 0;
}

int data_write(struct data *d, struct space *s, const void *bytes, size_t n, uint64_t off)
{
	const char *from = bytes;

	if (off > DATA_MAX_BYTES || n > DATA_MAX_BYTES - off)
		return -EFBIG;
	while (n > 0) {
		char whole[BLOCK];
		size_t at = off % BLOCK, part = n < BLOCK - at ? n : BLOCK - at;
		const char *block = from;

		if (part < BLOCK) {
			read_block(d, off / BLOCK, whole);
			memcpy(whole + at, from, part);
			block = whole;
		}
		if (write_block(d, s, off / BLOCK, block) < 0)
			return -ENOMEM;
		from += part;
		off += part;
		n -= part;
	}
	return 0;
}

void data_read(const struct data *d, void *ret, size_t n, uint64_t off)
{
	char *to = ret;

	while (n > 0) {
		char whole[BLOCK];
		size_t at = off % BLOCK, part = n < BLOCK - at ? n : BLOCK - at;

		read_block(d, off / BLOCK, whole);
		memcpy(to, whole + at, part);
		to += part;
		off += part;
		n -= part;
	}
}

static void cut_block(struct data *d, struct space *s, uint64_t size)
{
	char whole[BLOCK];

	if (size % BLOCK == 0 || kind_at(d, size / BLOCK) == KIND_HOLE)
		return;
	read_block(d, size / BLOCK, whole);
	memset(whole + size % BLOCK, 0, BLOCK - size % BLOCK);
	write_block(d, s, size / BLOCK, whole); /* no memory: stale bytes, behind the end */
}

void data_cut(struct data *d, struct space *s, uint64_t size)
{
	uint64_t first = (size + BLOCK - 1) / BLOCK;

	for (uint64_t b = first; b < (uint64_t)d->n * CHUNK_BLOCKS; b++) {
		if (!chunk_at(d, b))
			b |= CHUNK_BLOCKS - 1; /* the loop goes to the next chunk */
		else
			free_block(d, s, b);
	}
	cut_block(d, s, size);
	if (size > 0)
		return;
	for (size_t i = 0; i < d->n; i++)
		free(d->chunk[i]);
	free(d->chunk);
	*d = (struct data){ 0 };
}
