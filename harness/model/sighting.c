/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/sighting.h"

#include <errno.h>
#include <math.h>

static const char *const integrities[INTEGRITY_COUNT] = {
	[INTEGRITY_COMPLETE] = "complete",       [INTEGRITY_NO_STACK] = "no_stack",
	[INTEGRITY_TRUNCATED] = "truncated",     [INTEGRITY_INTERMIXED] = "intermixed",
	[INTEGRITY_HEADER_ONLY] = "header_only", [INTEGRITY_TITLE_DAMAGED] = "title_damaged",
};

size_t function_plain_len(const char *s, size_t n)
{
	const char *dot = n > 1 ? memchr(s + 1, '.', n - 1) : NULL;

	return dot ? (size_t)(dot - s) : n;
}

const char *integrity_name(enum integrity i)
{
	return integrities[i];
}

static json_t *frame_to_json(const struct frame *f)
{
	json_t *o = json_object();

	json_set_str(o, "function", f->function);
	if (f->suffix[0])
		json_set_str(o, "suffix", f->suffix);
	if (f->module[0])
		json_set_str(o, "module", f->module);
	json_set_u64(o, "offset", f->offset);
	json_set_u64(o, "size", f->size);
	json_set_bool(o, "reliable", f->reliable);
	if (f->pc)
		json_set_bool(o, "pc", true);
	return o;
}

static json_t *frames_to_json(const struct sighting *s)
{
	json_t *a = json_array();

	for (unsigned i = 0; i < s->n_frames; i++)
		json_array_append_new(a, frame_to_json(&s->frame[i]));
	return a;
}

json_t *sighting_to_json(const struct sighting *s)
{
	json_t *o = json_object();

	json_set_str(o, "class", crash_info(s->class)->name);
	json_set_str(o, "family", crash_info(s->class)->family);
	json_set_str(o, "severity", severity_name(s->severity));
	json_set_str(o, "signature", s->signature);
	if (s->ignored[0])
		json_set_str(o, "ignored", s->ignored);
	json_set_str(o, "title", s->title);
	if (s->subject[0])
		json_set_str(o, "subject", s->subject);
	json_set_str(o, "function", s->function);
	json_set_str(o, "module", s->module);
	json_set_str(o, "top", s->top);
	json_set_str(o, "anchor", s->anchor);
	json_set_str(o, "id", s->id);
	json_set_str(o, "id_fine", s->id_fine);
	json_set_bool(o, "panicked", s->panicked);
	json_set_str(o, "integrity", integrity_name(s->integrity));
	json_set_bool(o, "corrupted", s->integrity != INTEGRITY_COMPLETE);
	if (s->netconsole)
		json_set_bool(o, "netconsole", true);
	json_set_u64(o, "offset", s->offset);
	json_set_u64(o, "end", s->end);
	json_set_u64(o, "at_ns", s->at_ns);
	json_set_u64(o, "last_ns", s->last_ns);
	json_set_double(o, "guest_s", s->guest_s);
	json_set_u64(o, "repeats", s->repeats);
	json_object_set_new(o, "frames", frames_to_json(s));
	return o;
}

/* The index of the text under `key` among n names; 0 where it is missing or unknown. */
static unsigned name_index(const json_t *o, const char *key, const char *(*name)(unsigned),
			   unsigned n)
{
	const char *s = NULL;

	json_get_str(o, key, &s, NULL);
	for (unsigned i = 0; s && i < n; i++)
		if (str_eq(s, name(i)))
			return i;
	return 0;
}

static const char *nth_integrity(unsigned i)
{
	return integrities[i];
}

static const char *nth_severity(unsigned i)
{
	return severity_name((enum severity)i);
}

static int frames_from_json(const json_t *a, struct sighting *s, struct err *err)
{
	size_t i;
	json_t *o;

	json_array_foreach (a, i, o) {
		struct frame *f = &s->frame[i];
		uint64_t offset = 0, size = 0;

		if (i == SIGHTING_FRAMES)
			break;
		if (json_get_text(o, "function", f->function, sizeof(f->function), err) < 0 ||
		    json_get_text(o, "suffix", f->suffix, sizeof(f->suffix), err) < 0 ||
		    json_get_text(o, "module", f->module, sizeof(f->module), err) < 0 ||
		    json_get_u64(o, "offset", &offset, err) < 0 ||
		    json_get_u64(o, "size", &size, err) < 0 ||
		    json_get_bool(o, "reliable", &f->reliable, err) < 0 ||
		    json_get_bool(o, "pc", &f->pc, err) < 0)
			return -EINVAL;
		f->offset = (uint32_t)offset;
		f->size = (uint32_t)size;
		s->n_frames = (unsigned)i + 1;
	}
	return 0;
}

int sighting_from_json(const json_t *j, struct sighting *ret, struct err *err)
{
	struct sighting s = { .guest_s = NAN, .at_ns = TIME_NEVER, .last_ns = TIME_NEVER };
	const char *class = NULL;

	if (!json_is_object(j))
		return err_set(err, EINVAL, "a sighting should be an object");
	if (json_get_str(j, "class", &class, err) < 0 ||
	    json_get_text(j, "signature", s.signature, sizeof(s.signature), err) < 0 ||
	    json_get_text(j, "ignored", s.ignored, sizeof(s.ignored), err) < 0 ||
	    json_get_text(j, "title", s.title, sizeof(s.title), err) < 0 ||
	    json_get_text(j, "subject", s.subject, sizeof(s.subject), err) < 0 ||
	    json_get_text(j, "function", s.function, sizeof(s.function), err) < 0 ||
	    json_get_text(j, "module", s.module, sizeof(s.module), err) < 0 ||
	    json_get_text(j, "top", s.top, sizeof(s.top), err) < 0 ||
	    json_get_text(j, "anchor", s.anchor, sizeof(s.anchor), err) < 0 ||
	    json_get_text(j, "id", s.id, sizeof(s.id), err) < 0 ||
	    json_get_text(j, "id_fine", s.id_fine, sizeof(s.id_fine), err) < 0 ||
	    json_get_bool(j, "panicked", &s.panicked, err) < 0 ||
	    json_get_bool(j, "netconsole", &s.netconsole, err) < 0 ||
	    json_get_u64(j, "offset", &s.offset, err) < 0 ||
	    json_get_u64(j, "end", &s.end, err) < 0 ||
	    json_get_u64(j, "at_ns", &s.at_ns, err) < 0 ||
	    json_get_u64(j, "last_ns", &s.last_ns, err) < 0 ||
	    json_get_double(j, "guest_s", &s.guest_s, err) < 0 ||
	    json_get_u64(j, "repeats", &s.repeats, err) < 0 ||
	    frames_from_json(json_object_get(j, "frames"), &s, err) < 0)
		return -EINVAL;
	s.class = class ? crash_by_name(class) : CRASH_NONE;
	s.severity = (enum severity)name_index(j, "severity", nth_severity, 4);
	s.integrity = (enum integrity)name_index(j, "integrity", nth_integrity, INTEGRITY_COUNT);
	*ret = s;
	return 0;
}
