/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <sys/prctl.h>

#include "base/fs.h"
#include "base/str.h"
#include "cmd/cmd.h"

enum { VERBS_MAX = 64, SUMMARY_WIDTH = 28 };

/* In two columns, read downwards, so that all of it is on a screen of 24 lines. */
static void print_verbs(FILE *out)
{
	const struct cmd *verb[VERBS_MAX], *c;
	size_t n = 0, rows;

	for (size_t i = 0; (c = cmd_nth(i)) && n < VERBS_MAX; i++)
		if (!c->internal)
			verb[n++] = c;
	rows = (n + 1) / 2;
	for (size_t i = 0; i < rows; i++) {
		fprintf(out, "  %-10s %-*s", verb[i]->name, i + rows < n ? SUMMARY_WIDTH : 0,
			verb[i]->summary);
		if (i + rows < n)
			fprintf(out, "%-10s %s", verb[i + rows]->name, verb[i + rows]->summary);
		putc('\n', out);
	}
}

static void usage(FILE *out)
{
	fputs("usage: kernsoak VERB ...\n\n"
	      "Boots kernels in tight-memory guests, soaks them in workloads until they break,\n"
	      "and measures how long that takes.\n\n",
	      out);
	print_verbs(out);
	fputs("\nkernsoak VERB --help says more, man kernsoak all.\nTry: kernsoak run "
	      "scenarios/fib-rebalance.yaml\n",
	      out);
}

static const char *verb_name(size_t i, const void *arg)
{
	(void)arg;
	return cmd_nth(i)->name;
}

static int unknown_verb(const char *verb)
{
	const char *near;
	size_t n = 0;

	while (cmd_nth(n))
		n++;
	near = str_nearest(verb, n, verb_name, NULL);
	fprintf(stderr, "kernsoak: there is no verb '%s'%s%s%s (kernsoak --help lists them)\n",
		verb, near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
	return EXIT_BAD_USAGE;
}

/* stdout carries data: what did not get there is not done. */
static int finish(int code)
{
	bool lost = fflush(stdout) != 0 || ferror(stdout);

	if (code != 0 || !lost)
		return code;
	fprintf(stderr, "kernsoak: cannot write to stdout: %s\n", strerror(errno));
	return EXIT_CANNOT_WRITE;
}

static bool is_help(const char *word)
{
	return str_eq(word, "--help") || str_eq(word, "-h") || str_eq(word, "help");
}

static int run_verb(int argc, char **argv)
{
	const struct cmd *c = cmd_by_name(argv[0]);
	char name[64];

	if (!c)
		return unknown_verb(argv[0]);
	snprintf(name, sizeof(name), "kernsoak %s", c->name); /* what argp calls the program */
	argv[0] = name;
	return c->run(argc, argv);
}

int main(int argc, char **argv)
{
	char *help[] = { argc > 2 ? argv[2] : NULL, (char *)"--help", NULL };

	fs_reserve_std();
	prctl(PR_SET_NAME, "kernsoak"); /* who was started as /proc/self/exe is called "exe" */
	if (argc < 2) {
		usage(stderr);
		return EXIT_BAD_USAGE;
	}
	if (is_help(argv[1])) {
		if (help[0])
			return finish(run_verb(2, help));
		usage(stdout);
		return finish(0);
	}
	if (str_eq(argv[1], "--version") || str_eq(argv[1], "-V")) {
		puts("kernsoak " KERNSOAK_VERSION);
		return 0;
	}
	return finish(run_verb(argc - 1, argv + 1));
}
