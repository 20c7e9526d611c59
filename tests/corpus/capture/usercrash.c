/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A program that fails by itself: its faults are lines on the console, but no failures of the kernel. */
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv)
{
	const char *kind = argc > 1 ? argv[1] : "";

	if (!strcmp(kind, "segv"))
		*(volatile char *)8 = 1;
	if (!strcmp(kind, "gpf"))
		*(volatile char *)0xdead000000000100 = 1;
	if (!strcmp(kind, "ud2"))
		__builtin_trap();
	while (!strcmp(kind, "eat"))
		memset(malloc(1 << 20), 1, 1 << 20);
	return 2;
}
