/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "run/asking.h"

#include <stdio.h>

struct asking {
	struct loop *loop;
	struct vm *vm;
	uint64_t every_ns, n;
	struct loop_source *timer;
};

/* A guest that takes no more lines has not answered either: that is told by the lack of it. */
static void ask(void *arg)
{
	struct asking *a = arg;
	char line[48];
	int len = snprintf(line, sizeof(line), "ask n=%llu\n", (unsigned long long)++a->n);

	vm_send(a->vm, line, (size_t)len);
	a->timer = loop_add_timer(a->loop, loop_now(a->loop) + a->every_ns, ask, a);
}

struct asking *asking_start(struct loop *loop, struct vm *vm, const struct guest *guest)
{
	struct asking *a;

	if (!ask_wanted(&guest->heartbeat))
		return NULL;
	a = xcalloc(1, sizeof(*a));
	*a = (struct asking){ .loop = loop, .vm = vm, .every_ns = guest->heartbeat.ask };
	ask(a);
	return a;
}

struct asking *asking_free(struct asking *a)
{
	if (a)
		loop_remove(a->loop, a->timer);
	free(a);
	return NULL;
}
