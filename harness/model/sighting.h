/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One crash report recognised on a console. Plain data with room inside: it is copied freely,
 * owns nothing, and holds guest text (sanitise before printing).
 */
#ifndef KS_MODEL_SIGHTING_H
#define KS_MODEL_SIGHTING_H

#include "base/json.h"
#include "model/taxonomy.h"

enum {
	SIGHTING_FRAMES = 48,
	FUNCTION_LEN = 96,
	SUFFIX_LEN = 24,
	MODULE_LEN = 56, /* MODULE_NAME_LEN of the kernel */
	TITLE_LEN = 256,
	CRASH_ID_LEN = 24,
	SIGNATURE_LEN = 52,
	SUBJECT_LEN = 32,
};

struct frame {
	char function[FUNCTION_LEN]; /* without +offset/size, .isra, .constprop, .part, .cold */
	char suffix[SUFFIX_LEN]; /* ".constprop.0.cold", as it was printed; "" none, or longer */
	char module[MODULE_LEN]; /* "" = the kernel proper */
	uint32_t offset, size;   /* of the instruction and of the function; 0 unknown */
	bool reliable;           /* false: the kernel printed `?` before it */
	bool pc;                 /* where the processor was: no return address */
};

/* How much of the n bytes at s is a function's name: without .isra.0, .constprop.0, .part.1, .cold,
 * .llvm.123, which differ from build to build. */
size_t function_plain_len(const char *s, size_t n);

/* How much of the report arrived. Only the first is intact; none is ever dropped. */
enum integrity {
	INTEGRITY_COMPLETE,
	INTEGRITY_NO_STACK,      /* a kind that has a stack came without one */
	INTEGRITY_TRUNCATED,     /* the console ended inside it */
	INTEGRITY_INTERMIXED,    /* two reports line by line in one another */
	INTEGRITY_HEADER_ONLY,   /* only the first line */
	INTEGRITY_TITLE_DAMAGED, /* the first line itself is mangled */
	INTEGRITY_COUNT
};

struct sighting {
	enum crash_class class;
	enum severity severity;        /* after the scenario's changes */
	char signature[SIGNATURE_LEN]; /* of detect/signatures.def, or of the scenario; "" none */
	char ignored[SIGNATURE_LEN];   /* the scenario's detect.ignore that fits; "" none */
	char title[TITLE_LEN];         /* "divide error in fib_rebalance" */
	char subject[SUBJECT_LEN];     /* "veth1": of its kind, the one it is about; "" none */
	char function[FUNCTION_LEN];   /* the guilty one; "" unknown */
	char module[MODULE_LEN];       /* its module; "" = the kernel proper or unknown */
	char top[FUNCTION_LEN];        /* first frame that is no plumbing */
	char anchor[FUNCTION_LEN];     /* the frame below the dispatcher, for stalls and hangs */
	char id[CRASH_ID_LEN];         /* "k1:" + 16 hex digits of class family, function, module */
	char id_fine[CRASH_ID_LEN]; /* "k2:" the same of class and the first five reliable frames */
	bool panicked; /* a "Kernel panic" followed, because of it or while it was open */
	enum integrity integrity;
	bool netconsole;      /* seen by the second witness: offset and end are of its log */
	uint64_t offset, end; /* bytes of the raw console log: [offset, end) */
	uint64_t at_ns,
		last_ns;  /* arrival of the first line, and of the last repeat's; host clock */
	double guest_s;   /* the first line's own timestamp; NaN: none */
	uint64_t repeats; /* further reports with the same id and subject, folded into this one */
	unsigned n_frames;
	struct frame frame[SIGHTING_FRAMES]; /* last: detect/known.c stores the rest alone */
};

const char *integrity_name(enum integrity i);

/* An object with all the fields under the names above (class, severity, integrity by name;
 * guest time as "guest_s"; plus "corrupted": integrity is not complete). */
json_t *sighting_to_json(const struct sighting *s);
int sighting_from_json(const json_t *j, struct sighting *ret, struct err *err);

#endif
