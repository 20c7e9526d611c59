/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vm/channel.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "base/buf.h"
#include "vm/unix_path.h"

enum { READ_SIZE = 65536 }; /* at most so much in one round of the loop */

struct channel {
	struct loop *loop;
	char *path;
	size_t line_max;
	channel_line_fn fn;
	void *arg;
	int listener, fd;
	int write_fd; /* the same socket: epoll takes a descriptor once, and writing has its own
			 watch */
	struct loop_source *listening, *reading, *writing;
	bool closed; /* the other end hung up */
	bool busy;   /* inside the line callback */
	bool dead;   /* freed from there */
	struct buf in, out;
	bool overlong; /* the rest of the line is thrown away */
	uint64_t dropped;
};

static void release(struct channel *c)
{
	close(c->listener);
	unlink(c->path);
	buf_done(&c->in);
	buf_done(&c->out);
	free(c->path);
	free(c);
}

static void hang_up(struct channel *c)
{
	c->reading = loop_remove(c->loop, c->reading);
	c->writing = loop_remove(c->loop, c->writing);
	if (c->fd >= 0)
		close(TAKE(c->fd, -1));
	if (c->write_fd >= 0)
		close(TAKE(c->write_fd, -1));
	c->closed = true;
	buf_clear(&c->out);
}

/* Hands on the whole lines of `in`; what is longer than allowed goes without being kept. */
static void take_lines(struct channel *c, uint64_t now)
{
	size_t at = 0;
	char *end;

	while (!c->dead && (end = memchr(c->in.data + at, '\n', c->in.len - at))) {
		char *line = c->in.data + at;
		size_t n = (size_t)(end - line);

		if (c->overlong || n > c->line_max) {
			c->dropped++;
		} else {
			*end = 0;
			c->fn(c->arg, line, n, now);
		}
		c->overlong = false;
		at += n + 1;
	}
	buf_consume(&c->in, at);
	if (c->in.len > c->line_max) {
		c->overlong = true;
		buf_clear(&c->in);
	}
}

static void on_readable(void *arg, uint32_t events)
{
	struct channel *c = arg;
	ssize_t n;

	(void)events;
	buf_reserve(&c->in, READ_SIZE);
	n = recv(c->fd, c->in.data + c->in.len, READ_SIZE, MSG_DONTWAIT);
	if (n > 0) {
		c->in.len += (size_t)n;
		c->busy = true;
		take_lines(c, loop_now(c->loop));
		c->busy = false;
		if (c->dead)
			release(c);
	} else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
		hang_up(c);
	}
}

static void flush(struct channel *c)
{
	while (c->fd >= 0 && c->out.len) {
		ssize_t n = send(c->fd, c->out.data, c->out.len, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno != EAGAIN)
			hang_up(c);
		if (n < 0)
			break;
		buf_consume(&c->out, (size_t)n);
	}
}

static void on_writable(void *arg, uint32_t events)
{
	(void)events;
	flush(arg);
}

/* QEMU connects once; a second caller is nobody we know. Writing is watched by edges: it is tried
 * at once when there is something, and again when room has come. */
static void on_connection(void *arg, uint32_t events)
{
	struct channel *c = arg;

	(void)events;
	c->fd = accept4(c->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (c->fd < 0)
		return;
	c->listening = loop_remove(c->loop, c->listening);
	c->write_fd = fcntl(c->fd, F_DUPFD_CLOEXEC, 3);
	c->reading = loop_add_fd(c->loop, c->fd, EPOLLIN, on_readable, c);
	c->writing = loop_add_fd(c->loop, c->write_fd, EPOLLOUT | EPOLLET, on_writable, c);
	if (!c->reading || !c->writing)
		hang_up(c);
}

int channel_new(struct loop *loop, const char *path, size_t line_max, channel_line_fn fn, void *arg,
		struct channel **ret, struct err *err)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct channel *c;
	int r;

	if (fd < 0)
		return err_set(err, errno, "cannot make a socket: %s", strerror(errno));
	c = xcalloc(1, sizeof(*c));
	*c = (struct channel){ .loop = loop, .line_max = line_max, .fn = fn, .arg = arg };
	c->path = xstrdup(path);
	c->listener = fd;
	c->fd = c->write_fd = -1;
	r = unix_bind(fd, path, err);
	if (r == 0 && listen(fd, 1) < 0)
		r = err_set(err, errno, "cannot listen at %s: %s", path, strerror(errno));
	if (r == 0) {
		c->listening = loop_add_fd(loop, fd, EPOLLIN, on_connection, c);
		if (!c->listening)
			r = err_set(err, errno, "cannot watch a socket: %s", strerror(errno));
	}
	if (r < 0) {
		channel_free(c);
		return r;
	}
	*ret = c;
	return 0;
}

int channel_send(struct channel *c, const char *line, size_t n)
{
	if (c->closed)
		return -EPIPE;
	if (c->fd < 0 || c->out.len + n > CHANNEL_QUEUE_MAX)
		return -EAGAIN;
	buf_append(&c->out, line, n);
	flush(c);
	return c->closed ? -EPIPE : 0;
}

uint64_t channel_dropped(const struct channel *c)
{
	return c->dropped;
}

struct channel *channel_free(struct channel *c)
{
	if (!c)
		return NULL;
	c->listening = loop_remove(c->loop, c->listening);
	hang_up(c);
	c->dead = true;
	if (!c->busy)
		release(c);
	return NULL;
}
