/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A module that never runs: not linked, its code in the sections that a module's loader moves. */
#define LABEL(name) __asm__ volatile(#name ":\n\tnop")
#define FUNCTION    __attribute__((noinline, used))

void team_xmit(volatile int *p);
void team_slow(volatile int *p);
void team_init(volatile int *p);

#line 100 "drivers/net/team.c"
FUNCTION void team_xmit(volatile int *p)
{
	*p = 1;
	LABEL(at_xmit);
}

#line 200 "drivers/net/team.c"
FUNCTION __attribute__((section(".text.unlikely"))) void team_slow(volatile int *p)
{
	*p = 2;
	LABEL(at_slow);
}

#line 300 "drivers/net/team.c"
FUNCTION __attribute__((section(".init.text"))) void team_init(volatile int *p)
{
	*p = 3;
	LABEL(at_init);
}
