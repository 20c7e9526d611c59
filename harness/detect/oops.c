/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "detect/oops.h"

#include <ctype.h>

enum {
	LINES_MAX = 2000,       /* of one report: a stack that ran out fills 1000 */
	FOREIGN_MAX = 12,       /* kernel's lines in a row that are none of it, once it has ended */
	FOREIGN_MAX_EARLY = 60, /* before: printk of other CPUs in between */
	FOREIGN_USER = 8,       /* so many lines of user space count as one */
};

static void copy_text(char *dst, size_t size, const char *s, size_t n)
{
	n = MIN(n, size - 1);
	memcpy(dst, s, n);
	dst[n] = '\0';
}

bool oops_has_stack(const struct oops *o)
{
	return o->n_frames > 0;
}

void oops_panic(struct oops *o, bool own)
{
	o->s.panicked = true;
	if (own && o->n_calls > 0)
		o->frozen = true;
}

/* Headings inside of a report, and whether the frames below are those of the cause. */
enum below {
	COUNTS,
	NOT,      /* up to the next heading that counts */
	ORDER,    /* counts where lock and interrupt disagree on their order */
	OWNER,    /* the one that counts of a page that its owner does not give back whole */
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
	{ "was registered at:", NOT, true },
	{ "... which became", ORDER },
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
	{ "page last allocated via ", OWNER },
	{ "page allocated via ", OWNER }, /* up to 5.3 */
	{ "page last ", NOT },
	{ "page_owner ", NOT },
	{ "The buggy address belongs", NOT },
	{ "Preemption disabled at:", NOT },
	{ "Last Breaking-Event-Address:", NOT },
	{ "Showing all locks held", NOT },
};

static bool counts(struct oops *o, enum below below)
{
	bool owner = below == OWNER && o->sig->stack == STACK_OWNER;

	if (owner)
		o->n_frames = o->n_calls = 0;
	if (owner || o->owned) {
		o->owned = true;
		return owner;
	}
	return !o->not_next &&
	       (below == COUNTS || (below == ORDER && o->sig->stack == STACK_ORDER));
}

static bool heading(struct oops *o, const char *text)
{
	text += strspn(text, " ");
	for (size_t i = 0; i < ARRAY_SIZE(headings); i++) {
		const struct heading *h = &headings[i];

		if (h->anywhere ? !strstr(text, h->text) : !str_after(text, h->text))
			continue;
		o->elsewhere = !counts(o, h->below);
		o->n_traces += !o->elsewhere;
		o->not_next = h->below == NOT_NEXT;
		return true;
	}
	return false;
}

static void add_frame(struct oops *o, const struct frame *f)
{
	if (o->frozen || o->elsewhere || (!f->reliable && o->n_frames >= UNRELIABLE_FRAMES))
		return;
	if (o->n_frames == STALL_FRAMES) { /* a stack that ran out: its leaf and its root matter */
		memmove(&o->frame[HEAD_FRAMES], &o->frame[HEAD_FRAMES + 1],
			(STALL_FRAMES - HEAD_FRAMES - 1) * sizeof(*f));
		memmove(&o->trace[HEAD_FRAMES], &o->trace[HEAD_FRAMES + 1],
			STALL_FRAMES - HEAD_FRAMES - 1);
		o->n_frames--;
	}
	o->trace[o->n_frames] = (unsigned char)MIN(o->n_traces, 255u);
	o->frame[o->n_frames++] = *f;
}

/* A register or stack line: true where it was one. */
static bool stack_line(struct oops *o, const char *text)
{
	struct frame f;

	switch (frames_parse(text, &f)) {
	case FRAME_NONE: return false;
	case FRAME_CALL:
		o->n_calls += !o->elsewhere && !o->frozen;
		add_frame(o, &f);
		return true;
	case FRAME_PC: add_frame(o, &f); return true;
	case FRAME_PC_BAD: o->pc_bad = true; return true;
	case FRAME_PC_USER:
		o->elsewhere = oops_has_stack(o);
		o->user |= o->n_calls > 0;
		return true;
	case FRAME_LINK:
		if (!o->link.function[0])
			o->link = f;
		return true;
	}
	return false;
}

/* Does text contain one of the `|`-separated words? */
static bool has_any(const char *text, const char *words)
{
	char word[64];

	while (words && *words) {
		size_t n = strcspn(words, "|");

		copy_text(word, sizeof(word), words, n);
		if (strstr(text, word))
			return true;
		words += n + (words[n] == '|');
	}
	return false;
}

unsigned oops_innocent(const struct oops *o)
{
	return SKIP_REPORT | SKIP_ENTRY | o->sig->skip;
}

/*
 * A line of its own that names the function: "{...}, at: [<addr>] f+0x1/0x2" below a line with the
 * row's words, where lockdep saw the lock; "last function: f" of a work.
 */
static void naming_line(struct oops *o, const char *text)
{
	const char *at = strstr(text, " at: "), *work;

	if (!o->sig->at || (o->at.function[0] && !frame_skipped(&o->at, oops_innocent(o))))
		return;
	if (o->at_next && at) {
		frames_read(at + strlen(" at: "), &o->at);
		o->at_next = false;
	} else if (o->at_next && str_after(text, "[<")) {
		frames_read(text, &o->at); /* "... at:" ended the line before, up to 5.x */
	} else if (((work = strstr(text, "last function: ")) && (work += 15)) ||
		   ((work = strstr(text, "workfn=")) && (work += 7))) {
		size_t name, n = frames_symbol(work, &name);

		copy_text(o->at.function, FUNCTION_LEN, work, n ? name : 0);
	}
	if (has_any(text, o->sig->at))
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

/* Did the trace come to its root: an entry into the kernel, user space, the end of the report? */
static bool rooted(const struct oops *o)
{
	const struct frame *last = o->n_frames ? &o->frame[o->n_frames - 1] : NULL;

	return o->ended || o->user || (last && frames_skipped(last->function, SKIP_ENTRY));
}

/*
 * `CPU: 1 PID: 93 Comm: x`: one in a report, but for lockups, which show several CPUs. Another one
 * behind a whole trace begins somebody else's dump; before that, two are printed into one another.
 */
static void speaker_line(struct oops *o, const char *text)
{
	const char *pid = strstr(text, "CPU: ") ? strstr(text, "PID: ") : NULL;
	unsigned long n = pid ? strtoul(pid + strlen("PID: "), NULL, 10) : 0;

	if (!pid || o->frozen || o->s.panicked || crash_is(o->s.class, "lockup"))
		return;
	if (o->has_pid && o->pid != n && rooted(o))
		o->frozen = o->ended = true;
	else if (o->has_pid && o->pid != n)
		o->intermixed = true;
	else
		o->pid = n;
	o->has_pid = true;
}

/* The function a {F} captured, with the module that its text in the line carries. */
static void header_frame(struct oops *o, const struct captures *c)
{
	copy_text(o->capture[0], CAPTURE_LEN, c->at[0].s, c->at[0].len);
	for (unsigned i = 1; i <= CAPTURES; i++) {
		struct frame f;

		if (!c->at[i].s)
			return;
		copy_text(o->capture[i], CAPTURE_LEN, c->at[i].s, c->at[i].len);
		if (!o->header.function[0] && strstr(o->sig->tail, "{F}") &&
		    frames_read(c->at[i].s, &f))
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
	o->stamped = k->stamped;
	o->expanded = strstr(k->text, " [inline]") != NULL;
	memcpy(o->caller, k->caller, sizeof(o->caller));
	o->s.class = sig->class;
	o->s.severity = signature_severity(sig);
	copy_text(o->s.signature, SIGNATURE_LEN, sig->name, strlen(sig->name));
	o->s.guest_s = k->guest_s;
	header_frame(o, c);
	speaker_line(o, k->text);
	o->s.panicked = sig->flags & SIG_PANIC;
	if (sig->flags & SIG_SUBJECT)
		copy_text(o->s.subject, SUBJECT_LEN, o->capture[1], strlen(o->capture[1]));
	/* "EXT4-fs error (device vda): f:126" names a function without an offset */
	if (!o->header.function[0] && sig->stack == STACK_NAME && o->capture[1][0]) {
		copy_text(o->header.function, FUNCTION_LEN, o->capture[1], strlen(o->capture[1]));
		o->header.reliable = true;
	}
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

static enum oops_line foreign(struct oops *o, const struct kmsg *k)
{
	unsigned max = o->ended ? FOREIGN_MAX : FOREIGN_MAX_EARLY;

	o->n_foreign += o->stamped && !k->stamped ? 1 : FOREIGN_USER;
	return o->n_foreign > max * FOREIGN_USER ? OOPS_OVER : OOPS_FOREIGN;
}

enum oops_line oops_stray(struct oops *o, const struct kmsg *k)
{
	return foreign(o, k);
}

/* `5e40: 84a90358 83675bbc`, ` r7:83675be0`, ` ffff8800 ffffffff`: dumps of stacks and registers.
 */
static bool dump_text(const char *text)
{
	size_t n = strspn(text, "0123456789abcdef");

	return (n >= 4 && (text[n] == ':' || text[n] == ' ')) ||
	       (text[0] == 'r' && isdigit((unsigned char)text[1]));
}

/* Lines behind which only leftovers of the report follow. */
static void end_line(struct oops *o, const char *text)
{
	if (str_after(text, "---[ end trace")) {
		o->frozen = oops_has_stack(o);
		o->ended = o->end_trace = true;
	} else if (str_after(text, " </TASK>") || str_after(text, "Kernel Offset:")) {
		o->ended = oops_has_stack(o);
	}
}

enum oops_line oops_take(struct oops *o, const struct kmsg *k)
{
	const char *text = k->text;

	if (o->n_lines >= LINES_MAX)
		return OOPS_OVER;
	end_line(o, text);
	o->lost |= strstr(text, "printk messages dropped") != NULL;
	access_line(o, text);
	speaker_line(o, text);
	naming_line(o, text);
	if (!heading(o, text) && !stack_line(o, text) && !report_text(text) && !dump_text(text))
		return foreign(o, k);
	o->n_lines++;
	o->n_foreign = 0;
	return OOPS_MINE;
}
