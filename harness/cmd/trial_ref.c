/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/trial_ref.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>

#include "base/fs.h"
#include "run/trial_process.h"
#include "store/layout.h"
#include "store/verdicts.h"

/* A trial's folder that was taken out of its run. */
static bool is_alone(const char *ref)
{
	_cleanup_free_
	char *spec = xasprintf("%s/" TRIAL_SPEC, ref);

	return access(spec, F_OK) == 0;
}

int trial_ref_path(const char *results, const char *ref, char **ret, struct err *err)
{
	_cleanup_run_dir_ struct run_dir run = RUN_DIR_INIT;
	struct err why = { 0 };
	char name[TRIAL_NAME_LEN];
	uint64_t trial;
	int r = trial_ref_open(results_path(results), ref, &run, &trial, &why);

	if (r < 0 && is_alone(ref)) {
		*ret = xstrdup(ref);
		return 0;
	}
	if (r < 0) {
		*err = why;
		return r;
	}
	trial_name(trial, name);
	*ret = xasprintf("%s/%s", run.path, name);
	return 0;
}

void trial_ref_done(struct trial_ref *t)
{
	free(t->path);
	cleanup_close(&t->dir);
	spec_done(&t->spec);
	*t = (struct trial_ref)TRIAL_REF_INIT;
}

static void read_release(struct trial_ref *t)
{
	_cleanup_free_
	struct verdict *v = xcalloc(1, sizeof(*v));

	if (verdict_read_at(t->dir, v, NULL) == 0)
		snprintf(t->release, sizeof(t->release), "%s", v->kernel);
}

int trial_ref_read(const char *results, const char *ref, struct trial_ref *ret, struct err *err)
{
	struct trial_ref t = TRIAL_REF_INIT;
	int r = trial_ref_path(results, ref, &t.path, err);

	if (r == 0)
		r = t.dir = fs_open_dir(AT_FDCWD, t.path, err);
	if (r >= 0)
		r = trial_spec_read(t.dir, &t.spec, err);
	if (r < 0) {
		trial_ref_done(&t);
		return r;
	}
	read_release(&t);
	*ret = t;
	return 0;
}

void shell_word(struct buf *out, const char *word)
{
	const char *p = word;

	while (isalnum((unsigned char)*p) || (*p && strchr("/._-+:=@,", *p)))
		p++;
	if (!*p && p > word) {
		buf_puts(out, word);
		return;
	}
	buf_putc(out, '\'');
	for (; *word; word++)
		buf_puts(out, *word == '\'' ? "'\\''" : (char[2]){ *word, 0 });
	buf_putc(out, '\'');
}
