/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/samples.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>

#include "base/clock.h"
#include "store/layout.h"

enum { LINE_MAX_BYTES = 1 << 20 };

/* One sample as it is read: values by column, NaN where it has none. */
struct row {
	double at_s, up_s, *value;
	size_t n;
};

/* A ring of the last rows. */
struct reading {
	struct row row[SAMPLES_MAX];
	size_t n, next;
	struct strv key;
	uint64_t from_ns, to_ns;
};

void samples_done(struct samples *s)
{
	strv_done(&s->key);
	free(s->at_s);
	free(s->up_s);
	free(s->value);
	*s = (struct samples){ 0 };
}

int samples_column(const struct samples *s, const char *key)
{
	for (size_t i = 0; i < s->key.n; i++)
		if (str_eq(s->key.item[i], key))
			return (int)i;
	return -1;
}

/* Keys come in the same order each time: the search begins where the last one ended. */
static size_t column_of(struct reading *r, const char *key, size_t hint)
{
	for (size_t i = 0; i < r->key.n; i++) {
		size_t at = (hint + i) % r->key.n;

		if (str_eq(r->key.item[at], key))
			return at;
	}
	if (r->key.n < SAMPLE_KEYS_MAX)
		strv_add(&r->key, key);
	else
		return SIZE_MAX;
	return r->key.n - 1;
}

static void set_value(struct row *row, size_t column, double v)
{
	if (column >= row->n) {
		row->value = xrealloc(row->value, (column + 1) * sizeof(double));
		while (row->n <= column)
			row->value[row->n++] = NAN;
	}
	row->value[column] = v;
}

/* "up=5691229795 mem.MemTotal=223612928 ...", or "load=1234 vcpu0=..." of the host. */
static void take(struct reading *r, double at_s, const char *prefix, char *tokens)
{
	struct row *row = &r->row[r->next];
	size_t hint = 0;
	char *save = NULL;

	row->at_s = at_s;
	row->up_s = NAN;
	row->n = 0;
	for (char *t = strtok_r(tokens, " \n", &save); t; t = strtok_r(NULL, " \n", &save)) {
		char *eq = strchr(t, '=');
		char key[96];
		uint64_t v;

		if (!eq || (*eq = 0, str_to_u64(eq + 1, UINT64_MAX, &v) < 0))
			continue;
		if (str_eq(t, "up")) {
			row->up_s = (double)v / (double)NS_PER_S;
			continue;
		}
		snprintf(key, sizeof(key), "%s%.80s", prefix, t);
		hint = column_of(r, key, hint);
		if (hint == SIZE_MAX)
			break;
		set_value(row, hint++, (double)v);
	}
	r->next = (r->next + 1) % SAMPLES_MAX;
	r->n = MIN(r->n + 1, (size_t)SAMPLES_MAX);
}

/* "NS sample up=... key=value ..." of the agent, "NS # host key=value ..." of the harness. */
static void read_line(struct reading *r, char *line)
{
	char *space = strchr(line, ' ');
	const char *of_guest = space ? str_after(space + 1, "sample ") : NULL;
	const char *of_host = space ? str_after(space + 1, "# host ") : NULL;
	uint64_t at_ns;

	if (!of_guest && !of_host)
		return;
	*space = 0;
	if (str_to_u64(line, UINT64_MAX, &at_ns) < 0 || at_ns < r->from_ns || at_ns > r->to_ns)
		return;
	take(r, (double)at_ns / (double)NS_PER_S, of_host ? "host." : "",
	     line + ((of_host ?: of_guest) - line));
}

static void make_table(const struct reading *r, struct samples *ret)
{
	size_t columns = r->key.n, first = r->n < SAMPLES_MAX ? 0 : r->next;

	ret->n = r->n;
	ret->at_s = xcalloc(r->n + 1, sizeof(double));
	ret->up_s = xcalloc(r->n + 1, sizeof(double));
	ret->value = xcalloc(r->n * columns + 1, sizeof(double));
	for (size_t i = 0; i < r->n; i++) {
		const struct row *row = &r->row[(first + i) % SAMPLES_MAX];

		ret->at_s[i] = row->at_s;
		ret->up_s[i] = row->up_s;
		for (size_t k = 0; k < columns; k++)
			ret->value[i * columns + k] = k < row->n ? row->value[k] : NAN;
	}
}

int samples_read(int trial_dir, uint64_t from_ns, uint64_t to_ns, struct samples *ret,
		 struct err *err)
{
	int fd = openat(trial_dir, TRIAL_AGENT, O_RDONLY | O_CLOEXEC);
	FILE *in = fd < 0 ? NULL : fdopen(fd, "r");
	struct reading *r;
	char *line = NULL;
	size_t size = 0;
	ssize_t n;

	*ret = (struct samples){ 0 };
	if (!in)
		return err_set(err, errno, "cannot read " TRIAL_AGENT ": %s", strerror(errno));
	r = xcalloc(1, sizeof(*r));
	r->from_ns = from_ns;
	r->to_ns = to_ns;
	while ((n = getline(&line, &size, in)) > 0)
		if (n < LINE_MAX_BYTES && line[n - 1] == '\n')
			read_line(r, line);
	make_table(r, ret);
	for (size_t i = 0; i < SAMPLES_MAX; i++)
		free(r->row[i].value);
	ret->key = r->key;
	free(r);
	free(line);
	fclose(in);
	return 0;
}

bool samples_before(int trial_dir, const struct verdict *v, struct samples *ret)
{
	const uint64_t at_ns = v->sighting.at_ns;

	if (!v->has_sighting || !v->exposure_ns ||
	    samples_read(trial_dir, at_ns - MIN(v->exposure_ns, at_ns), at_ns, ret, NULL) < 0)
		return false;
	if (ret->n < 2)
		samples_done(ret);
	return ret->n >= 2;
}
