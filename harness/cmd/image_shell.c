/* SPDX-License-Identifier: GPL-3.0-or-later */
/* kernsoak image shell: an image or a scenario's guest to settings, and a shell in it. */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "cmd/image.h"
#include "model/scenario.h"
#include "run/accel.h"
#include "run/shell.h"

static void over(struct scenario_options *opt, const char *key, const char *value)
{
	if (value)
		strv_take(&opt->over, xasprintf("%s=%s", key, value));
}

/* A guest of that image, and a load that is never started: a scenario needs one. */
static int read_image(const char *name, const struct scenario_options *opt, struct scenario *ret,
		      struct err *err)
{
	const bool lean = str_eq(name, "lean");
	_cleanup_free_
	char *text = xasprintf("kernel: " IMAGE_KERNEL "\n"
			       "guest: { image: %s, memory: %s }\n"
			       "load: { shell: { script: \":\" } }\n",
			       name, lean ? "256MiB" : "512MiB");

	return scenario_parse(name, text, strlen(text), opt, ret, err);
}

static int run(struct settings *s, struct err *err)
{
	struct files f = { 0 };
	int r = 0;

	/* A path as in a scenario run from here. */
	r = files_find(s, true, &f, err);
	if (r == 0)
		r = accel_resolve(s, &f, "", err);
	files_done(&f);
	if (r < 0)
		return r;
	if (isatty(STDIN_FILENO))
		fprintf(stderr, "kernsoak: %s, image %s; Ctrl-] leaves\n", s->kernel,
			image_names[s->guest.image]);
	return shell_run(s, err);
}

int image_shell(const char *what, const char *kernel, const struct image_guest *guest)
{
	struct scenario_options opt = { 0 };
	struct scenario sc = { 0 };
	struct err err = { 0 };
	int r;

	over(&opt, "kernel", kernel);
	over(&opt, "guest.memory", guest->memory);
	over(&opt, "guest.vcpus", guest->vcpus);
	if (str_eq(what, "lean") || str_eq(what, "containers"))
		r = read_image(what, &opt, &sc, &err);
	else
		r = scenario_read(what, &opt, &sc, &err);
	if (r == 0 && str_eq(sc.arm[0].settings.guest.backend, "fake")) {
		r = err_set(&err, EINVAL, "%s: a fake guest has no shell", what);
		err_exit(&err, EXIT_BAD_SCENARIO);
	}
	if (r == 0)
		r = run(&sc.arm[0].settings, &err);
	scenario_done(&sc);
	strv_done(&opt.over);
	return r < 0 ? cmd_fail(&err, EXIT_INFRA) : r;
}
