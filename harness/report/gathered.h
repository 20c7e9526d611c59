/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What was asked of a guest that had failed (run/gather.h), for people: evidence/ledger.json, and
 * what its registers say of each CPU. */
#ifndef KS_REPORT_GATHERED_H
#define KS_REPORT_GATHERED_H

#include "base/buf.h"

/* Appends a line a rung, and one a CPU, each behind two blanks; nothing where there is no ledger.
 * True: it appended something. */
bool gathered_text(int trial_dir, struct buf *out);

/*
 * Appends a line for each CPU in QEMU's answers to "info registers -a", one after the other:
 * halted, where it stands, or between which places it moves; in user space; with interrupts off.
 * Pure.
 */
void gathered_cpus(const char *registers, struct buf *out);

#endif
