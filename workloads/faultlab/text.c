/* SPDX-License-Identifier: GPL-2.0-or-later */
/* "kind=null when=time scale=3000000000 ..." to a plant. The host has checked and filled in. */
#include "faultlab.h"

#include <linux/cpumask.h>
#include <linux/kernel.h>
#include <linux/string.h>

static const struct number {
	const char *key;
	size_t offset;
	u64 most;
} numbers[] = {
#define NUMBER(key, field, most)                                                                   \
	{                                                                                          \
		key, offsetof(struct faultlab_plant, field), most                                  \
	}
	NUMBER("scale", scale, ~0ull),
	NUMBER("shape", shape, 100000),
	NUMBER("rate", rate, 1000000),
	NUMBER("max-fires", max_fires, ~0ull),
	NUMBER("duration", duration, ~0ull),
	NUMBER("delay", delay, NSEC_PER_SEC),
	NUMBER("speed", bytes_per_second, 1ull << 40),
	NUMBER("seed", seed, ~0ull),
	NUMBER("cpu", cpu, NR_CPUS),
};

static const struct word {
	const char *key;
	size_t offset, size;
} words[] = {
#define WORD(key, field)                                                                           \
	{                                                                                          \
		key, offsetof(struct faultlab_plant, field),                                       \
			sizeof(((struct faultlab_plant *)NULL)->field)                             \
	}
	WORD("function", function),         WORD("caller", caller),   WORD("delay-at", delay_at),
	WORD("delay-caller", delay_caller), WORD("devices", devices),
};

static int set_kind(struct faultlab_plant *p, const char *value)
{
	p->kind = faultlab_kind(value);
	return p->kind ? 0 : faultlab_refuse(-EINVAL, "there is no kind '%s'", value);
}

static int set_when(struct faultlab_plant *p, const char *value)
{
	static const char *const names[] = {
		[FAULTLAB_NOW] = "now", [FAULTLAB_TIME] = "time", [FAULTLAB_HIT] = "hit"
	};
	int i = match_string(names, ARRAY_SIZE(names), value);

	if (i < 0)
		return faultlab_refuse(-EINVAL, "when: now, time or hit, not '%s'", value);
	p->when = i;
	return 0;
}

static int set_number(struct faultlab_plant *p, const struct number *n, const char *value)
{
	u64 v;

	if (kstrtou64(value, 10, &v) || v > n->most)
		return faultlab_refuse(-EINVAL, "%s: a number up to %llu, not '%s'", n->key,
				       n->most, value);
	*(u64 *)((char *)p + n->offset) = v;
	return 0;
}

static int set_word(struct faultlab_plant *p, const struct word *w, const char *value)
{
	if (strscpy((char *)p + w->offset, value, w->size) < 0)
		return faultlab_refuse(-EINVAL, "%s: '%s' is too long", w->key, value);
	return 0;
}

static int set(struct faultlab_plant *p, const char *key, const char *value)
{
	size_t i;

	if (!strcmp(key, "kind"))
		return set_kind(p, value);
	if (!strcmp(key, "when"))
		return set_when(p, value);
	for (i = 0; i < ARRAY_SIZE(numbers); i++)
		if (!strcmp(key, numbers[i].key))
			return set_number(p, &numbers[i], value);
	for (i = 0; i < ARRAY_SIZE(words); i++)
		if (!strcmp(key, words[i].key))
			return set_word(p, &words[i], value);
	return faultlab_refuse(-EINVAL, "there is no key '%s'", key);
}

static int check(const struct faultlab_plant *p)
{
	if (!p->kind)
		return faultlab_refuse(-EINVAL, "no kind is given");
	if (p->shape < 100)
		return faultlab_refuse(-EINVAL, "the shape %llu is too small", p->shape);
	if (p->cpu >= 0 && (p->cpu >= nr_cpu_ids || !cpu_online(p->cpu)))
		return faultlab_refuse(-ENODEV, "there is no CPU %lld", p->cpu);
	if (p->when == FAULTLAB_HIT && p->kind->fault && !*p->function)
		return faultlab_refuse(-EINVAL, "when=hit needs a function");
	if (p->delay && !*p->delay_at)
		return faultlab_refuse(-EINVAL, "a delay needs delay-at");
	return 0;
}

static void defaults(struct faultlab_plant *p)
{
	if (!*p->function && p->kind && p->kind->function) {
		strscpy(p->function, p->kind->function, sizeof(p->function));
		if (!*p->caller)
			strscpy(p->caller, p->kind->caller, sizeof(p->caller));
	}
	if (p->kind && (p->kind->flags & BY_NETDEV))
		strscpy(p->function, "devices that go", sizeof(p->function));
}

int faultlab_parse(char *text, struct faultlab_plant *p)
{
	char *token;
	int r = 0;

	p->shape = 1000;
	p->rate = 1000000;
	p->max_fires = 1;
	p->cpu = -1;
	p->bytes_per_second = 32 << 20;
	strscpy(p->devices, "*", sizeof(p->devices));
	while (r == 0 && (token = strsep(&text, " \n"))) {
		char *value = strchr(token, '=');

		if (!*token)
			continue;
		if (!value)
			return faultlab_refuse(-EINVAL, "'%s' is no key=value", token);
		*value++ = 0;
		r = set(p, token, value);
	}
	defaults(p);
	return r ? r : check(p);
}
