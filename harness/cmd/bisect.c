/* SPDX-License-Identifier: GPL-3.0-or-later */
/* kernsoak bisect: since which version does it crash? */
#include "cmd/bisect.h"

#include <stdio.h>

#include "base/str.h"
#include "cmd/cmd.h"

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
} words[] = {
	{ "simulate", cmd_bisect_simulate },
	{ "log", cmd_bisect_log },
	{ "replay", cmd_bisect_replay },
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
	return cmd_bisect_run(argc, argv);
}
