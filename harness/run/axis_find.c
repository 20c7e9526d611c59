/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "run/axis_find.h"

#include <errno.h>
#include <limits.h>

#include "base/exit.h"
#include "base/proc.h"
#include "image/kernels.h"

enum { MAX_LINES = 16 << 20 };

static int find_kernels(struct axis *a, const char *like, struct err *err)
{
	_cleanup_kernel_list_ struct kernel_list l = { 0 };
	struct axis_kernel *all;
	struct err why = { 0 };
	int r = kernel_list(&l, &why, err);

	if (r < 0)
		return err_exit(err, EXIT_HOST_UNABLE);
	all = xcalloc(MAX(l.n, (size_t)1), sizeof(*all));
	for (size_t i = 0; i < l.n; i++)
		all[i] = (struct axis_kernel){ l.row[i].name, l.row[i].version };
	r = axis_add_kernels(a, all, l.n, like, err);
	free(all);
	if (r < 0 && why.code)
		err_wrap(err, "only what is cached is known (%s)", why.msg);
	return r;
}

/* The last line of what git said: its complaint. */
static const char *last_line(struct buf *said)
{
	char *text = said->data, *nl;

	while (said->len && said->data[said->len - 1] == '\n')
		said->data[--said->len] = 0;
	nl = text ? strrchr(text, '\n') : NULL;
	return nl ? nl + 1 : (text ? text : "");
}

static int git(const struct axis *a, const char *const *argv, struct buf *out, struct err *err)
{
	int r = proc_transcript(argv, a->dir, MAX_LINES, out, err);

	if (r < 0)
		return err_exit(err, EXIT_HOST_UNABLE);
	if (r == 0)
		return 0;
	err_set(err, ENOENT, "the axis '%.200s': git says: %.300s", a->text, last_line(out));
	return err_exit(err, EXIT_BAD_USAGE);
}

static int check_ancestor(const struct axis *a, struct err *err)
{
	_cleanup_buf_ struct buf out = BUF_INIT;
	const char *argv[] = { "git", "merge-base", "--is-ancestor", a->first, a->last, NULL };
	int r = proc_transcript(argv, a->dir, MAX_LINES, &out, err);

	if (r != 1)
		return r < 0 ? r : 0;
	err_set(err, EINVAL,
		"the axis '%.200s': %.80s is no ancestor of %.80s; the older commit comes first",
		a->text, a->first, a->last);
	return err_exit(err, EXIT_BAD_USAGE);
}

static int find_commits(struct axis *a, struct err *err)
{
	_cleanup_free_
	char *range = xasprintf("%s..%s", a->first, a->last);
	const char *first[] = { "git", "log", "-1", "--format=%H %s", a->first, "--", NULL };
	const char *rest[] = { "git", "log", "--first-parent", "--reverse", "--format=%H %s", range,
			       "--",  NULL };
	_cleanup_buf_ struct buf lines = BUF_INIT, more = BUF_INIT;
	char *dir = realpath(a->dir, NULL);
	int r;

	if (!dir) {
		err_set(err, errno, "the axis '%.200s': there is no tree %s: %s", a->text, a->dir,
			strerror(errno));
		return err_exit(err, EXIT_BAD_USAGE);
	}
	free(a->dir);
	a->dir = dir;
	r = git(a, first, &lines, err);
	if (r == 0)
		r = check_ancestor(a, err);
	if (r == 0)
		r = git(a, rest, &more, err);
	if (r < 0)
		return r;
	buf_append(&lines, buf_str(&more), more.len);
	return axis_add_commits(a, buf_str(&lines), err);
}

int axis_find(const char *text, const char *like, struct axis *ret, struct err *err)
{
	_cleanup_axis_ struct axis a = { 0 };
	int r = axis_parse(text, &a, err);

	if (r == 0 && a.kind == AXIS_KERNELS)
		r = find_kernels(&a, like, err);
	if (r == 0 && a.kind == AXIS_COMMITS)
		r = find_commits(&a, err);
	if (r < 0)
		return r;
	*ret = TAKE(a, (struct axis){ 0 });
	return 0;
}
