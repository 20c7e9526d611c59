/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/places.h"

#include <ctype.h>
#include <stdio.h>

#include "detect/frames.h"
#include "detect/kmsg.h"
#include "detect/lines.h"

enum {
	COMPLAINTS_MAX = 8, /* of one log */
	BUILD_ID_DIGITS = 40,
	RELEASE_MAX = 64,
};

struct places {
	struct symbols *symbols;
	struct strv complaints;
	bool told_absent;
	struct symbol_reply reply; /* too large for the stack of each caller */
};

int places_open(const struct symbol_sources *from, struct places **ret, struct err *err)
{
	struct places *p = xcalloc(1, sizeof(*p));
	int r = symbols_open(from, &p->symbols, err);

	if (r < 0)
		free(p);
	else
		*ret = p;
	return r;
}

struct places *places_free(struct places *p)
{
	if (!p)
		return NULL;
	symbols_free(p->symbols);
	strv_done(&p->complaints);
	free(p);
	return NULL;
}

void places_new_log(struct places *p)
{
	symbols_new_log(p->symbols);
	strv_done(&p->complaints);
	p->told_absent = false;
}

const struct strv *places_complaints(const struct places *p)
{
	return &p->complaints;
}

/* An answer that says something of the file, not of one frame. Of functions that are not there one
 * is told: a label of assembly may be missing in the right file too. */
static bool worth_a_word(struct places *p)
{
	switch (p->reply.answer) {
	case SYMBOL_MISFIT:
	case SYMBOL_NO_FILE:
	case SYMBOL_NO_DEBUG: return *p->reply.why;
	case SYMBOL_ABSENT:
		if (p->told_absent || !*p->reply.why)
			return false;
		p->told_absent = true;
		return true;
	case SYMBOL_LINES:
	case SYMBOL_FITS:
	case SYMBOL_NO_LINES:
	case SYMBOL_AMBIGUOUS: return false;
	}
	return false;
}

static void complain(struct places *p)
{
	const struct symbol_reply *r = &p->reply;
	_cleanup_buf_ struct buf text = BUF_INIT;

	if (!worth_a_word(p))
		return;
	str_sanitise(&text, r->why, strlen(r->why), false);
	if (p->complaints.n < COMPLAINTS_MAX && !strv_has(&p->complaints, buf_str(&text)))
		strv_add(&p->complaints, buf_str(&text));
}

/* --- what a line tells --- */

struct words {
	struct places *p;
	void (*fn)(struct places *p, const char *text, void *arg);
	void *arg;
};

static void on_line(void *arg, const struct line *line)
{
	struct words *w = arg;
	struct kmsg k;

	kmsg_parse(line->text, &k);
	w->fn(w->p, k.text, w->arg);
}

/* Calls fn with the kernel's text of each line, as detect/ would read it. */
static void each_text(struct places *p, const char *data, size_t n,
		      void (*fn)(struct places *p, const char *text, void *arg), void *arg)
{
	struct words w = { .p = p, .fn = fn, .arg = arg };
	struct lines lines;

	lines_init(&lines, on_line, &w);
	lines_feed(&lines, data, n);
	lines_finish(&lines);
}

static size_t hex_digits(const char *s)
{
	size_t n = 0;

	while (isxdigit((unsigned char)s[n]))
		n++;
	return n;
}

/* A build id as a word of its own somewhere in s (CONFIG_STACKTRACE_BUILD_ID prints it). */
static bool find_build_id(const char *s, char ret[BUILD_ID_DIGITS + 1])
{
	for (; *s; s += strcspn(s, " "), s += strspn(s, " ")) {
		size_t n = hex_digits(s);

		if (n != BUILD_ID_DIGITS || (s[n] != '\0' && s[n] != ' ' && s[n] != ']'))
			continue;
		memcpy(ret, s, n);
		ret[n] = '\0';
		return true;
	}
	return false;
}

/* "CPU: 1 PID: 91 Comm: x Tainted: G  OE  6.1.0-56-cloud-amd64 #1 Debian ...": the word before #.
 */
static void learn_release(struct places *p, const char *text)
{
	const char *hash = strstr(text, " #"), *word = hash;
	char release[RELEASE_MAX], id[BUILD_ID_DIGITS + 1];

	if (!hash || !isdigit((unsigned char)hash[2]))
		return;
	while (word > text && word[-1] != ' ')
		word--;
	if (word == hash || !isdigit((unsigned char)*word) ||
	    (size_t)(hash - word) >= sizeof(release))
		return;
	memcpy(release, word, (size_t)(hash - word));
	release[hash - word] = '\0';
	symbols_release(p->symbols, release);
	if (find_build_id(hash + 1, id))
		symbols_build_id(p->symbols, "", id);
}

static void learn_line(struct places *p, const char *text, void *arg)
{
	const char *rest, *bracket;
	char id[BUILD_ID_DIGITS + 1];
	struct frame f;

	(void)arg;
	if (str_after(text, "CPU: ") ||
	    strstr(text, "ainted")) { /* hung tasks: "Not tainted 6.1 #1" */
		learn_release(p, text);
	} else if ((rest = str_after(text, "Kernel Offset: "))) {
		symbols_moved(p->symbols, strtoull(rest, NULL, 0)); /* "disabled" is 0 */
	} else if ((bracket = strchr(text, '[')) && frames_parse(text, &f) != FRAME_NONE &&
		   *f.module && find_build_id(bracket, id)) {
		symbols_build_id(p->symbols, f.module, id);
	}
}

/* The function's name stands in `name` as long as the question is used. */
static struct symbol_frame question(const struct frame *f, char name[FUNCTION_LEN + SUFFIX_LEN])
{
	snprintf(name, FUNCTION_LEN + SUFFIX_LEN, "%s%s", f->function, f->suffix);
	return (struct symbol_frame){ .function = name,
				      .module = f->module,
				      .offset = f->offset,
				      .size = f->size,
				      .caller = !f->pc };
}

void places_learn(struct places *p, const char *report, size_t n, const struct sighting *s)
{
	each_text(p, report, n, learn_line, NULL);
	for (unsigned i = 0; i < s->n_frames; i++) {
		char name[FUNCTION_LEN + SUFFIX_LEN];
		struct symbol_frame q = question(&s->frame[i], name);

		if (!q.size)
			continue;
		symbols_check(p->symbols, &q, &p->reply);
		complain(p);
	}
}

/* --- beneath a line --- */

static void put_places(const struct symbol_reply *r, const char *indent, struct buf *out)
{
	for (size_t i = 0; i < r->n; i++) {
		const struct symbol_place *at = &r->place[i];

		buf_puts(out, indent);
		str_sanitise(out, at->function, strlen(at->function), false);
		buf_putc(out, ' ');
		str_sanitise(out, at->file, strlen(at->file), false);
		buf_printf(out, ":%u%s\n", at->line, i + 1 < r->n ? " [inline]" : "");
	}
}

/* "RIP: 0010:0xffffffff81234567" and " 0xffffffff81234567" of a trace: a kernel that has no names.
 */
static uint64_t bare_address(const char *text, bool *ret_pc)
{
	const char *rest = str_after(text, "RIP: 0010:");
	const char *s = rest ? rest : text + strspn(text, " ");

	*ret_pc = rest != NULL;
	if (strncmp(s, "0xffff", 6) != 0 || hex_digits(s + 2) != 16 || s[18] != '\0')
		return 0;
	return strtoull(s, NULL, 16);
}

struct beneath {
	const char *indent;
	struct buf *out;
};

static void put_beneath(struct places *p, const char *text, void *arg)
{
	const struct beneath *b = arg;
	struct symbol_frame q = { .function = "" };
	struct frame f = { .function = "" };
	enum frame_line kind = frames_parse(text, &f);
	char name[FUNCTION_LEN + SUFFIX_LEN];
	bool pc;

	if (kind == FRAME_CALL || kind == FRAME_PC || kind == FRAME_LINK)
		q = question(&f, name);
	else if ((q.address = bare_address(text, &pc)))
		q.caller = !pc;
	if ((!q.address && !*f.function) || (*f.function && (!f.reliable || !f.size)))
		return;
	symbols_look_up(p->symbols, &q, &p->reply);
	complain(p);
	if (*p->reply.symbol)
		buf_printf(b->out, "%s%s\n", b->indent, p->reply.symbol);
	put_places(&p->reply, b->indent, b->out);
}

void places_beneath(struct places *p, const char *line, size_t n, const char *indent,
		    struct buf *out)
{
	struct beneath b = { indent, out };

	each_text(p, line, n, put_beneath, &b);
}

/* --- JSON --- */

static void put_inlined(const struct symbol_reply *r, json_t *frame)
{
	json_t *a = json_array();

	for (size_t i = 0; i + 1 < r->n; i++) {
		json_t *o = json_object();

		json_set_str(o, "function", r->place[i].function);
		json_set_str(o, "file", r->place[i].file);
		json_set_u64(o, "line", r->place[i].line);
		json_array_append_new(a, o);
	}
	json_object_set_new(frame, "inlined", a);
}

static void put_frame(struct places *p, const struct frame *f, json_t *o)
{
	const struct symbol_reply *r = &p->reply;
	char name[FUNCTION_LEN + SUFFIX_LEN];
	struct symbol_frame q = question(f, name);

	if (!f->size)
		return;
	symbols_look_up(p->symbols, &q, &p->reply);
	complain(p);
	if (r->n == 0)
		return;
	json_set_str(o, "file", r->place[r->n - 1].file);
	json_set_u64(o, "line", r->place[r->n - 1].line);
	put_inlined(r, o);
}

void places_to_json(struct places *p, const struct sighting *s, json_t *o)
{
	json_t *frames = json_object_get(o, "frames"), *a;

	for (unsigned i = 0; i < s->n_frames; i++)
		put_frame(p, &s->frame[i], json_array_get(frames, i));
	if (p->complaints.n == 0)
		return;
	a = json_array();
	for (size_t i = 0; i < p->complaints.n; i++)
		json_array_append_new(a, json_string(p->complaints.item[i]));
	json_object_set_new(o, "symbols", a);
}
