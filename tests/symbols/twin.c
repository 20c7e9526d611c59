/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Beside kernel.c: functions of the same names as there, one longer and one of the same length. */
#define LABEL(name) __asm__ volatile(#name ":\n\tnop")
#define FUNCTION    __attribute__((noinline, used))

void soak_twins(void);

#line 600 "drivers/soak/other.c"
FUNCTION static void twin(void)
{
	__asm__ volatile(".skip 64, 0x90");
	LABEL(at_large_twin);
}

FUNCTION static void same(void)
{
	LABEL(at_other_of_same);
}

FUNCTION void soak_twins(void)
{
	__asm__ volatile(".skip 200, 0x90");
	twin();
	same();
}
