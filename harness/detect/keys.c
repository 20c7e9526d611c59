/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "detect/keys.h"

#include <ctype.h>
#include <math.h>

#include "base/buf.h"

/* How often a byte of ASCII stands in kernel text, roughly. */
static float frequency(unsigned c)
{
	static const float table[128] = {
		[' '] = 0.13f,  ['e'] = 0.035f, ['t'] = 0.035f, ['a'] = 0.035f, ['i'] = 0.035f,
		['o'] = 0.035f, ['n'] = 0.035f, ['r'] = 0.035f, ['s'] = 0.035f, ['.'] = 0.02f,
		[':'] = 0.02f,  ['['] = 0.02f,  [']'] = 0.02f,  ['-'] = 0.007f, [','] = 0.007f,
		['='] = 0.007f, ['('] = 0.007f, [')'] = 0.007f, ['/'] = 0.007f, ['_'] = 0.007f,
	};

	if (table[c] > 0)
		return table[c];
	if (c >= 'a' && c <= 'z')
		return 0.015f;
	if (c >= '0' && c <= '9')
		return 0.022f;
	return c >= 'A' && c <= 'Z' ? 0.004f : 0.001f;
}

/* A key that a literal has, at `at`. */
struct key {
	char text[KEY_SPAN]; /* '\0' at the end: any byte */
	uint16_t literal, at;
};

static int by_text(const void *a, const void *b)
{
	const struct key *x = a, *y = b;
	int r = memcmp(x->text, y->text, KEY_SPAN);

	return r ? r : x->literal - y->literal;
}

static size_t all_keys(const char *const *literal, size_t n_literals, struct key **ret)
{
	struct key *key;
	size_t n = 0;

	for (size_t i = 0; i < n_literals; i++)
		n += MAX(strlen(literal[i]), (size_t)KEY_SPAN) - KEY_SPAN + 1;
	*ret = key = xcalloc(n, sizeof(*key));
	for (size_t i = 0; i < n_literals; i++) {
		size_t len = strlen(literal[i]);

		for (size_t at = 0; at == 0 || at + KEY_SPAN <= len; at++, key++) {
			memcpy(key->text, literal[i] + at, KEY_SPAN); /* its NUL: any */
			key->literal = (uint16_t)i;
			key->at = (uint16_t)at;
		}
	}
	qsort(*ret, n, sizeof(**ret), by_text);
	return n;
}

/*
 * Rare bytes are good, and a key that many literals share; the latter counts for more. Letters
 * stand in words: two in a row are more often met than by chance.
 */
static float worth(const struct key *key, unsigned literals)
{
	float p = 1;

	for (unsigned i = 0; i < KEY_SPAN && key->text[i]; i++) {
		p *= frequency((unsigned char)key->text[i]);
		if (i > 0 && islower((unsigned char)key->text[i]) &&
		    islower((unsigned char)key->text[i - 1]))
			p *= 6;
	}
	return (float)literals * powf(p, -0.3f);
}

/* The keys stand in order: how many from key[i] on are alike, and how many literals that have none
 * yet would get it? */
static size_t alike(const struct key *key, size_t i, size_t n, const bool *has, unsigned *ret)
{
	size_t j = i;

	for (*ret = 0; j < n && memcmp(key[j].text, key[i].text, KEY_SPAN) == 0; j++)
		*ret += !has[key[j].literal] && (j == i || key[j].literal != key[j - 1].literal);
	return j - i;
}

/* The best key for the literals that have none yet, given to them; NULL: all have one. */
static const struct key *best_key(const struct key *key, size_t n, bool *has, uint16_t *at)
{
	size_t best = 0, best_alike = 0;
	float best_worth = 0;

	for (size_t i = 0, run; i < n; i += run) {
		unsigned literals;
		float w;

		run = alike(key, i, n, has, &literals);
		w = literals ? worth(&key[i], literals) : 0;
		if (w > best_worth) {
			best = i;
			best_alike = run;
			best_worth = w;
		}
	}
	for (size_t i = best; i < best + best_alike; i++)
		if (!has[key[i].literal]) {
			has[key[i].literal] = true;
			at[key[i].literal] = key[i].at;
		}
	return best_alike ? &key[best] : NULL;
}

/* The chance that a byte of kernel text is one of these. */
static float share(const uint16_t row[8])
{
	float sum = 0;

	for (unsigned high = 0; high < 8; high++)
		for (unsigned low = row[high]; low; low &= low - 1)
			sum += frequency(high << 4 | (unsigned)__builtin_ctz(low));
	return sum;
}

/* All that can be made of the halves of these bytes. */
static void all_of_halves(uint16_t row[8])
{
	uint16_t any = 0;

	for (unsigned high = 0; high < 8; high++)
		any |= row[high];
	for (unsigned high = 0; high < 8; high++)
		row[high] = row[high] ? any : 0;
}

static struct bucket one_key(const struct key *key)
{
	struct bucket b = { .chance = 1 };

	for (unsigned i = 0; i < KEY_SPAN; i++) {
		unsigned char c = (unsigned char)key->text[i];

		if (c)
			b.row[i][c >> 4] = (uint16_t)(1u << (c & 15));
		else
			memset(b.row[i], 0xff, sizeof(b.row[i]));
		b.chance *= share(b.row[i]);
	}
	return b;
}

static struct bucket both(const struct bucket *a, const struct bucket *b, bool halves)
{
	struct bucket c = { .chance = 1 };

	for (unsigned i = 0; i < KEY_SPAN; i++) {
		for (unsigned high = 0; high < 8; high++)
			c.row[i][high] = a->row[i][high] | b->row[i][high];
		if (halves)
			all_of_halves(c.row[i]);
		c.chance *= share(c.row[i]);
	}
	return c;
}

/* Buckets on their way to be few, and what it would cost to join two of them. */
struct joining {
	struct bucket *b;
	float *more; /* b[i] with b[j], at [i * stride + j], i < j: fitted beyond what they are */
	size_t n, stride;
	bool halves;
};

static float *more_of(const struct joining *g, size_t i, size_t j)
{
	return &g->more[MIN(i, j) * g->stride + MAX(i, j)];
}

static void set_more(const struct joining *g, size_t i)
{
	for (size_t j = 0; j < g->n; j++)
		if (j != i)
			*more_of(g, i, j) = both(&g->b[i], &g->b[j], g->halves).chance -
					    g->b[i].chance - g->b[j].chance;
}

/* Joins the two whose union is fitted least often beyond what they are already. */
static void join_two(struct joining *g)
{
	size_t best_i = 0, best_j = 1;

	for (size_t i = 0; i < g->n; i++)
		for (size_t j = i + 1; j < g->n; j++)
			if (*more_of(g, i, j) < *more_of(g, best_i, best_j)) {
				best_i = i;
				best_j = j;
			}
	g->b[best_i] = both(&g->b[best_i], &g->b[best_j], g->halves);
	g->n--;
	g->b[best_j] = g->b[g->n];
	for (size_t i = 0; i < g->n; i++)
		if (i != best_j)
			*more_of(g, i, best_j) = *more_of(g, i, g->n);
	set_more(g, best_i);
}

void keys_choose(const char *const *literal, size_t n, bool halves, uint16_t *ret_at,
		 struct bucket ret[KEY_BUCKETS])
{
	_cleanup_free_
	struct bucket *b = xcalloc(n, sizeof(*b));
	_cleanup_free_
	float *more = xcalloc(n * n, sizeof(*more));
	_cleanup_free_
	bool *has = xcalloc(n, sizeof(*has));
	_cleanup_free_
	struct key *key = NULL;
	struct joining g = { .b = b, .more = more, .stride = n, .halves = halves };
	size_t n_keys = all_keys(literal, n, &key);
	const struct key *best;

	while ((best = best_key(key, n_keys, has, ret_at)))
		b[g.n++] = one_key(best);
	for (size_t i = 0; i < g.n; i++)
		set_more(&g, i);
	while (g.n > KEY_BUCKETS)
		join_two(&g);
	memset(ret, 0, KEY_BUCKETS * sizeof(*ret));
	memcpy(ret, b, g.n * sizeof(*b));
}
