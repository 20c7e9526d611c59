/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/gathered.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/fs.h"
#include "base/json.h"
#include "model/units.h"
#include "store/layout.h"

enum { CPUS_MAX = 256, READS_MAX = 8, REGISTERS_MAX = 8 << 20 };
#define FLAG_IF 0x200u /* of RFLAGS: interrupts are let in */

/* ---- registers ---- */

struct cpu {
	unsigned reads, halted, user, masked; /* readings; how many of them were so */
	uint64_t rip[READS_MAX];
};

/* "RIP=ffffffff81c93f8f RFL=00000206 [-----P-] CPL=0 II=0 A20=1 SMM=0 HLT=1" */
static void read_line(const char *line, struct cpu *c)
{
	uint64_t rip;
	unsigned flags, cpl, hlt = 0;
	const char *halt = strstr(line, " HLT=");

	if (c->reads == READS_MAX ||
	    sscanf(line, "RIP=%" SCNx64 " RFL=%x [%*[^]]] CPL=%u", &rip, &flags, &cpl) != 3)
		return;
	if (halt)
		sscanf(halt, " HLT=%u", &hlt);
	c->rip[c->reads++] = rip;
	c->halted += hlt != 0;
	c->user += cpl == 3;
	c->masked += !(flags & FLAG_IF);
}

static size_t places(const struct cpu *c)
{
	size_t n = 0;

	for (unsigned i = 0; i < c->reads; i++) {
		bool seen = false;

		for (unsigned k = 0; k < i; k++)
			seen |= c->rip[k] == c->rip[i];
		n += !seen;
	}
	return n;
}

static void put_cpu(const struct cpu *c, unsigned n, struct buf *out)
{
	buf_printf(out, "    CPU %u ", n);
	if (c->halted == c->reads) {
		buf_puts(out, "is halted");
	} else if (places(c) == 1) {
		buf_printf(out, "stands at %" PRIx64, c->rip[0]);
	} else {
		buf_puts(out, "moves:");
		for (unsigned i = 0; i < c->reads; i++)
			buf_printf(out, " %" PRIx64, c->rip[i]);
	}
	if (c->user == c->reads)
		buf_puts(out, ", in user space");
	if (c->masked == c->reads)
		buf_puts(out, ", interrupts off");
	buf_putc(out, '\n');
}

void gathered_cpus(const char *registers, struct buf *out)
{
	struct cpu *cpu = xcalloc(CPUS_MAX, sizeof(*cpu)), *now = NULL;
	unsigned n;

	for (const char *l = registers; l && *l; l = strchr(l, '\n'), l = l ? l + 1 : NULL) {
		if (sscanf(l, "CPU#%u", &n) == 1)
			now = n < CPUS_MAX ? &cpu[n] : NULL;
		else if (now && str_after(l, "RIP="))
			read_line(l, now);
	}
	for (unsigned i = 0; i < CPUS_MAX; i++)
		if (cpu[i].reads)
			put_cpu(&cpu[i], i, out);
	free(cpu);
}

/* ---- the ledger ---- */

static void put_where(const json_t *rung, struct buf *out)
{
	const char *file = json_string_value(json_object_get(rung, "file"));
	uint64_t from = 0, to = 0;

	json_get_u64(rung, "console_from", &from, NULL);
	json_get_u64(rung, "console_to", &to, NULL);
	if (file) {
		buf_puts(out, TRIAL_EVIDENCE "/");
		str_sanitise(out, file, strlen(file), false);
	} else if (to > from) {
		buf_printf(out, TRIAL_CONSOLE " from byte %" PRIu64 " to %" PRIu64, from, to);
	} else {
		buf_puts(out, "the console said nothing");
	}
}

static void put_rung(const json_t *rung, struct buf *out)
{
	const char *name = json_string_value(json_object_get(rung, "rung"));
	const char *why = json_string_value(json_object_get(rung, "why"));
	uint64_t took_ns = 0;
	char took[UNIT_TEXT];

	json_get_u64(rung, "took_ns", &took_ns, NULL);
	buf_printf(out, "  %-10s %6s  ", name ? name : "?",
		   duration_human(took, took_ns / NS_PER_MS * NS_PER_MS));
	if (why) {
		buf_puts(out, "no: ");
		str_sanitise(out, why, strlen(why), false);
	} else {
		put_where(rung, out);
	}
	buf_putc(out, '\n');
}

bool gathered_text(int trial_dir, struct buf *out)
{
	_cleanup_json_ json_t *o = NULL;
	_cleanup_buf_ struct buf registers = BUF_INIT;
	const json_t *list, *rung;
	size_t i;

	if (json_read(trial_dir, TRIAL_EVIDENCE "/ledger.json", &o, NULL) < 0)
		return false;
	list = json_object_get(o, "rungs");
	json_array_foreach (list, i, rung)
		put_rung(rung, out);
	if (fs_read(trial_dir, TRIAL_EVIDENCE "/registers.txt", REGISTERS_MAX, &registers, NULL) >=
	    0)
		gathered_cpus(buf_str(&registers), out);
	return json_array_size(list) > 0;
}
