/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "run/watch.h"

#include <errno.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/stat.h>

#include "base/exit.h"
#include "base/loop.h"
#include "base/tail.h"
#include "model/units.h"
#include "run/watch_stats.h"
#include "store/about.h"
#include "store/verdicts.h"

#define REST_NS (150 * NS_PER_MS) /* from what is written to our look at it */
#define LOOK_NS NS_PER_S          /* without inotify, and for a runner that was killed */

/* One trial that runs. */
struct looked {
	uint64_t trial, slot;
	int dir;
	struct tail console, netconsole, agent;
	struct watch_stats stats;
};

struct watch {
	const struct run_dir *run;
	const struct watch_options *options;
	struct loop *loop;
	int inotify;
	struct loop_source *timer;
	bool soon; /* that timer is for what was written */
	struct looked **guest;
	size_t n;
	uint64_t seen; /* trials */
	off_t journal; /* its length at the last look into it */
	uint64_t looked_ns;
	struct looked *speaks;
	struct buf out;
};

/* ---- what is shown ---- */

/* "0/17 | ": slot and trial; | a console, n netconsole, ~ agent and harness, = figures. */
static void put_line(struct watch *w, char mark, const char *text, size_t n)
{
	const struct looked *g = w->speaks;

	if (w->options->color)
		buf_printf(&w->out, "\033[%dm", 31 + (int)(g->slot % 6));
	buf_printf(&w->out, "%llu/%llu %c ", (unsigned long long)g->slot,
		   (unsigned long long)g->trial, mark);
	if (w->options->color)
		buf_puts(&w->out, "\033[0m");
	while (n > 0 && text[n - 1] == '\r')
		n--;
	str_sanitise(&w->out, text, n, false);
	buf_putc(&w->out, '\n');
}

static void on_console(void *arg, const char *line, size_t n)
{
	put_line(arg, '|', line, n);
}

static void on_netconsole(void *arg, const char *line, size_t n)
{
	put_line(arg, 'n', line, n);
}

/* Words that come all the time, or that the trial only asks for later. */
static bool is_chatter(const char *word)
{
	static const char *const words[] = { "beat", "sample", "progress", "pong", "kmsg" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (str_eq(words[i], word))
			return true;
	return false;
}

static void take_agent(struct watch *w, const struct agent_line *l)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	const char *said = pairs_get(&l->arg, "text"), *load = pairs_get(&l->arg, "load");

	if (watch_stats_take(&w->speaks->stats, l, &text)) {
		if (w->options->stats)
			put_line(w, '=', text.data, text.len);
		return;
	}
	if (is_chatter(l->word))
		return;
	buf_printf(&text, "%s%s%s%s%s", l->word, load ? " " : "", load ? load : "",
		   said ? ": " : "", said ? said : "");
	put_line(w, '~', text.data, text.len);
}

/* "INSTANT WORD key=value ...", or "INSTANT # remark" of the harness. */
static void on_agent(void *arg, const char *line, size_t n)
{
	const char *text = memchr(line, ' ', n);
	struct agent_line l;

	if (!text)
		return;
	text++;
	if (*text == '#') {
		if (!str_after(text, "# host "))
			put_line(arg, '~', text, n - (size_t)(text - line));
		return;
	}
	if (agent_parse(text, n - (size_t)(text - line), &l) < 0)
		return;
	take_agent(arg, &l);
	agent_line_done(&l);
}

static void read_all(struct watch *w, struct looked *g)
{
	w->speaks = g;
	tail_read(&g->console, on_console, w);
	tail_read(&g->netconsole, on_netconsole, w);
	tail_read(&g->agent, on_agent, w);
}

static void tell_end(struct watch *w, struct looked *g)
{
	_cleanup_free_
	struct verdict *v = xcalloc(1, sizeof(*v));
	_cleanup_buf_ struct buf text = BUF_INIT;
	char lived[UNIT_TEXT];

	tail_finish(&g->console, on_console, w);
	if (verdict_read_at(g->dir, v, NULL) < 0 || !v->final)
		buf_puts(&text, "ended without a verdict");
	else
		buf_printf(&text, "%s after %s: %s", outcome_name(v->outcome),
			   duration_human(lived, v->exposure_ns), v->reason);
	put_line(w, '~', buf_str(&text), text.len);
}

/* ---- who runs ---- */

static void notice(struct watch *w, const char *path, uint32_t events)
{
	if (w->inotify >= 0)
		inotify_add_watch(w->inotify, path, events);
}

static uint64_t slot_of(int dir)
{
	_cleanup_json_ json_t *j = NULL;
	uint64_t slot = 0;

	if (json_read(dir, TRIAL_SPEC, &j, NULL) == 0)
		json_get_u64(j, "slot", &slot, NULL);
	return slot;
}

/* What a guest says from its first byte on is all shown where it came after us. */
static void take_in(struct watch *w, uint64_t trial, bool late)
{
	char name[TRIAL_NAME_LEN];
	_cleanup_free_
	char *path = NULL;
	struct looked *g;
	unsigned before = late ? w->options->lines : TAIL_ALL;
	int dir = trial_dir_open(w->run->fd, trial, NULL);

	if (dir < 0)
		return;
	trial_name(trial, name);
	path = xasprintf("%s/%s", w->run->path, name);
	g = xcalloc(1, sizeof(*g));
	g->trial = trial;
	g->slot = slot_of(dir);
	g->dir = dir;
	tail_init(&g->console, dir, TRIAL_CONSOLE, before);
	tail_init(&g->netconsole, dir, TRIAL_NETCONSOLE, before);
	tail_init(&g->agent, dir, TRIAL_AGENT, before);
	w->guest = xrealloc(w->guest, (w->n + 1) * sizeof(*w->guest));
	w->guest[w->n++] = g;
	w->seen++;
	notice(w, path, IN_MODIFY | IN_CREATE | IN_ONLYDIR);
}

static void let_go(struct watch *w, size_t i)
{
	struct looked *g = w->guest[i];

	memmove(&w->guest[i], &w->guest[i + 1], (w->n - i - 1) * sizeof(g));
	w->n--;
	tail_done(&g->console);
	tail_done(&g->netconsole);
	tail_done(&g->agent);
	close(g->dir);
	free(g);
}

static bool is_watched(const struct watch *w, uint64_t trial)
{
	for (size_t i = 0; i < w->n; i++)
		if (w->guest[i]->trial == trial)
			return true;
	return false;
}

static void meet(struct watch *w, const struct about *a, bool late)
{
	for (size_t i = 0; i < a->n_going && a->running; i++)
		if ((!w->options->trial || w->options->trial == a->going[i]) &&
		    !is_watched(w, a->going[i]))
			take_in(w, a->going[i], late);
}

/* The plan and the journal of a long run take milliseconds to read: not for each line of a guest.
 */
static bool must_read_about(struct watch *w)
{
	struct stat st = { .st_size = -1 };
	uint64_t now = loop_now(w->loop);
	bool must;

	fstatat(w->run->fd, RUN_JOURNAL, &st, 0);
	must = st.st_size != w->journal || now >= w->looked_ns + LOOK_NS;
	if (must)
		w->looked_ns = now;
	w->journal = st.st_size;
	return must;
}

/* True: there is nothing more to come. */
static bool look(struct watch *w, bool first)
{
	_cleanup_about_ struct about a = { 0 };

	if (!must_read_about(w)) {
		for (size_t i = 0; i < w->n; i++)
			read_all(w, w->guest[i]);
		return false;
	}
	about_read(w->run, &a);
	meet(w, &a, first);
	for (size_t i = w->n; i-- > 0;) {
		bool going = about_is_going(&a, w->guest[i]->trial);

		read_all(w, w->guest[i]);
		if (!going) {
			tell_end(w, w->guest[i]);
			let_go(w, i);
		}
	}
	return !a.running || (w->options->trial && w->seen && w->n == 0);
}

/* 0, or -errno of stdout. */
static int flush(struct watch *w)
{
	bool ok = fwrite(buf_str(&w->out), 1, w->out.len, stdout) == w->out.len &&
		  fflush(stdout) == 0;
	int r = ok ? 0 : -errno;

	buf_clear(&w->out);
	return r;
}

static void on_timer(void *arg)
{
	struct watch *w = arg;
	bool over = look(w, false);
	int r = flush(w);

	w->soon = false;
	if (r < 0 || over)
		loop_quit(w->loop, r);
	w->timer = loop_add_timer(w->loop, loop_now(w->loop) + LOOK_NS, on_timer, w);
}

static void on_change(void *arg, uint32_t events)
{
	struct watch *w = arg;
	char drop[4096];

	(void)events;
	while (read(w->inotify, drop, sizeof(drop)) > 0)
		;
	if (w->soon)
		return;
	w->soon = true;
	loop_remove(w->loop, w->timer);
	w->timer = loop_add_timer(w->loop, loop_now(w->loop) + REST_NS, on_timer, w);
}

static void watch_done(struct watch *w)
{
	while (w->n)
		let_go(w, w->n - 1);
	free(w->guest);
	buf_done(&w->out);
	if (w->inotify >= 0)
		close(w->inotify);
	loop_free(w->loop);
}

static int check(const struct run_dir *run, const struct watch_options *options, struct err *err)
{
	_cleanup_about_ struct about a = { 0 };

	about_read(run, &a);
	if (!a.running)
		return err_set(err, ENOENT, "%s does not run (%s): kernsoak report %s", run->id,
			       a.state == RUN_OPEN ? "it was interrupted" : run_state_name(a.state),
			       run->id);
	if (options->trial && !about_is_going(&a, options->trial))
		return err_set(err, ENOENT, "trial %llu of %s does not run: kernsoak show %s/%llu",
			       (unsigned long long)options->trial, run->id, run->id,
			       (unsigned long long)options->trial);
	return 0;
}

int watch_run(const struct run_dir *run, const struct watch_options *options, struct err *err)
{
	struct clock clock = { 0 };
	struct watch w = { .run = run, .options = options, .inotify = -1 };
	int r = check(run, options, err);
	bool over;

	if (r == 0)
		r = loop_new(&clock, &w.loop, err);
	if (r < 0)
		return r;
	w.inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (w.inotify >= 0)
		loop_add_fd(w.loop, w.inotify, EPOLLIN, on_change, &w);
	notice(&w, run->path, IN_MODIFY | IN_ONLYDIR);
	w.timer = loop_add_timer(w.loop, loop_now(w.loop) + LOOK_NS, on_timer, &w);
	over = look(&w, true);
	r = flush(&w);
	if (r == 0 && !over)
		r = loop_run(w.loop);
	watch_done(&w);
	if (r == 0)
		return 0;
	err_set(err, -r, "cannot write to stdout: %s", strerror(-r));
	return err_exit(err, EXIT_CANNOT_WRITE);
}
