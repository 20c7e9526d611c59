/* SPDX-License-Identifier: GPL-3.0-or-later */
/* kernsoak kernels build: kernels by recipes. */
#include <signal.h>
#include <stdio.h>

#include "cmd/cmd.h"
#include "cmd/kernels.h"
#include "image/kbuild.h"

static volatile sig_atomic_t interrupted;

static void on_signal(int signo)
{
	interrupted = signo;
}

static bool stopped(void *arg)
{
	(void)arg;
	return interrupted;
}

/* What is of the moment is for a terminal, in one line that the next one takes. */
static void say(void *arg, bool passing, const char *sentence)
{
	const bool terminal = isatty(STDERR_FILENO);

	(void)arg;
	if (passing && !terminal)
		return;
	fprintf(stderr, "%s%s%s", terminal ? "\r\033[K" : "", sentence, passing ? "" : "\n");
}

/* The name goes to stdout, alone, so that a script may hand it on. */
static int build_one(const struct kbuild_request *q)
{
	const struct build_watch watch = { .say = say, .stopped = stopped };
	_cleanup_kernel_ struct kernel k = { 0 };
	struct err err = { 0 };
	int r = kbuild(q, &watch, &k, &err);

	say(NULL, true, "");
	if (r < 0) {
		cmd_fail(&err, EXIT_INTERNAL);
		return interrupted ? 128 + interrupted
				   : (err.exit_code ? err.exit_code : EXIT_INTERNAL);
	}
	puts(k.name);
	return 0;
}

int kernels_build(int argc, char **argv, const struct kernels_options *o)
{
	const struct sigaction stop = { .sa_handler = on_signal };
	const long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	int r = 0;

	sigaction(SIGINT, &stop, NULL);
	sigaction(SIGTERM, &stop, NULL);
	for (int i = 0; i < argc && r == 0; i++) {
		const struct kbuild_request q = { argv[i], o->source,
						  o->jobs ? o->jobs : (unsigned)MAX(cpus, 1L) };

		r = build_one(&q);
	}
	return r;
}
