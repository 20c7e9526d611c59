/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "detect/match.h"

#include <errno.h>
#include <hs/hs.h>

#include "base/buf.h"
#include "base/hash.h"
#include "detect/lines.h"
#include "detect/sieve.h"

struct node { /* of the automaton */
	uint16_t next[256];
	uint16_t fail;
	uint16_t suffix; /* the nearest state on the failure path that ends a literal; 0 none */
	int16_t literal; /* the one that ends here; -1 none */
};

struct matcher {
	struct sieve *sieve; /* NULL: not for this processor, or these literals */
	hs_database_t *db;   /* NULL: the automaton is used */
	hs_scratch_t *scratch;
	struct node *node;
	size_t n_nodes;
};

static void automaton_add(struct matcher *m, const char *s, int16_t literal)
{
	size_t at = 0;

	for (; *s; s++) {
		uint16_t *next = &m->node[at].next[(unsigned char)*s];

		if (*next == 0) {
			*next = (uint16_t)m->n_nodes;
			m->node[m->n_nodes++].literal = -1;
		}
		at = *next;
	}
	m->node[at].literal = literal;
}

/* Breadth first: failure links, and missing steps filled in, so that running is one load a byte. */
static void automaton_link(struct matcher *m)
{
	_cleanup_free_
	uint16_t *queue = xcalloc(m->n_nodes, sizeof(*queue));
	size_t head = 0, tail = 1; /* the root is in it */

	for (; head < tail; head++) {
		struct node *n = &m->node[queue[head]];

		for (unsigned c = 0; c < 256; c++) {
			uint16_t down = n->next[c];
			uint16_t back = queue[head] ? m->node[n->fail].next[c] : 0;

			if (down == 0) {
				n->next[c] = back;
				continue;
			}
			m->node[down].fail = back;
			m->node[down].suffix =
				m->node[back].literal >= 0 ? back : m->node[back].suffix;
			queue[tail++] = down;
		}
	}
}

static void automaton_build(struct matcher *m, const char *const *literal, size_t n)
{
	size_t bytes = 1;

	for (size_t i = 0; i < n; i++)
		bytes += strlen(literal[i]);
	m->node = xcalloc(bytes, sizeof(*m->node));
	m->node[0].literal = -1;
	m->n_nodes = 1;
	for (size_t i = 0; i < n; i++)
		automaton_add(m, literal[i], (int16_t)i);
	automaton_link(m);
}

/*
 * Compiling the signatures takes milliseconds, and a process may watch ten thousand consoles: the
 * first set's database serves all matchers of the same set. It never changes and is never freed.
 */
static struct {
	uint64_t key;
	hs_database_t *db;
} compiled;

static uint64_t set_key(const char *const *literal, size_t n)
{
	uint64_t h = HASH_INIT;

	for (size_t i = 0; i < n; i++)
		h = hash_str(h, literal[i]);
	return h;
}

static int hyperscan_compile(const char *const *literal, size_t n, hs_database_t **ret,
			     struct err *err)
{
	unsigned flags[LITERALS_MAX], ids[LITERALS_MAX];
	size_t len[LITERALS_MAX];
	hs_compile_error_t *why = NULL;

	for (size_t i = 0; i < n; i++) {
		flags[i] = HS_FLAG_SINGLEMATCH;
		ids[i] = (unsigned)i;
		len[i] = strlen(literal[i]);
	}
	if (hs_compile_lit_multi(literal, flags, ids, len, (unsigned)n, HS_MODE_BLOCK, NULL, ret,
				 &why) == HS_SUCCESS)
		return 0;
	err_set(err, EINVAL, "compiling the signatures: %s", why->message);
	hs_free_compile_error(why);
	return -EINVAL;
}

static int hyperscan_build(struct matcher *m, const char *const *literal, size_t n, struct err *err)
{
	uint64_t key = set_key(literal, n);
	int r;

	if (compiled.db && compiled.key == key) {
		m->db = compiled.db;
	} else {
		r = hyperscan_compile(literal, n, &m->db, err);
		if (r < 0)
			return r;
		if (!compiled.db) {
			compiled.db = m->db;
			compiled.key = key;
		}
	}
	if (hs_alloc_scratch(m->db, &m->scratch) != HS_SUCCESS)
		return err_set(err, ENOMEM, "no memory for the signatures' scratch space");
	return 0;
}

struct matcher *matcher_new(const char *const *literal, size_t n, bool plain, struct err *err)
{
	struct matcher *m = xcalloc(1, sizeof(*m));

	if (n > LITERALS_MAX) {
		err_set(err, E2BIG, "%zu literals; LITERALS_MAX is %d", n, LITERALS_MAX);
		return matcher_free(m);
	}
	if (plain || hs_valid_platform() != HS_SUCCESS)
		automaton_build(m, literal, n);
	else if (hyperscan_build(m, literal, n, err) < 0)
		return matcher_free(m);
	if (!plain)
		m->sieve = sieve_new(literal, n, SIEVE_WIDEST);
	return m;
}

struct matcher *matcher_free(struct matcher *m)
{
	if (m) {
		hs_free_scratch(m->scratch);
		if (m->db != compiled.db)
			hs_free_database(m->db);
		free(m->sieve);
		free(m->node);
		free(m);
	}
	return NULL;
}

static void hit(struct hits *h, unsigned i)
{
	h->bit[i / 64] |= UINT64_C(1) << (i % 64);
}

static int on_match(unsigned id, unsigned long long from, unsigned long long to, unsigned flags,
		    void *arg)
{
	(void)from;
	(void)to;
	(void)flags;
	hit(arg, id);
	return 0;
}

/* The end of the match that ends first; an order among literals is not promised. */
static int on_end(unsigned id, unsigned long long from, unsigned long long to, unsigned flags,
		  void *arg)
{
	size_t *first = arg;

	(void)id;
	(void)from;
	(void)flags;
	*first = MIN(*first, (size_t)to);
	return 0;
}

/* How many bytes it takes to the end of the first literal; n + 1 where none occurs. */
static size_t automaton_run(const struct matcher *m, const char *data, size_t n, struct hits *ret)
{
	uint16_t at = 0;
	size_t first = n + 1;

	for (size_t i = 0; i < n; i++) {
		const struct node *s;

		at = m->node[at].next[(unsigned char)data[i]];
		s = &m->node[at];
		if (s->literal < 0 && s->suffix == 0)
			continue;
		first = MIN(first, i + 1);
		if (!ret)
			break;
		for (; s != m->node; s = &m->node[s->suffix])
			if (s->literal >= 0)
				hit(ret, (unsigned)s->literal);
	}
	return first;
}

bool matcher_run(struct matcher *m, const char *data, size_t n, struct hits *ret)
{
	uint64_t any = 0;

	memset(ret, 0, sizeof(*ret));
	if (m->sieve && !sieve_find(m->sieve, data, n))
		return false;
	if (!m->db)
		return automaton_run(m, data, n, ret) <= n;
	hs_scan(m->db, data, (unsigned)n, 0, m->scratch, on_match, ret);
	for (size_t i = 0; i < ARRAY_SIZE(ret->bit); i++)
		any |= ret->bit[i];
	return any != 0;
}

size_t matcher_benign(struct matcher *m, const char *data, size_t n)
{
	size_t plain, first;
	const char *at;

	if (m->sieve) {
		at = sieve_find(m->sieve, data, n);
		return at ? (size_t)(at - data) : n;
	}
	plain = lines_plain(data, n);
	first = plain + 1;
	if (m->db)
		hs_scan(m->db, data, (unsigned)plain, 0, m->scratch, on_end, &first);
	else
		first = automaton_run(m, data, plain, NULL);
	return first - 1;
}
