/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A VM that plays a transcript in the loop's time and dies by a known law: Weibull for the target,
 * exponential for a competing crash and for the host's faults, all drawn from machine.seed. Over a
 * fake clock a night passes in a millisecond; the statistics must find the law again.
 *
 * It obeys `tune load=... rate=N` (millionths per second): counter and hazard of its kernel go by
 * the rate from then on, fake.rate being the one that the law is given for. Where its first load
 * begins at rate 0 it idles until then, and does not die.
 */
#ifndef KS_VM_VM_FAKE_H
#define KS_VM_VM_FAKE_H

#include "vm/vm.h"

extern const struct vm_backend vm_fake;

/* The lifetimes that a fake guest of this seed will have, in ns; TIME_NEVER: never. For tests. */
struct fake_fate {
	uint64_t target, other, host_fault;
};
struct fake_fate fake_fate_draw(const struct fake *law, uint64_t seed);

#endif
