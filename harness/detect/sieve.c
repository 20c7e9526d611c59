/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "detect/sieve.h"

#ifdef __x86_64__
#include <immintrin.h>

#include "base/buf.h"
#include "detect/keys.h"

enum {
	NARROW = 32, /* bytes of text at a time: AVX2 */
	WIDE = 64,   /* AVX-512 with byte permutations */
	HASH_BITS = 10,
};

struct one {
	const char *literal;
	uint64_t eight, mask; /* eight of its bytes from `from` on, to tell at a glance */
	size_t len, at, from; /* its key stands `at` */
	uint16_t next;        /* 1 + the next with the same hash; 0 none */
};

/*
 * Looks from p on, `width` bytes at a time, at last from `last` on; the place that it looked at
 * when it found candidates, or `last`. ret: a bit for each of its bytes.
 */
typedef const char *(*look_fn)(const struct sieve *s, const char *p, const char *last,
			       uint64_t *ret);

struct sieve {
	size_t width;
	look_fn look;
	uint8_t low[KEY_SPAN][16], high[KEY_SPAN][16]; /* half a byte -> buckets it may stand in */
	uint8_t byte[KEY_SPAN][128], control[128];     /* the same for whole bytes; a control: 1 */
	uint16_t head[1 << HASH_BITS];                 /* 1 + the first with this hash; 0 none */
	size_t n;
	struct one one[];
};

static bool is_control(char c)
{
	return ((unsigned char)c < 0x20 && c != '\n' && c != '\r' && c != '\t') || c == 0x7f;
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

static void hash_literals(struct sieve *s)
{
	for (size_t i = 0; i < s->n; i++) {
		struct one *o = &s->one[i];
		uint16_t *head = &s->head[hash(o->literal + o->at)];

		set_eight(o);
		o->next = *head;
		*head = (uint16_t)(i + 1);
	}
}

static void fill_narrow(struct sieve *s, unsigned i, unsigned place, const uint16_t row[8])
{
	for (unsigned high = 0; high < 16; high++) {
		/* what may be any byte may be one beyond ASCII */
		unsigned lows = row[high < 8 || row[0] != 0xffff ? high & 7 : 0];

		if (high >= 8 && row[0] != 0xffff)
			break;
		if (lows)
			s->high[place][high] |= (uint8_t)(1u << i);
		for (; lows; lows &= lows - 1)
			s->low[place][__builtin_ctz(lows)] |= (uint8_t)(1u << i);
	}
}

static void fill_wide(struct sieve *s, unsigned i, unsigned place, const uint16_t row[8])
{
	for (unsigned c = 0; c < 128; c++)
		s->byte[place][c] |= (uint8_t)((row[c >> 4] >> (c & 15) & 1) << i);
}

static void build(struct sieve *s, const char *const *literal)
{
	struct bucket b[KEY_BUCKETS];
	uint16_t at[SIEVE_LITERALS_MAX];

	keys_choose(literal, s->n, s->width == NARROW, at, b);
	for (size_t i = 0; i < s->n; i++)
		s->one[i] = (struct one){
			.literal = literal[i],
			.len = strlen(literal[i]),
			.at = at[i],
		};
	hash_literals(s);
	for (unsigned i = 0; i < KEY_BUCKETS; i++)
		for (unsigned place = 0; place < KEY_SPAN; place++) {
			fill_narrow(s, i, place, b[i].row[place]);
			fill_wide(s, i, place, b[i].row[place]);
		}
	for (unsigned c = 0; c < 128; c++)
		s->control[c] = is_control((char)c);
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

/* What is too short for a vector: the same, byte by byte. */
static const char *rest(const struct sieve *s, const struct range *r, const char *p)
{
	for (; p < r->end; p++)
		if (is_control(*p) || (r->end - p >= KEY_MIN && is_literal(s, r, p)))
			return p;
	return NULL;
}

#define AVX2   __attribute__((target("avx2")))
#define AVX512 __attribute__((target("avx512f,avx512bw,avx512vbmi")))

AVX2 static inline __m256i load(const char *p)
{
	return _mm256_loadu_si256((const __m256i *)(const void *)p);
}

AVX2 static inline __m256i high_half(__m256i x)
{
	return _mm256_and_si256(_mm256_srli_epi16(x, 4), _mm256_set1_epi8(15));
}

/* Both tables' bits for 32 bytes and their high halves. A byte beyond ASCII has none, unless its
 * low half is given alone. */
AVX2 static inline __m256i look_up(__m256i low, __m256i high, __m256i x, __m256i half)
{
	return _mm256_and_si256(_mm256_shuffle_epi8(low, x), _mm256_shuffle_epi8(high, half));
}

AVX2 static inline __m256i buckets(const char *p, __m256i low, __m256i high)
{
	__m256i x = load(p);

	return look_up(low, high, x, high_half(x));
}

AVX2 static inline __m256i table(const uint8_t t[16])
{
	return _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)t));
}

/* Control bytes as two tables: bit 1 for 00-0f but \t \n \r, bit 2 for 10-1f, bit 4 for 7f. */
static const uint8_t control_low[16] = { 3, 3, 3, 3, 3, 3, 3, 3, 3, 2, 2, 3, 3, 2, 3, 7 };
static const uint8_t control_high[16] = { 1, 2, [7] = 4 };

AVX2 static const char *look_narrow(const struct sieve *s, const char *p, const char *last,
				    uint64_t *ret)
{
	const __m256i low0 = table(s->low[0]), high0 = table(s->high[0]);
	const __m256i low1 = table(s->low[1]), high1 = table(s->high[1]);
	const __m256i low2 = table(s->low[2]), high2 = table(s->high[2]);
	const __m256i low3 = table(s->low[3]), high3 = table(s->high[3]);
	const __m256i low4 = table(s->low[4]), high4 = table(s->high[4]);
	const __m256i low_c = table(control_low), high_c = table(control_high);

	for (;; p = MIN(p + NARROW, last)) {
		__m256i x = load(p), half = high_half(x), y = load(p + 4);
		__m256i a = _mm256_and_si256(look_up(low0, high0, x, half),
					     buckets(p + 1, low1, high1));
		__m256i b =
			_mm256_and_si256(buckets(p + 2, low2, high2), buckets(p + 3, low3, high3));
		__m256i c = look_up(low4, high4, _mm256_and_si256(y, _mm256_set1_epi8(15)),
				    high_half(y));
		__m256i key = _mm256_and_si256(_mm256_and_si256(a, b), c);
		__m256i fit = _mm256_or_si256(key, look_up(low_c, high_c, x, half));
		__m256i none = _mm256_cmpeq_epi8(fit, _mm256_setzero_si256());

		*ret = (uint32_t)~_mm256_movemask_epi8(none);
		if (*ret || p == last)
			return p;
	}
}

/* A table for whole bytes of ASCII; the others are taken for what they are without their top bit.
 */
struct wide {
	__m512i first, second;
};

AVX512 static inline struct wide wide(const uint8_t t[128])
{
	return (struct wide){ _mm512_loadu_si512(t), _mm512_loadu_si512(t + 64) };
}

AVX512 static inline __m512i bytes(struct wide t, const char *p)
{
	return _mm512_permutex2var_epi8(t.first, _mm512_loadu_si512(p), t.second);
}

AVX512 static const char *look_wide(const struct sieve *s, const char *p, const char *last,
				    uint64_t *ret)
{
	const struct wide t0 = wide(s->byte[0]), t1 = wide(s->byte[1]), t2 = wide(s->byte[2]);
	const struct wide t3 = wide(s->byte[3]), t4 = wide(s->byte[4]), control = wide(s->control);
	enum { AND3 = 0x80, AND_OR = 0xea }; /* a & b & c; a & b | c */

	for (;; p = MIN(p + WIDE, last)) {
		__m512i a = _mm512_ternarylogic_epi64(bytes(t0, p), bytes(t1, p + 1),
						      bytes(t2, p + 2), AND3);
		__m512i b = _mm512_and_si512(bytes(t3, p + 3), bytes(t4, p + 4));
		__m512i fit = _mm512_ternarylogic_epi64(a, b, bytes(control, p), AND_OR);

		*ret = _mm512_test_epi8_mask(fit, fit);
		if (*ret || p == last)
			return p;
	}
}

/* The first place among candidates, a bit for each byte from p on, that is what it seems. */
static const char *verify(const struct sieve *s, const struct range *r, const char *p,
			  uint64_t candidates)
{
	for (; candidates; candidates &= candidates - 1) {
		const char *at = p + __builtin_ctzll(candidates);

		if ((s->head[hash(at)] && is_literal(s, r, at)) || is_control(*at))
			return at;
	}
	return NULL;
}

static const char *find(const struct sieve *s, const struct range *r)
{
	const char *p = r->start, *last = r->end - s->width - KEY_SPAN + 1;

	for (;;) {
		uint64_t candidates;
		const char *at;

		p = s->look(s, p, last, &candidates);
		at = verify(s, r, p, candidates);
		if (at)
			return at;
		if (p == last)
			return rest(s, r, p + s->width);
		p = MIN(p + s->width, last); /* the last look overlaps the one before */
	}
}

/* A short text, with blanks behind it. */
static const char *find_short(const struct sieve *s, const char *data, size_t n)
{
	char pad[WIDE + KEY_SPAN - 1];
	const struct range r = { pad, pad + n };
	const char *at;

	memset(pad, ' ', sizeof(pad));
	memcpy(pad, data, n);
	at = find(s, &(struct range){ pad, pad + s->width + KEY_SPAN - 1 });
	if (!at)
		return NULL;
	at = rest(s, &r, pad); /* seldom: and not with what the blanks may have completed */
	return at ? data + (at - pad) : NULL;
}

const char *sieve_find(const struct sieve *s, const char *data, size_t n)
{
	const struct range r = { data, data + n };

	return n >= s->width + KEY_SPAN - 1 ? find(s, &r) : find_short(s, data, n);
}

static bool suits(const char *s)
{
	if (strlen(s) < KEY_MIN)
		return false;
	for (; *s; s++)
		if ((unsigned char)*s >= 0x80)
			return false;
	return true;
}

/* How wide this processor can look, if not wider than that. */
static size_t width(size_t most)
{
	if (most >= WIDE && __builtin_cpu_supports("avx512f") &&
	    __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vbmi"))
		return WIDE;
	return most >= NARROW && __builtin_cpu_supports("avx2") ? NARROW : 0;
}

struct sieve *sieve_new(const char *const *literal, size_t n, size_t most)
{
	struct sieve *s;

	if (width(most) == 0 || n == 0 || n > SIEVE_LITERALS_MAX)
		return NULL;
	for (size_t i = 0; i < n; i++)
		if (!suits(literal[i]))
			return NULL;
	s = xcalloc(1, sizeof(*s) + n * sizeof(s->one[0]));
	s->n = n;
	s->width = width(most);
	s->look = s->width == WIDE ? look_wide : look_narrow;
	build(s, literal);
	return s;
}

#else

struct sieve *sieve_new(const char *const *literal, size_t n, size_t most)
{
	(void)most;
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
