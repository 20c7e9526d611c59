/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/loop.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>

#include "base/buf.h"

enum source_kind { SOURCE_FD, SOURCE_TIMER, SOURCE_SIGNAL };

struct loop_source {
	enum source_kind kind;
	bool dead;
	int fd;
	uint64_t at_ns, order;
	union {
		loop_fd_fn on_fd;
		loop_timer_fn on_timer;
		loop_signal_fn on_signal;
	};
	void *arg;
	struct loop_source *next_dead;
};

struct loop {
	struct clock *clock;
	int epoll;
	bool quit;
	int code;
	uint64_t next_order;
	size_t n_fds;               /* descriptors and signals */
	struct loop_source **timer; /* a heap, the earliest first */
	size_t n_timers, cap_timers;
	struct loop_source **all; /* everything alive, for loop_free */
	size_t n_all, cap_all;
	struct loop_source *dead; /* freed after the round */
};

int loop_new(struct clock *clock, struct loop **ret, struct err *err)
{
	int fd = epoll_create1(EPOLL_CLOEXEC);
	struct loop *l;

	if (fd < 0)
		return err_set(err, errno, "epoll_create1: %s", strerror(errno));
	l = xcalloc(1, sizeof(*l));
	l->clock = clock;
	l->epoll = fd;
	*ret = l;
	return 0;
}

uint64_t loop_now(const struct loop *l)
{
	return clock_now_ns(l->clock);
}

static bool earlier(const struct loop_source *a, const struct loop_source *b)
{
	return a->at_ns != b->at_ns ? a->at_ns < b->at_ns : a->order < b->order;
}

static void heap_swap(struct loop *l, size_t i, size_t j)
{
	struct loop_source *s = l->timer[i];

	l->timer[i] = l->timer[j];
	l->timer[j] = s;
}

static void heap_up(struct loop *l, size_t i)
{
	for (; i && earlier(l->timer[i], l->timer[(i - 1) / 2]); i = (i - 1) / 2)
		heap_swap(l, i, (i - 1) / 2);
}

static void heap_down(struct loop *l, size_t i)
{
	for (;;) {
		size_t first = i;

		for (size_t c = 2 * i + 1; c <= 2 * i + 2 && c < l->n_timers; c++)
			if (earlier(l->timer[c], l->timer[first]))
				first = c;
		if (first == i)
			return;
		heap_swap(l, i, first);
		i = first;
	}
}

static void heap_remove(struct loop *l, size_t i)
{
	l->timer[i] = l->timer[--l->n_timers];
	if (i < l->n_timers) {
		heap_down(l, i);
		heap_up(l, i);
	}
}

static struct loop_source *source_new(struct loop *l, enum source_kind kind, void *arg)
{
	struct loop_source *s = xcalloc(1, sizeof(*s));

	s->kind = kind;
	s->fd = -1;
	s->arg = arg;
	s->order = l->next_order++;
	if (l->n_all == l->cap_all) {
		l->cap_all = l->cap_all ? 2 * l->cap_all : 16;
		l->all = xrealloc(l->all, l->cap_all * sizeof(*l->all));
	}
	l->all[l->n_all++] = s;
	return s;
}

struct loop_source *loop_remove(struct loop *l, struct loop_source *s)
{
	if (!s || s->dead)
		return NULL;
	s->dead = true;
	if (s->kind == SOURCE_TIMER) {
		for (size_t i = 0; i < l->n_timers; i++) {
			if (l->timer[i] == s) {
				heap_remove(l, i);
				break;
			}
		}
	} else {
		epoll_ctl(l->epoll, EPOLL_CTL_DEL, s->fd, NULL);
		l->n_fds--;
		if (s->kind == SOURCE_SIGNAL)
			close(s->fd);
	}
	for (size_t i = 0; i < l->n_all; i++) {
		if (l->all[i] == s) {
			l->all[i] = l->all[--l->n_all];
			break;
		}
	}
	s->next_dead = l->dead;
	l->dead = s;
	return NULL;
}

static int watch(struct loop *l, struct loop_source *s, uint32_t events)
{
	struct epoll_event e = { .events = events, .data.ptr = s };

	l->n_fds++;
	if (epoll_ctl(l->epoll, EPOLL_CTL_ADD, s->fd, &e) == 0)
		return 0;
	return -errno;
}

struct loop_source *loop_add_fd(struct loop *l, int fd, uint32_t events, loop_fd_fn fn, void *arg)
{
	struct loop_source *s = source_new(l, SOURCE_FD, arg);
	int r;

	s->fd = fd;
	s->on_fd = fn;
	r = watch(l, s, events);
	if (r == 0)
		return s;
	errno = -r;
	return loop_remove(l, s);
}

struct loop_source *loop_add_timer(struct loop *l, uint64_t at_ns, loop_timer_fn fn, void *arg)
{
	struct loop_source *s = source_new(l, SOURCE_TIMER, arg);

	s->at_ns = at_ns;
	s->on_timer = fn;
	if (l->n_timers == l->cap_timers) {
		l->cap_timers = l->cap_timers ? 2 * l->cap_timers : 16;
		l->timer = xrealloc(l->timer, l->cap_timers * sizeof(*l->timer));
	}
	l->timer[l->n_timers] = s;
	heap_up(l, l->n_timers++);
	return s;
}

struct loop_source *loop_add_signal(struct loop *l, int signo, loop_signal_fn fn, void *arg)
{
	struct loop_source *s;
	sigset_t set;
	int fd, r;

	sigemptyset(&set);
	sigaddset(&set, signo);
	sigprocmask(SIG_BLOCK, &set, NULL);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		return NULL;
	s = source_new(l, SOURCE_SIGNAL, arg);
	s->fd = fd;
	s->on_signal = fn;
	r = watch(l, s, EPOLLIN);
	if (r == 0)
		return s;
	errno = -r;
	return loop_remove(l, s);
}

static void bury(struct loop *l)
{
	while (l->dead) {
		struct loop_source *s = l->dead;

		l->dead = s->next_dead;
		free(s);
	}
}

struct loop *loop_free(struct loop *l)
{
	if (!l)
		return NULL;
	while (l->n_all)
		loop_remove(l, l->all[0]);
	bury(l);
	close(l->epoll);
	free(l->timer);
	free(l->all);
	free(l);
	return NULL;
}

static void fire(struct loop_source *s, uint32_t events)
{
	struct signalfd_siginfo info;

	if (s->kind == SOURCE_FD)
		s->on_fd(s->arg, events);
	else
		while (!s->dead && read(s->fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
			s->on_signal(s->arg, (int)info.ssi_signo);
}

static bool has_deadline(const struct loop *l)
{
	return l->n_timers && l->timer[0]->at_ns != TIME_NEVER;
}

/* How long epoll may wait: not at all over a fake clock, else until the next deadline. */
static int wait_ms(const struct loop *l)
{
	uint64_t now = loop_now(l), at;

	if (l->clock->fake)
		return 0;
	if (!has_deadline(l))
		return -1;
	at = l->timer[0]->at_ns;
	return at <= now ? 0 : (int)MIN((at - now + NS_PER_MS - 1) / NS_PER_MS, (uint64_t)60000);
}

static int poll_fds(struct loop *l)
{
	struct epoll_event e[16];
	int n = 0;

	if (l->n_fds || !l->clock->fake)
		n = epoll_wait(l->epoll, e, (int)ARRAY_SIZE(e), wait_ms(l));
	for (int i = 0; i < n; i++) {
		struct loop_source *s = e[i].data.ptr;

		if (!s->dead)
			fire(s, e[i].events);
	}
	return n;
}

/* Only deadlines that existed when the round began: a timer that re-arms itself cannot starve fds.
 */
static void fire_timers(struct loop *l)
{
	uint64_t now = loop_now(l), newest = l->next_order;

	while (has_deadline(l) && l->timer[0]->at_ns <= now && l->timer[0]->order < newest) {
		struct loop_source *s = l->timer[0];
		loop_timer_fn fn = s->on_timer;
		void *arg = s->arg;

		loop_remove(l, s);
		fn(arg);
	}
}

int loop_run(struct loop *l)
{
	l->quit = false;
	while (!l->quit) {
		int ready = poll_fds(l);

		if (l->clock->fake && ready <= 0) {
			if (!has_deadline(l) && !l->quit)
				return -EDEADLK;
			if (has_deadline(l) && !l->quit)
				l->clock->at_ns = MAX(l->clock->at_ns, l->timer[0]->at_ns);
		}
		if (!l->quit)
			fire_timers(l);
		bury(l);
	}
	return l->code;
}

void loop_quit(struct loop *l, int code)
{
	l->quit = true;
	l->code = code;
}
