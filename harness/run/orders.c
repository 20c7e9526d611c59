/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "run/orders.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "run/agent.h"
#include "run/trial_process.h"

enum { ORDERS_MAX = 16384 };      /* bytes that wait for a guest that does not read */
#define RETRY_NS (20 * NS_PER_MS) /* until the guest is tried again that did not read */

struct orders {
	struct orders_env env;
	int fd;
	struct buf in;
	struct loop_source *reading, *retry;
};

int orders_take_stdin(void)
{
	_cleanup_close_ int nothing = -1;
	struct stat st;
	int fd;

	if (!getenv(TRIAL_RUNNER_ENV) || fstat(STDIN_FILENO, &st) < 0 || !S_ISSOCK(st.st_mode))
		return 0;
	fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
	nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (nothing >= 0)
		dup2(nothing, STDIN_FILENO);
	return MAX(fd, 0);
}

/* The number of a line with only one; false: it is none such. */
static bool number_of(const struct agent_line *l, uint64_t *ret)
{
	for (size_t i = 0; i < l->arg.n; i++)
		if (!str_eq(l->arg.item[i].key, "load"))
			return str_to_u64(l->arg.item[i].value, INT64_MAX, ret) == 0;
	return false;
}

/* With its newline, n bytes. -EAGAIN: not yet; any other error: never. */
static int carry_out(struct orders *o, const char *line, size_t n)
{
	const struct orders_env *env = &o->env;
	const uint64_t now_ns = loop_now(env->loop);
	struct agent_line l;
	uint64_t value;
	int r = agent_parse(line, n - 1, &l);

	if (r < 0)
		return r;
	r = number_of(&l, &value) ? 0 : -EINVAL;
	if (r == 0 && str_eq(l.word, "tune")) {
		r = vm_send(env->vm, line, n);
		if (r == 0)
			env->tuned(env->arg, value);
	} else if (r == 0 && str_eq(l.word, "until")) {
		env->until(env->arg, now_ns + value);
	} else {
		r = -EINVAL;
	}
	agent_line_done(&l);
	return r;
}

static void work_off(void *arg)
{
	struct orders *o = arg;
	const char *eol;

	o->retry = loop_remove(o->env.loop, o->retry);
	while (o->in.len && (eol = memchr(o->in.data, '\n', o->in.len))) {
		const size_t n = (size_t)(eol - o->in.data) + 1;
		const uint64_t now_ns = loop_now(o->env.loop);
		const int r = carry_out(o, o->in.data, n);

		if (r == -EAGAIN) {
			o->retry = loop_add_timer(o->env.loop, now_ns + RETRY_NS, work_off, o);
			return;
		}
		evidence_note(o->env.evidence, now_ns, "order%s%s: %.*s", r < 0 ? " in vain: " : "",
			      r < 0 ? strerror(-r) : "", (int)n - 1, o->in.data);
		buf_consume(&o->in, n);
	}
}

/* The runner's end closes with the runner, whose death this process hears of by a signal. */
static void on_readable(void *arg, uint32_t events)
{
	struct orders *o = arg;
	ssize_t n;

	(void)events;
	buf_reserve(&o->in, 4096);
	n = recv(o->fd, o->in.data + o->in.len, 4096, MSG_DONTWAIT);
	if (n > 0)
		o->in.len += (size_t)n;
	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR) || o->in.len > ORDERS_MAX)
		o->reading = loop_remove(o->env.loop, o->reading);
	if (n > 0 && !o->retry)
		work_off(o);
}

struct orders *orders_start(int fd, const struct orders_env *env)
{
	struct orders *o;

	if (!fd)
		return NULL;
	o = xcalloc(1, sizeof(*o));
	o->env = *env;
	o->fd = fd;
	o->reading = loop_add_fd(env->loop, fd, EPOLLIN, on_readable, o);
	if (!o->reading)
		evidence_note(env->evidence, loop_now(env->loop), "orders cannot be heard: %s",
			      strerror(errno));
	return o;
}

struct orders *orders_free(struct orders *o)
{
	if (!o)
		return NULL;
	loop_remove(o->env.loop, o->reading);
	loop_remove(o->env.loop, o->retry);
	buf_done(&o->in);
	free(o);
	return NULL;
}
