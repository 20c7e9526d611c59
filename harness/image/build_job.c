/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image/build_job.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/exit.h"
#include "base/proc.h"
#include "base/str.h"

enum {
	TICK_MS = 1000,
	GRACE_TICKS = 5, /* make removes the targets it was at before it goes */
	TAIL_BYTES = 1 << 18,
	LINES = 3,
	LINE_BYTES = 300,
};

void build_say(const struct build_watch *w, bool passing, const char *fmt, ...)
{
	_cleanup_buf_ struct buf b = BUF_INIT;
	va_list ap;

	if (!w->say)
		return;
	va_start(ap, fmt);
	buf_vprintf(&b, fmt, ap);
	va_end(ap);
	w->say(w->arg, passing, buf_str(&b));
}

int build_stopped(const struct build_watch *w, struct err *err)
{
	if (!w->stopped || !w->stopped(w->arg))
		return 0;
	err_set(err, EINTR, "interrupted; nothing half built is kept");
	return err_exit(err, EXIT_SIGINT);
}

/* ---- complaints ---- */

static bool has(const char *line, size_t n, const char *word)
{
	return memmem(line, n, word, strlen(word));
}

/* A compiler's and a linker's, patch's, a shell's; not make's own, which repeat at each level. */
static bool complains(const char *line, size_t n)
{
	static const char *const words[] = {
		"error:",          "Error:",          "undefined reference",
		"not found",       "No such file",    "No rule to make target",
		" FAILED at ",     "can't find file", "Reversed (or previously applied)",
		"malformed patch", "fatal:",          "No space left",
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (has(line, n, words[i]))
			return true;
	return false;
}

static void add_line(const char *line, size_t n, struct buf *out)
{
	buf_puts(out, out->len ? "; " : "");
	str_sanitise(out, line, MIN(n, (size_t)LINE_BYTES), false);
}

void build_complaints(const char *said, size_t n, struct buf *out)
{
	const char *last = "", *end = said + n;
	unsigned found = 0;

	for (const char *line = said, *next; line < end && found < LINES; line = next) {
		const char *newline = memchr(line, '\n', (size_t)(end - line));
		size_t len = (size_t)((newline ? newline : end) - line);

		next = newline ? newline + 1 : end;
		last = len ? line : last;
		if (complains(line, len)) {
			add_line(line, len, out);
			found++;
		}
	}
	if (!found && *last)
		add_line(last, strcspn(last, "\n"), out);
}

/* What was appended to the log since `from`. */
static void complaints_of(int log, off_t from, struct buf *out)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	struct stat st;
	ssize_t n;

	if (fstat(log, &st) < 0)
		return;
	buf_reserve(&text, TAIL_BYTES);
	n = pread(log, text.data, TAIL_BYTES, MAX(from, st.st_size - TAIL_BYTES));
	text.len = (size_t)MAX(n, (ssize_t)0);
	text.data[text.len] = 0;
	build_complaints(text.data, text.len, out);
}

/* ---- commands ---- */

/* What a build says is a line an object, about. */
static uint64_t count_lines(int log, off_t *at)
{
	char chunk[8192];
	uint64_t lines = 0;
	ssize_t n;

	while ((n = pread(log, chunk, sizeof(chunk), *at)) > 0) {
		for (ssize_t i = 0; i < n; i++)
			lines += chunk[i] == '\n';
		*at += n;
	}
	return lines;
}

static bool has_ended(const struct proc *p, int timeout_ms)
{
	struct pollfd fd = { .fd = p->pidfd, .events = POLLIN };

	return poll(&fd, 1, timeout_ms) > 0;
}

/* Its group is asked, then killed, before it is reaped: until then its number stays its own. */
static int end_group(struct proc *p)
{
	for (int i = 0; i < GRACE_TICKS && !has_ended(p, i ? TICK_MS : 0); i++)
		kill(-p->pid, SIGTERM);
	kill(-p->pid, SIGKILL);
	return proc_wait(p);
}

static int wait_for(const struct build_watch *w, const char *what, struct proc *p, int log,
		    off_t at, struct err *err)
{
	const int64_t began = clock_wall_s();
	uint64_t lines = 0;
	int stop = 0, r;

	while (stop == 0 && !has_ended(p, TICK_MS)) {
		const long long s = MAX(clock_wall_s() - began, (int64_t)0);

		lines += count_lines(log, &at);
		build_say(w, true, "%s: %llu lines, %lld:%02lld", what, (unsigned long long)lines,
			  s / 60, s % 60);
		stop = build_stopped(w, err);
	}
	if (stop < 0)
		build_say(w, false, "interrupted; what is half built is removed");
	r = end_group(p);
	return stop < 0 ? stop : r;
}

int build_run(const struct build_watch *w, const char *what, const char *const *argv,
	      const char *cwd, int log, struct err *err)
{
	struct proc_options opt = { .cwd = cwd,
				    .stdout_fd = log,
				    .stderr_fd = log,
				    .death_signal = SIGTERM,
				    .own_group = true };
	_cleanup_buf_ struct buf why = BUF_INIT;
	struct proc p = PROC_INIT;
	off_t from = lseek(log, 0, SEEK_END);
	int r = build_stopped(w, err);

	if (r == 0)
		r = proc_spawn(argv, &opt, &p, err);
	if (r == 0)
		r = wait_for(w, what, &p, log, from, err);
	if (r <= 0)
		return r;
	r = build_stopped(w, err);
	if (r < 0)
		return r;
	complaints_of(log, from, &why);
	return err_set(err, EIO, "%s failed: %s", what, buf_str(&why));
}
