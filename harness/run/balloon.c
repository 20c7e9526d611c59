/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "run/balloon.h"

#include "model/units.h"

struct balloon {
	struct loop *loop;
	struct vm *vm;
	struct evidence *evidence;
	const struct guest *guest;
	struct loop_source *timer;
	bool taken; /* the last breath took memory away */
};

static void breathe(void *arg)
{
	struct balloon *b = arg;
	const uint64_t bytes = b->taken ? b->guest->memory_bytes : b->guest->balloon.to;
	char asked[UNIT_TEXT], has[UNIT_TEXT];
	struct err err = { 0 };
	uint64_t now = 0;

	if (vm_balloon(b->vm, bytes, &now, &err) < 0)
		evidence_note(b->evidence, loop_now(b->loop), "balloon: %s", err.msg);
	else
		evidence_note(b->evidence, loop_now(b->loop), "balloon: to %s, from %s",
			      size_format(asked, bytes), size_format(has, now));
	b->taken = !b->taken;
	b->timer = loop_add_timer(b->loop, loop_now(b->loop) + b->guest->balloon.every, breathe, b);
}

struct balloon *balloon_start(struct loop *loop, struct vm *vm, struct evidence *evidence,
			      const struct guest *guest)
{
	struct balloon *b;

	if (!balloon_wanted(&guest->balloon))
		return NULL;
	b = xcalloc(1, sizeof(*b));
	*b = (struct balloon){ .loop = loop, .vm = vm, .evidence = evidence, .guest = guest };
	breathe(b);
	return b;
}

struct balloon *balloon_free(struct balloon *b)
{
	if (b)
		loop_remove(b->loop, b->timer);
	free(b);
	return NULL;
}
