/* SPDX-License-Identifier: GPL-3.0-or-later */
/* kernsoak bisect: since which version does it crash? */
#include "cmd/bisect.h"

#include <stdio.h>

#include "base/str.h"
#include "cmd/cmd.h"

static const char usage[] =
	"usage: kernsoak bisect simulate [OPTION]...   what a bisection would cost\n"
	"\n"
	"Each takes --help.\n"
	"\n"
	"Example: kernsoak bisect simulate --versions 64 --mttf 15m --policy all\n";

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
} words[] = {
	{ "simulate", cmd_bisect_simulate },
};

static int run_word(size_t i, int argc, char **argv)
{
	char name[64];

	snprintf(name, sizeof(name), "kernsoak bisect %s", words[i].name);
	argv[0] = name;
	return words[i].run(argc, argv);
}

int cmd_bisect(int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : NULL;

	for (size_t i = 0; i < ARRAY_SIZE(words) && word; i++)
		if (str_eq(word, words[i].name))
			return run_word(i, argc - 1, argv + 1);
	if (word && (str_eq(word, "--help") || str_eq(word, "-?") || str_eq(word, "-h"))) {
		fputs(usage, stdout);
		return 0;
	}
	if (word)
		fprintf(stderr, "kernsoak bisect: what is '%s'?\n", word);
	fputs(usage, stderr);
	return EXIT_BAD_USAGE;
}
