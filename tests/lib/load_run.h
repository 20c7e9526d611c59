/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A load as the agent would run it, but here: its static program, with the parameters that a
 * scenario's text gives it, its stdin and stdout ours. For loads that work on a folder.
 */
#ifndef KS_TESTS_LOAD_RUN_H
#define KS_TESTS_LOAD_RUN_H

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/str.h"
#include "model/schema.h"

struct load_run {
	pid_t pid;
	int in, out;
	char said[65536];
	size_t n;
};

/* The arguments that the host would send, from "{ page-cache: 8MiB }". The test fails otherwise. */
static inline void load_run_settings(const char *load, const char *params, struct settings *ret)
{
	_cleanup_free_
	char *text = xasprintf("load={ %s: %s }", load, params);
	struct trees *trees = trees_new();
	struct scenario sc = { 0 };
	const struct node *n = NULL;
	struct err err = { 0 };

	schema_defaults(ret, &sc);
	assert_ok(tree_parse_setting(trees, text, schema_has_free_keys, &n, &err));
	assert_ok(schema_read(n, IN_FILE, true, ret, &sc, &err));
	trees_free(trees);
	scenario_done(&sc);
}

/* Values without spaces or %, which need no encoding. */
static inline void load_run_exec(const char *load, const struct settings *s)
{
	const char *build = getenv("BUILD");
	const struct pairs *args = &s->load[0].args;
	char *argv[64] = { xasprintf("%s/guest/%s", build ? build : "build", load) };
	size_t n = 1;

	for (size_t i = 0; i < args->n && n < 62; i++)
		argv[n++] = xasprintf("%s=%s", args->item[i].key, args->item[i].value);
	argv[n++] = (char *)"seed=1";
	execv(argv[0], argv);
	_exit(127);
}

static inline void load_run_start(struct load_run *r, const char *load, const char *params)
{
	int in[2], out[2];
	struct settings s = { 0 };

	*r = (struct load_run){ .pid = 0 };
	load_run_settings(load, params, &s);
	assert_int_equal(pipe(in), 0);
	assert_int_equal(pipe(out), 0);
	fflush(NULL);
	r->pid = fork();
	if (r->pid == 0) {
		setsid(); /* as the agent does: the load's own processes end with its group */
		prctl(PR_SET_PDEATHSIG, SIGTERM); /* a test that fails leaves none behind */
		dup2(in[0], STDIN_FILENO);
		dup2(out[1], STDOUT_FILENO);
		closefrom(3);
		load_run_exec(load, &s);
	}
	settings_done(&s);
	close(in[0]);
	close(out[1]);
	r->in = in[1];
	r->out = out[0];
}

/* Reads until the load has said `text`; false after 20 s, or at its end. */
static inline bool load_run_hears(struct load_run *r, const char *text)
{
	struct pollfd out = { .fd = r->out, .events = POLLIN };

	while (!strstr(r->said, text)) {
		if (poll(&out, 1, 20000) <= 0 || r->n == sizeof r->said - 1)
			return false;
		ssize_t n = read(r->out, r->said + r->n, sizeof r->said - 1 - r->n);
		if (n <= 0)
			return false;
		r->n += (size_t)n;
	}
	return true;
}

static inline void load_run_go(struct load_run *r)
{
	assert_int_equal(write(r->in, "go\n", 3), 3);
}

/* Waits, 20 s at most, until something has become true. */
static inline bool load_run_comes(bool (*true_now)(const struct load_run *), struct load_run *r)
{
	for (int i = 0; i < 2000; i++) {
		if (true_now(r))
			return true;
		usleep(10000);
	}
	return false;
}

/* Its exit code, or 128 + the signal; kills what is left of it. */
static inline int load_run_end(struct load_run *r, int sig)
{
	int status;

	if (sig)
		kill(-r->pid, sig);
	close(r->in);
	assert_int_equal(waitpid(r->pid, &status, 0), r->pid);
	close(r->out);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* The whole test of a load that should refuse to begin: what it says, and that it ends with 1. */
static inline void assert_load_refuses(const char *load, const char *params, const char *says)
{
	static struct load_run r;

	load_run_start(&r, load, params);
	if (!load_run_hears(&r, says))
		fail_msg("%s %s did not say '%s' but: %s", load, params, says, r.said);
	assert_int_equal(load_run_end(&r, 0), 1);
}

#endif
