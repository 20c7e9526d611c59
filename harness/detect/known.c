/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "detect/known.h"

#include "base/buf.h"

enum { HEAD = offsetof(struct sighting, frame) };

struct packed_frame {
	uint32_t offset, size;
	bool reliable, pc;
};

struct known_one {
	uint64_t serial;
	unsigned n_frames;
	struct sighting *head; /* everything but the frames; allocated up to there and its tail */
	struct buf frames;     /* packed_frame, function, suffix, module, each with its NUL */
};

_Static_assert(sizeof(struct sighting) - HEAD - sizeof(((struct sighting *)0)->frame) <
		       _Alignof(struct sighting),
	       "frames come last, so that what stands before them can be stored alone");

static struct known_one *one_free(struct known_one *one)
{
	if (one) {
		free(one->head);
		buf_done(&one->frames);
		free(one);
	}
	return NULL;
}

static void pack(struct known_one *one, const struct sighting *s)
{
	for (unsigned i = 0; i < s->n_frames && one->frames.len < KNOWN_PACKED_MAX; i++) {
		const struct frame *f = &s->frame[i];
		struct packed_frame p = { f->offset, f->size, f->reliable, f->pc };

		buf_append(&one->frames, &p, sizeof(p));
		buf_append(&one->frames, f->function, strlen(f->function) + 1);
		buf_append(&one->frames, f->suffix, strlen(f->suffix) + 1);
		buf_append(&one->frames, f->module, strlen(f->module) + 1);
		one->n_frames++;
	}
}

static void unpack(const struct known_one *one, struct sighting *s)
{
	const char *p = one->frames.data;

	for (unsigned i = 0; i < one->n_frames; i++) {
		struct frame *f = &s->frame[i];
		struct packed_frame packed;

		memcpy(&packed, p, sizeof(packed));
		p += sizeof(packed);
		f->offset = packed.offset;
		f->size = packed.size;
		f->reliable = packed.reliable;
		f->pc = packed.pc;
		strcpy(f->function, p);
		p += strlen(p) + 1;
		strcpy(f->suffix, p);
		p += strlen(p) + 1;
		strcpy(f->module, p);
		p += strlen(p) + 1;
	}
	s->n_frames = one->n_frames;
}

void known_done(struct known *k)
{
	for (unsigned i = 0; i < k->n; i++)
		one_free(k->one[i]);
	k->n = 0;
}

void known_add(struct known *k, uint64_t serial, const struct sighting *s)
{
	struct known_one *one = xcalloc(1, sizeof(*one));

	one->serial = serial;
	one->head = xmalloc(HEAD);
	memcpy(one->head, s, HEAD);
	pack(one, s);
	if (k->n == KNOWN_MAX) {
		one_free(k->one[1]);
		memmove(&k->one[1], &k->one[2], (KNOWN_MAX - 2) * sizeof(*k->one));
		k->n--;
	}
	k->one[k->n++] = one;
}

int known_find(const struct known *k, const struct sighting *s)
{
	for (unsigned i = 0; i < k->n; i++) {
		const struct sighting *head = k->one[i]->head;

		if (head->class == s->class && str_eq(head->id, s->id) &&
		    str_eq(head->subject, s->subject) && str_eq(head->ignored, s->ignored))
			return (int)i;
	}
	return -1;
}

int known_last_crash(const struct known *k)
{
	for (unsigned i = k->n; i-- > 0;)
		if (k->one[i]->head->severity >= SEVERITY_CRASH)
			return (int)i;
	return -1;
}

bool known_class(const struct known *k, enum crash_class class)
{
	for (unsigned i = 0; i < k->n; i++)
		if (k->one[i]->head->class == class)
			return true;
	return false;
}

uint64_t known_get(const struct known *k, int i, struct sighting *ret)
{
	const struct known_one *one = k->one[i];

	memset(ret, 0, sizeof(*ret));
	memcpy(ret, one->head, HEAD);
	unpack(one, ret);
	return one->serial;
}

void known_update(struct known *k, int i, const struct sighting *s)
{
	struct sighting *head = k->one[i]->head;

	head->repeats = s->repeats;
	head->last_ns = s->last_ns;
	head->panicked = s->panicked;
	memcpy(head->ignored, s->ignored, sizeof(head->ignored));
}
