/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A kernel that never runs, for tests of symbols: linked where kernels are, with places that #line
 * names (so they do not move with this file) and labels where the tests look.
 */
#define LABEL(name) __asm__ volatile(#name ":\n\tnop")
#define INLINE      static inline __attribute__((always_inline))
#define FUNCTION    __attribute__((noinline, used))

void fib_rebalance(volatile int *p);
void soak_call(volatile int *p);
void soak_cold(volatile int *p) __asm__("soak_call.cold");
void soak_walk(volatile int *p) __asm__("soak_walk.isra.0");
void soak_last(void);

#line 10 "drivers/soak/leaf.h"
INLINE void leaf(volatile int *p)
{
	*p = 1;
	LABEL(at_leaf);
}

#line 20 "drivers/soak/middle.h"
INLINE void middle(volatile int *p)
{
	leaf(p);
}

#line 100 "drivers/soak/fib.c"
FUNCTION void fib_rebalance(volatile int *p)
{
	*p = 2;
	middle(p);
	*p = 3;
}

#line 200 "drivers/soak/call.c"
FUNCTION void soak_call(volatile int *p)
{
	__asm__ volatile("call fib_rebalance\nafter_call:" ::: "memory");
	*p = 4;
}

#line 300 "drivers/soak/call.c"
FUNCTION void soak_cold(volatile int *p)
{
	*p = 5;
	LABEL(at_cold);
}

#line 400 "drivers/soak/walk.c"
FUNCTION void soak_walk(volatile int *p)
{
	*p = 6;
	LABEL(at_walk);
}

#line 500 "drivers/soak/twin.c"
FUNCTION static void twin(void)
{
	LABEL(at_small_twin);
}

FUNCTION static void same(void)
{
	LABEL(at_one_of_same);
}

FUNCTION void soak_last(void)
{
	__asm__ volatile(".skip 200, 0x90"); /* so that no later function is taken for padding */
	twin();
	same();
}
