/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "symbol/table.h"

#include "base/buf.h"
#include "model/sighting.h"

enum { LABELS_MAX = 64 }; /* looked past in one function */

void table_done(struct table *t)
{
	free(t->sym);
	free(t->by_name);
	*t = (struct table){ 0 };
}

void table_add(struct table *t, const struct sym *s)
{
	if (t->n == t->cap) {
		t->cap = t->cap ? 2 * t->cap : 1024;
		t->sym = xrealloc(t->sym, t->cap * sizeof(*t->sym));
	}
	t->sym[t->n++] = *s;
}

static int by_address(const void *pa, const void *pb)
{
	const struct sym *a = pa, *b = pb;

	return a->addr < b->addr ? -1 : a->addr > b->addr;
}

/* As strcmp() of the names without their suffixes. */
static int plain_cmp(const char *a, const char *b)
{
	size_t na = function_plain_len(a, strlen(a)), nb = function_plain_len(b, strlen(b));
	int c = memcmp(a, b, MIN(na, nb));

	return c ? c : na < nb ? -1 : na > nb;
}

static int by_name(const void *pa, const void *pb, void *arg)
{
	const struct sym *sym = arg;

	return plain_cmp(sym[*(const uint32_t *)pa].name, sym[*(const uint32_t *)pb].name);
}

void table_sort(struct table *t)
{
	if (t->n == 0)
		return; /* sym is NULL, which qsort() may not be given */
	qsort(t->sym, t->n, sizeof(*t->sym), by_address);
	t->by_name = xcalloc(t->n + 1, sizeof(*t->by_name));
	for (size_t i = 0; i < t->n; i++)
		t->by_name[i] = (uint32_t)i;
	qsort_r(t->by_name, t->n, sizeof(*t->by_name), by_name, t->sym);
}

const struct sym *table_at(const struct table *t, uint64_t addr)
{
	size_t low = 0, high = t->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (t->sym[mid].addr <= addr)
			low = mid + 1;
		else
			high = mid;
	}
	return low ? &t->sym[low - 1] : NULL;
}

/* The first symbol behind s that is elsewhere, NULL: s is the last. */
static const struct sym *next(const struct table *t, const struct sym *s)
{
	const struct sym *end = t->sym + t->n;
	const struct sym *p = s + 1;

	while (p < end && p->addr == s->addr)
		p++;
	return p < end ? p : NULL;
}

uint64_t table_size(const struct table *t, const struct sym *s)
{
	const struct sym *p = next(t, s);

	return p ? p->addr - s->addr : s->size;
}

bool table_fits(const struct table *t, const struct sym *s, uint64_t size)
{
	const struct sym *p = s;

	if (size == s->size && size)
		return true;
	for (unsigned i = 0; i < LABELS_MAX && (p = next(t, p)); i++) {
		if (p->addr - s->addr >= size)
			return p->addr - s->addr == size;
		if (p->code)
			return false;
	}
	return false;
}

static void add_found(struct found *f, const struct sym *s)
{
	for (size_t i = 0; i < f->n; i++)
		if (f->sym[i]->addr == s->addr)
			return;
	if (f->n < TABLE_FOUND_MAX)
		f->sym[f->n++] = s;
}

void table_find(const struct table *t, const char *name, struct found *ret)
{
	size_t low = 0, high = t->n;

	*ret = (struct found){ .n = 0 };
	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (plain_cmp(t->sym[t->by_name[mid]].name, name) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	for (; low < t->n; low++) {
		const struct sym *s = &t->sym[t->by_name[low]];

		if (plain_cmp(s->name, name) != 0)
			break;
		add_found(ret, s);
	}
}
