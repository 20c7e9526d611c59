/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "detect/oops.h"

#include <ctype.h>
#include <stdio.h>

#include "detect/crashid.h"

enum {
	LINES_MAX = 400,  /* of one report: a soft lockup on 64 CPUs has 3000; the first say it */
	FOREIGN_MAX = 12, /* in a row, once there is a stack */
	FOREIGN_MAX_EARLY = 40, /* before: printk of other CPUs in between */
};

static void copy_text(char *dst, size_t size, const char *s, size_t n)
{
	n = MIN(n, size - 1);
	memcpy(dst, s, n);
	dst[n] = '\0';
}

/* The function a {F} captured, with the module that its text in the line carries. */
static void header_frame(struct oops *o, const struct captures *c)
{
	for (unsigned i = 1; i <= CAPTURES; i++) {
		struct frame f;

		if (!c->at[i].s)
			return;
		copy_text(o->capture[i], CAPTURE_LEN, c->at[i].s, c->at[i].len);
		if (!o->header.function[0] && strstr(o->sig->tail, "{F}") &&
		    frames_parse(c->at[i].s, &f) == FRAME_CALL)
			o->header = f;
	}
}

void oops_open(struct oops *o, const struct signature *sig, const struct captures *c,
	       const struct kmsg *k)
{
	memset(o, 0, sizeof(*o));
	o->sig = sig;
	o->n_lines = 1;
	o->rw = "";
	memcpy(o->caller, k->caller, sizeof(o->caller));
	o->s.class = sig->class;
	o->s.severity = sig->severity ? (enum severity)(sig->severity - 1)
				      : crash_info(sig->class)->severity;
	o->s.guest_s = k->guest_s;
	o->s.panicked = sig->flags & SIG_PANIC;
	header_frame(o, c);
	/* "EXT4-fs error (device vda): f:126" names a function without an offset */
	if (!o->header.function[0] && sig->stack == STACK_HEADER && o->capture[1][0]) {
		copy_text(o->header.function, FUNCTION_LEN, o->capture[1], strlen(o->capture[1]));
		o->header.reliable = true;
	}
	if (c->at[1].s && strstr(sig->title, "{fn}") == NULL)
		o->rw = "";
}

bool oops_has_stack(const struct oops *o)
{
	return o->n_frames > 0;
}

void oops_panic(struct oops *o)
{
	o->s.panicked = true;
	if (oops_has_stack(o) || o->header.function[0])
		o->frozen = true;
}

/* Headings inside of a report, and whether the frames below are those of the cause. */
enum below {
	COUNTS,
	NOT,      /* up to the next heading that counts */
	NOT_NEXT, /* the trace below has a heading of its own, and does not count all the same */
};

struct heading {
	const char *text;
	enum below below;
	bool anywhere; /* not only at the start of the line */
};

static const struct heading headings[] = {
	{ "Call Trace:", COUNTS },
	{ "Call trace:", COUNTS },
	{ "Backtrace:", COUNTS },
	{ "stack backtrace:", COUNTS },
	{ "RCU grace-period kthread stack dump:", NOT_NEXT, true },
	{ "Stack dump where RCU GP kthread last ran:", COUNTS, true },
	{ "-> #", NOT },
	{ "the existing dependency chain", NOT },
	{ "was registered at:", false, COUNTS },
	{ "... which became", NOT },
	{ "... acquired at:", NOT },
	{ "to a HARDIRQ", NOT },
	{ "to a SOFTIRQ", NOT },
	{ "the dependencies between", NOT },
	{ "Allocated by task", NOT },
	{ "Freed by task", NOT },
	{ "allocated by task", NOT },
	{ "freed by task", NOT },
	{ "allocated by:", NOT },
	{ "Allocated in ", NOT },
	{ "Freed in ", NOT },
	{ "INFO: Allocated in ", NOT },
	{ "INFO: Freed in ", NOT },
	{ "Allocated:", NOT },
	{ "Freed:", NOT },
	{ "Uninit was ", NOT },
	{ "Local variable ", NOT },
	{ "Last potentially related work creation", NOT },
	{ "Second to last potentially related", NOT },
	{ "page last ", NOT },
	{ "page_owner ", NOT },
	{ "The buggy address belongs", NOT },
	{ "Preemption disabled at:", NOT },
	{ "Showing all locks held", NOT },
};

static bool heading(struct oops *o, const char *text)
{
	text += strspn(text, " ");
	for (size_t i = 0; i < ARRAY_SIZE(headings); i++) {
		const struct heading *h = &headings[i];

		if (h->anywhere ? !strstr(text, h->text) : !str_after(text, h->text))
			continue;
		o->elsewhere = h->below != COUNTS || o->not_next;
		o->n_traces += !o->elsewhere;
		o->not_next = h->below == NOT_NEXT;
		return true;
	}
	return false;
}

static void add_frame(struct oops *o, const struct frame *f)
{
	if (o->frozen || o->elsewhere || o->n_frames == STALL_FRAMES)
		return;
	o->trace[o->n_frames] = (unsigned char)MIN(o->n_traces, 255u);
	o->frame[o->n_frames++] = *f;
}

/* A register or stack line: true where it was one. */
static bool stack_line(struct oops *o, const char *text)
{
	struct frame f;

	switch (frames_parse(text, &f)) {
	case FRAME_NONE: return false;
	case FRAME_CALL: add_frame(o, &f); return true;
	case FRAME_PC: add_frame(o, &f); return true;
	case FRAME_PC_BAD: return true;
	case FRAME_PC_USER: o->elsewhere = oops_has_stack(o); return true;
	case FRAME_LINK:
		if (!o->link.function[0])
			o->link = f;
		return true;
	}
	return false;
}

/* "{...}, at: [<addr>] f+0x1/0x2": where lockdep saw the lock that closes the circle. */
static void lock_line(struct oops *o, const char *text)
{
	const char *at = strstr(text, " at: ");

	if (o->at_next && at && !o->at.function[0]) {
		frames_parse(at + strlen(" at: "), &o->at);
		o->at_next = false;
	}
	if (strstr(text, "trying to acquire lock:") || strstr(text, " takes:"))
		o->at_next = true;
}

static void access_line(struct oops *o, const char *text)
{
	if (o->rw[0])
		return;
	if (str_after(text, "Read of size ") || str_after(text, "Read at addr "))
		o->rw = "Read";
	else if (str_after(text, "Write of size ") || str_after(text, "Write at addr "))
		o->rw = "Write";
}

/* How the lines of a report begin that are neither frames nor headings. */
static const char *const report_starts[] = {
	"Modules linked in:",
	"CPU: ",
	"Hardware name:",
	"Code:",
	"RSP:",
	"RAX:",
	"RDX:",
	"RBP:",
	"R10:",
	"R13:",
	"FS:",
	"CS:",
	"CR2:",
	"DR0:",
	"DR3:",
	"PKRU:",
	"PGD ",
	"#PF:",
	"Oops:",
	"---[ end",
	"note:",
	"Kernel Offset:",
	"Rebooting in",
	"Dumping ftrace",
	"task:",
	"Stack:",
	"EFLAGS:",
	"EAX:",
	"ESI:",
	"DS:",
	"Workqueue:",
	"rcu:",
	"NMI backtrace",
	"Sending NMI",
	"<TASK>",
	"</TASK>",
	"<IRQ>",
	"</IRQ>",
	"------------[",
	"=====",
	"-----",
	"Object ",
	"Redzone ",
	"Padding ",
	"INFO: Object",
	"INFO: Slab",
	"Slab ",
	"Bytes b4",
	"Tainted:",
	"\"echo 0",
	"The buggy",
	"Memory state",
	"Read of size",
	"Write of size",
	"x0 ",
	"x1",
	"x2",
	"pstate",
	"sp :",
	"lr :",
	"pc :",
	"GPR",
	"MSR:",
	"CFAR:",
	"Internal error:",
	"Process ",
	"irq event stamp",
	"hardirqs last",
	"softirqs last",
	"stack backtrace",
	"Call Trace",
	"Kernel panic",
	"INFO: NMI handler",
	"INFO: lockdep is turned off",
	"Modules",
	"ORIG_RAX",
	"general protection",
	"Last ",
};

static bool report_text(const char *text)
{
	if (*text == ' ' || *text == '\t' || *text == '\0' || *text == '#')
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(report_starts); i++)
		if (str_after(text, report_starts[i]))
			return true;
	return false;
}

static enum oops_line foreign(struct oops *o)
{
	unsigned max = oops_has_stack(o) ? FOREIGN_MAX : FOREIGN_MAX_EARLY;

	return ++o->n_foreign > max ? OOPS_OVER : OOPS_FOREIGN;
}

enum oops_line oops_take(struct oops *o, const struct kmsg *k)
{
	const char *text = k->text;

	if (o->n_lines >= LINES_MAX)
		return OOPS_OVER;
	/* another task's words between ours, where printk says who speaks */
	if (o->caller[0] && k->caller[0] && !str_eq(o->caller, k->caller) && k->caller[0] == 'T' &&
	    o->caller[0] == 'T' && o->sig->stack != STACK_STALL)
		return foreign(o);
	if (str_after(text, "---[ end trace"))
		o->frozen = oops_has_stack(o);
	access_line(o, text);
	if (o->s.class == CRASH_LOCKDEP)
		lock_line(o, text);
	if (!heading(o, text) && !stack_line(o, text) && !report_text(text))
		return foreign(o);
	o->n_lines++;
	o->n_foreign = 0;
	return OOPS_MINE;
}

/* The first frame in [from, n) that is reliable and to blame, or NULL. */
static const struct frame *blame(const struct oops *o, unsigned from, unsigned skip)
{
	for (unsigned i = from; i < o->n_frames; i++)
		if (o->frame[i].reliable && !frames_skipped(o->frame[i].function, skip))
			return &o->frame[i];
	return NULL;
}

/* Behind the interrupt that reported the stall: what the CPU was doing when it came. */
static unsigned stalled_from(const struct oops *o)
{
	unsigned from = 0;

	for (unsigned i = 0; i < o->n_frames && o->trace[i] == o->trace[0]; i++)
		if (frames_skipped(o->frame[i].function, SKIP_IRQ))
			from = i + 1;
	return from < o->n_frames ? from : 0;
}

/* What the dispatcher nearest to the leaf had called. */
static const struct frame *anchor(const struct oops *o, unsigned from)
{
	const struct frame *last = NULL;

	for (unsigned i = from; i < o->n_frames; i++) {
		const struct frame *f = &o->frame[i];

		if (!f->reliable)
			continue;
		if (frames_dispatches(f->function) && last)
			return last;
		if (!frames_skipped(f->function, SKIP_REPORT | SKIP_IRQ | SKIP_ENTRY))
			last = f;
	}
	return NULL;
}

static const struct frame *guilty(const struct oops *o)
{
	unsigned skip = SKIP_REPORT | SKIP_ENTRY | o->sig->skip;
	const struct frame *f = NULL;

	switch (o->sig->stack) {
	case STACK_NONE: return NULL;
	case STACK_HEADER:
		if (o->header.function[0] && !frames_skipped(o->header.function, skip))
			return &o->header;
		break;
	case STACK_STALL: f = blame(o, stalled_from(o), skip | SKIP_IRQ); break;
	case STACK_PC:
	case STACK_TRACE:
		if (o->at.function[0] && !frames_skipped(o->at.function, skip))
			return &o->at;
		break;
	}
	if (!f)
		f = blame(o, 0, skip);
	if (!f && o->header.function[0])
		f = &o->header;
	if (!f && o->link.function[0])
		f = &o->link;
	return f ? f : blame(o, 0, SKIP_REPORT);
}

static const char *expand(const struct oops *o, const char *hole)
{
	if (str_after(hole, "{fn}"))
		return o->s.function[0] ? o->s.function : "corrupted";
	if (str_after(hole, "{rw}"))
		return o->rw;
	return o->capture[hole[1] - '0'];
}

static void title(struct oops *o)
{
	const char *t = !o->s.function[0] && o->sig->bare ? o->sig->bare : o->sig->title;
	size_t n = 0;

	while (*t && n + 1 < TITLE_LEN) {
		if (*t == '{') {
			const char *s = expand(o, t);

			while (*s && n + 1 < TITLE_LEN)
				o->s.title[n++] = *s++;
			t = strchr(t, '}') + 1;
			if (n > 0 && o->s.title[n - 1] == ' ' && *t == ' ')
				t++;
		} else {
			o->s.title[n++] = *t++;
		}
	}
	o->s.title[n] = '\0';
}

static enum integrity integrity(const struct oops *o)
{
	if (o->sig->stack == STACK_NONE || o->s.function[0])
		return INTEGRITY_COMPLETE;
	if (o->n_lines == 1)
		return INTEGRITY_HEADER_ONLY;
	return o->cut_short ? INTEGRITY_TRUNCATED : INTEGRITY_NO_STACK;
}

static void set_function(char dst[FUNCTION_LEN], const struct frame *f)
{
	copy_text(dst, FUNCTION_LEN, f ? f->function : "", f ? strlen(f->function) : 0);
}

void oops_close(struct oops *o)
{
	const struct frame *f = guilty(o);

	set_function(o->s.function, f);
	if (f)
		memcpy(o->s.module, f->module, MODULE_LEN);
	set_function(o->s.top, blame(o, 0, SKIP_REPORT | SKIP_ENTRY));
	set_function(o->s.anchor, anchor(o, stalled_from(o)));
	o->s.n_frames = MIN(o->n_frames, (unsigned)SIGHTING_FRAMES);
	memcpy(o->s.frame, o->frame, o->s.n_frames * sizeof(*o->frame));
	o->s.integrity = integrity(o);
	title(o);
	crashid_set(&o->s);
}
