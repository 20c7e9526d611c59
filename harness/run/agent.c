/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "run/agent.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>

#include "detect/boot_errors.h"
#include "model/plants.h"
#include "run/job.h"

static int hex(int c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Decodes %XX in place; a broken escape or a NUL makes the line no line. */
static int decode(char *s)
{
	char *out = s;

	for (; *s; s++) {
		int hi, lo;

		if (*s != '%') {
			*out++ = *s;
			continue;
		}
		hi = hex((unsigned char)s[1]);
		lo = hi < 0 ? -1 : hex((unsigned char)s[2]);
		if (lo < 0 || (hi | lo) == 0)
			return -EINVAL;
		*out++ = (char)(hi << 4 | lo);
		s += 2;
	}
	*out = 0;
	return 0;
}

static int parse_token(char *token, struct pairs *arg)
{
	char *value = strchr(token, '=');

	if (!value || value == token)
		return -EINVAL;
	*value++ = 0;
	if (decode(value) < 0)
		return -EINVAL;
	pairs_add(arg, token, value);
	return 0;
}

int agent_parse(const char *line, size_t n, struct agent_line *ret)
{
	_cleanup_free_
	char *copy = xstrndup(line, n);
	struct agent_line l = { 0 };
	char *save = NULL, *token;

	if (strlen(copy) != n)
		return -EINVAL;
	token = strtok_r(copy, " ", &save);
	if (!token || strlen(token) >= sizeof(l.word) || !islower((unsigned char)token[0]))
		return -EINVAL;
	strcpy(l.word, token);
	while ((token = strtok_r(NULL, " ", &save))) {
		if (parse_token(token, &l.arg) < 0) {
			agent_line_done(&l);
			return -EINVAL;
		}
	}
	*ret = l;
	return 0;
}

void agent_line_done(struct agent_line *l)
{
	pairs_done(&l->arg);
}

uint64_t agent_u64(const struct agent_line *l, const char *key, uint64_t fallback)
{
	const char *s = pairs_get(&l->arg, key);
	uint64_t v = fallback;

	return s && str_to_u64(s, UINT64_MAX, &v) == 0 ? v : fallback;
}

void agent_put(struct buf *out, const char *key, const char *value)
{
	buf_printf(out, " %s=", key);
	for (; *value; value++) {
		unsigned char c = (unsigned char)*value;

		if (c > 0x20 && c < 0x7f && c != '%')
			buf_putc(out, (char)c);
		else
			buf_printf(out, "%%%02X", c);
	}
}

static void put_modules(struct buf *out, const char *words)
{
	_cleanup_free_
	char *copy = xstrdup(words);
	char *save = NULL;

	for (char *w = strtok_r(copy, " ", &save); w; w = strtok_r(NULL, " ", &save)) {
		buf_puts(out, "module");
		agent_put(out, "name", w);
		buf_putc(out, '\n');
	}
}

static void put_need(void *out, const char *modules, const char *programs)
{
	(void)programs; /* are in the image */
	put_modules(out, modules);
}

/* Of a scenario: a name, and parameters behind it. */
static void put_module(struct buf *out, const char *use)
{
	const size_t n = strcspn(use, " ");
	_cleanup_free_
	char *name = xstrndup(use, n);

	buf_puts(out, "module");
	agent_put(out, "name", name);
	if (use[n])
		agent_put(out, "args", use + n + 1);
	buf_putc(out, '\n');
}

static void put_load(struct buf *out, const struct load_use *use)
{
	buf_puts(out, "load");
	agent_put(out, "name", use->def->name);
	for (size_t i = 0; i < use->args.n; i++)
		agent_put(out, use->args.item[i].key, use->args.item[i].value);
	buf_putc(out, '\n');
}

/* Plants draw of their own, not of a load's seed. */
static void put_plant(struct buf *out, const struct named *plant, uint64_t seed)
{
	struct pairs words = { 0 };

	plant_words(plant, seed, &words);
	buf_puts(out, "plant");
	for (size_t i = 0; i < words.n; i++)
		agent_put(out, words.item[i].key, words.item[i].value);
	buf_putc(out, '\n');
	pairs_done(&words);
}

void agent_job(const struct settings *s, uint64_t seed, struct buf *out)
{
	_cleanup_strv_ struct strv modules = { 0 };

	buf_printf(out, "job seed=%llu proto=1\n", (unsigned long long)seed);
	job_witness(s, out);
	for (size_t i = 0; i < s->guest.modules.n; i++)
		put_module(out, s->guest.modules.item[i]);
	for (size_t i = 0; i < s->n_loads; i++) {
		put_modules(out, s->load[i].def->modules);
		load_use_needs(&s->load[i], put_need, out);
	}
	job_modules(s, &modules);
	for (size_t i = 0; i < modules.n; i++)
		put_module(out, modules.item[i]);
	job_settings(s, out);
	if (boot_errors_count(&s->boot))
		buf_printf(out, "boot-log level=%d\n", BOOT_ERROR_LEVEL);
	if (s->plant.n)
		put_modules(out, "faultlab");
	for (size_t i = 0; i < s->plant.n; i++)
		put_plant(out, &s->plant.item[i], seed + 1000 + i);
	for (size_t i = 0; i < s->n_loads; i++)
		put_load(out, &s->load[i]);
	buf_puts(out, "settle\n");
}
