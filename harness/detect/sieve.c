/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "detect/sieve.h"

#include <ctype.h>
#include <math.h>

#ifdef __x86_64__
#include <immintrin.h>

#include "base/buf.h"

enum {
	SPAN = 5,    /* bytes of a literal that are looked for: its key */
	HASHED = 4,  /* of them; a literal of so few has a key whose last byte may be any */
	BUCKETS = 8, /* bits of a byte */
	WIDTH = 32,  /* bytes of text at a time */
	HASH_BITS = 10,
};

struct one {
	const char *literal;
	uint64_t eight, mask; /* eight of its bytes from `from` on, to tell at a glance */
	size_t len, at, from; /* its key stands `at` */
	uint16_t next;        /* 1 + the next with the same hash; 0 none */
};

struct sieve {
	uint8_t low[SPAN][16], high[SPAN][16]; /* half a byte -> buckets it may stand in */
	uint16_t head[1 << HASH_BITS];         /* 1 + the first with this hash; 0 none */
	size_t n;
	struct one one[];
};

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
	char text[SPAN]; /* '\0' at the end: any byte */
	uint16_t literal, at;
};

static int by_text(const void *a, const void *b)
{
	const struct key *x = a, *y = b;
	int r = memcmp(x->text, y->text, SPAN);

	return r ? r : x->literal - y->literal;
}

static size_t all_keys(const struct sieve *s, struct key **ret)
{
	struct key *key;
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++)
		n += s->one[i].len < SPAN ? 1 : s->one[i].len - SPAN + 1;
	*ret = key = xcalloc(n, sizeof(*key));
	for (size_t i = 0; i < s->n; i++)
		for (size_t at = 0; at == 0 || at + SPAN <= s->one[i].len; at++, key++) {
			memcpy(key->text, s->one[i].literal + at, SPAN); /* its NUL: any */
			key->literal = (uint16_t)i;
			key->at = (uint16_t)at;
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

	for (unsigned i = 0; i < SPAN && key->text[i]; i++) {
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

	for (*ret = 0; j < n && memcmp(key[j].text, key[i].text, SPAN) == 0; j++)
		*ret += !has[key[j].literal] && (j == i || key[j].literal != key[j - 1].literal);
	return j - i;
}

/* The best key for the literals that have none yet, given to them; false: all have one. */
static bool choose(struct sieve *s, const struct key *key, size_t n, bool *has, char ret[SPAN])
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
			s->one[key[i].literal].at = key[i].at;
		}
	memcpy(ret, key[best].text, SPAN);
	return best_alike > 0;
}

/* Keys that share a bit of the tables: which half bytes may stand at each place? */
struct bucket {
	uint16_t low[SPAN], high[SPAN];
	float chance; /* that SPAN bytes of kernel text fit */
};

static void set_chance(struct bucket *b)
{
	b->chance = 1;
	for (unsigned i = 0; i < SPAN; i++) {
		float sum = 0;

		for (unsigned high = b->high[i] & 0xffu; high; high &= high - 1)
			for (unsigned low = b->low[i]; low; low &= low - 1)
				sum += frequency((unsigned)__builtin_ctz(high) << 4 |
						 (unsigned)__builtin_ctz(low));
		b->chance *= sum;
	}
}

static struct bucket both(const struct bucket *a, const struct bucket *b)
{
	struct bucket c;

	for (unsigned i = 0; i < SPAN; i++) {
		c.low[i] = a->low[i] | b->low[i];
		c.high[i] = a->high[i] | b->high[i];
	}
	set_chance(&c);
	return c;
}

/* Joins the two whose union is fitted least often beyond what they are already. */
static void join_two(struct bucket *b, size_t n)
{
	size_t best_i = 0, best_j = 1;
	float best = 2;

	for (size_t i = 0; i < n; i++)
		for (size_t j = i + 1; j < n; j++) {
			struct bucket c = both(&b[i], &b[j]);
			float more = c.chance - b[i].chance - b[j].chance;

			if (more < best) {
				best = more;
				best_i = i;
				best_j = j;
			}
		}
	b[best_i] = both(&b[best_i], &b[best_j]);
	b[best_j] = b[n - 1];
}

static unsigned hash(const char *p)
{
	uint32_t x;

	memcpy(&x, p, sizeof(x));
	return x * 0x9e3779b1u >> (32 - HASH_BITS);
}

/* Eight bytes around the key, or as many as there are. */
static void set_eight(struct one *o)
{
	size_t n = MIN(o->len, sizeof(o->eight));

	o->from = MIN(o->at > 2 ? o->at - 2 : 0, o->len - n);
	memcpy(&o->eight, o->literal + o->from, n);
	memset(&o->mask, 0xff, n);
}

static void fill(struct sieve *s, const struct bucket *b, size_t n)
{
	for (size_t i = 0; i < s->n; i++) {
		struct one *o = &s->one[i];
		uint16_t *head = &s->head[hash(o->literal + o->at)];

		set_eight(o);
		o->next = *head;
		*head = (uint16_t)(i + 1);
	}
	for (size_t i = 0; i < n; i++)
		for (unsigned j = 0; j < SPAN; j++)
			for (unsigned half = 0; half < 16; half++) {
				s->low[j][half] |= (uint8_t)((b[i].low[j] >> half & 1) << i);
				s->high[j][half] |= (uint8_t)((b[i].high[j] >> half & 1) << i);
			}
}

static void build(struct sieve *s)
{
	struct bucket b[SIEVE_LITERALS_MAX] = { 0 };
	bool has[SIEVE_LITERALS_MAX] = { false };
	_cleanup_free_
	struct key *key = NULL;
	size_t n_keys = all_keys(s, &key), n = 0;
	char text[SPAN];

	for (; choose(s, key, n_keys, has, text); n++) {
		for (unsigned i = 0; i < SPAN; i++) {
			b[n].low[i] = (uint16_t)(text[i] ? 1u << (text[i] & 15) : ~0u);
			b[n].high[i] = (uint16_t)(text[i] ? 1u << (text[i] >> 4) : ~0u);
		}
		set_chance(&b[n]);
	}
	for (; n > BUCKETS; n--)
		join_two(b, n);
	fill(s, b, n);
}

static bool suits(const char *s)
{
	if (strlen(s) < HASHED)
		return false;
	for (; *s; s++)
		if ((unsigned char)*s >= 0x80)
			return false;
	return true;
}

struct sieve *sieve_new(const char *const *literal, size_t n)
{
	struct sieve *s;

	if (!__builtin_cpu_supports("avx2") || n == 0 || n > SIEVE_LITERALS_MAX)
		return NULL;
	for (size_t i = 0; i < n; i++)
		if (!suits(literal[i]))
			return NULL;
	s = xcalloc(1, sizeof(*s) + n * sizeof(s->one[0]));
	s->n = n;
	for (size_t i = 0; i < n; i++)
		s->one[i] = (struct one){ .literal = literal[i], .len = strlen(literal[i]) };
	build(s);
	return s;
}

/* Text that is looked through. */
struct range {
	const char *start, *end;
};

static bool is_one(const struct one *o, const struct range *r, const char *p)
{
	size_t before = (size_t)(p - r->start), behind = (size_t)(r->end - p);
	uint64_t eight;

	if (before < o->at || behind < o->len - o->at)
		return false;
	p -= o->at;
	if ((size_t)(r->end - p) >= o->from + sizeof(eight)) {
		memcpy(&eight, p + o->from, sizeof(eight));
		if ((eight & o->mask) != o->eight)
			return false;
	}
	return memcmp(p, o->literal, o->len) == 0;
}

/* Is there a literal with its key at p? */
static bool is_literal(const struct sieve *s, const struct range *r, const char *p)
{
	for (unsigned i = s->head[hash(p)]; i; i = s->one[i - 1].next)
		if (is_one(&s->one[i - 1], r, p))
			return true;
	return false;
}

static bool is_control(char c)
{
	return ((unsigned char)c < 0x20 && c != '\n' && c != '\r' && c != '\t') || c == 0x7f;
}

static const char *verify(const struct sieve *s, const struct range *r, const char *p,
			  uint32_t candidates)
{
	for (; candidates; candidates &= candidates - 1) {
		const char *at = p + __builtin_ctz(candidates);

		if ((s->head[hash(at)] && is_literal(s, r, at)) || is_control(*at))
			return at;
	}
	return NULL;
}

/* What is too short for a vector: the same, byte by byte. */
static const char *rest(const struct sieve *s, const struct range *r, const char *p)
{
	for (; p < r->end; p++)
		if (is_control(*p) || (r->end - p >= HASHED && is_literal(s, r, p)))
			return p;
	return NULL;
}

typedef __m256i vec;

#define AVX2 __attribute__((target("avx2")))

AVX2 static inline vec load(const char *p)
{
	return _mm256_loadu_si256((const vec *)(const void *)p);
}

AVX2 static inline vec high_half(vec x)
{
	return _mm256_and_si256(_mm256_srli_epi16(x, 4), _mm256_set1_epi8(15));
}

/* Both tables' bits for 32 bytes and their high halves. A byte beyond ASCII has none, unless its
 * low half is given alone. */
AVX2 static inline vec look_up(vec low, vec high, vec x, vec half)
{
	return _mm256_and_si256(_mm256_shuffle_epi8(low, x), _mm256_shuffle_epi8(high, half));
}

AVX2 static inline vec buckets(const char *p, vec low, vec high)
{
	vec x = load(p);

	return look_up(low, high, x, high_half(x));
}

AVX2 static inline vec table(const uint8_t t[16])
{
	return _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)t));
}

/* Control bytes as two tables: bit 1 for 00-0f but \t \n \r, bit 2 for 10-1f, bit 4 for 7f. */
static const uint8_t control_low[16] = { 3, 3, 3, 3, 3, 3, 3, 3, 3, 2, 2, 3, 3, 2, 3, 7 };
static const uint8_t control_high[16] = { 1, 2, [7] = 4 };

AVX2 static const char *find(const struct sieve *s, const struct range *r)
{
	const vec low0 = table(s->low[0]), high0 = table(s->high[0]);
	const vec low1 = table(s->low[1]), high1 = table(s->high[1]);
	const vec low2 = table(s->low[2]), high2 = table(s->high[2]);
	const vec low3 = table(s->low[3]), high3 = table(s->high[3]);
	const vec low4 = table(s->low[4]), high4 = table(s->high[4]);
	const vec low_c = table(control_low), high_c = table(control_high);
	const char *p = r->start, *last = r->end - WIDTH - SPAN + 1;

	for (;;) {
		vec x = load(p), half = high_half(x);
		vec a = _mm256_and_si256(look_up(low0, high0, x, half),
					 buckets(p + 1, low1, high1));
		vec b = _mm256_and_si256(buckets(p + 2, low2, high2), buckets(p + 3, low3, high3));
		vec y = load(p + 4);
		vec c = look_up(low4, high4, _mm256_and_si256(y, _mm256_set1_epi8(15)),
				high_half(y));
		vec key = _mm256_and_si256(_mm256_and_si256(a, b), c);
		vec fit = _mm256_or_si256(key, look_up(low_c, high_c, x, half));
		vec none = _mm256_cmpeq_epi8(fit, _mm256_setzero_si256());
		uint32_t candidates = ~(uint32_t)_mm256_movemask_epi8(none);
		const char *at = candidates ? verify(s, r, p, candidates) : NULL;

		if (at)
			return at;
		if (p == last)
			return rest(s, r, p + WIDTH);
		p = MIN(p + WIDTH, last); /* the last look overlaps the one before */
	}
}

/* A short text, with blanks behind it. */
static const char *find_short(const struct sieve *s, const char *data, size_t n)
{
	char pad[2 * WIDTH];
	const struct range r = { pad, pad + n };
	const char *at;

	memset(pad, ' ', sizeof(pad));
	memcpy(pad, data, n);
	at = find(s, &(struct range){ pad, pad + sizeof(pad) });
	if (!at)
		return NULL;
	at = rest(s, &r, pad); /* seldom: and not with what the blanks may have completed */
	return at ? data + (at - pad) : NULL;
}

const char *sieve_find(const struct sieve *s, const char *data, size_t n)
{
	const struct range r = { data, data + n };

	return n >= WIDTH + SPAN - 1 ? find(s, &r) : find_short(s, data, n);
}

#else

struct sieve *sieve_new(const char *const *literal, size_t n)
{
	(void)literal;
	(void)n;
	return NULL;
}

const char *sieve_find(const struct sieve *s, const char *data, size_t n)
{
	(void)s;
	(void)data;
	(void)n;
	return NULL;
}

#endif
