/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vm/console.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <time.h>

#include "base/buf.h"

enum { READ_SIZE = 65536 };

/*
 * QEMU writes a guest's byte as soon as it has it, and each write would wake us: at 60 KiB/s that
 * is a core's time taken from the guest. So after a read the reader rests for REST_NS and looks
 * again; only a file that has fallen silent is watched.
 */
#define REST_NS (5 * NS_PER_MS)
#define POLL_NS (20 * NS_PER_MS) /* where inotify is not to be had */

struct console {
	struct loop *loop;
	console_data_fn fn;
	console_end_fn end;
	void *arg;
	int fd, inotify;
	struct loop_source *watching, *resting;
	uint64_t offset;
	uint64_t clear_ns; /* when a read last found nothing left */
	uint64_t lag_ns;
	bool busy, dead; /* inside a callback; freed from there */
	char data[READ_SIZE];
};

static void release(struct console *c)
{
	close(c->fd);
	if (c->inotify >= 0)
		close(c->inotify);
	free(c);
}

static uint64_t file_age_ns(int fd)
{
	struct timespec now;
	struct stat st;
	int64_t age;

	if (fstat(fd, &st) < 0)
		return 0;
	clock_gettime(CLOCK_REALTIME, &now);
	age = (now.tv_sec - st.st_mtim.tv_sec) * (int64_t)NS_PER_S +
	      (now.tv_nsec - st.st_mtim.tv_nsec);
	return age > 0 ? (uint64_t)age : 0;
}

/* One bounded read: 0 nothing new, 1 that was all, 2 there may be more. */
static int read_some(struct console *c, bool was_silent)
{
	uint64_t age = was_silent ? file_age_ns(c->fd) : UINT64_MAX;
	uint64_t now = loop_now(c->loop), silent_ns = now - c->clear_ns;
	ssize_t n = pread(c->fd, c->data, READ_SIZE, (off_t)c->offset);

	if (n < READ_SIZE)
		c->clear_ns = now;
	if (n <= 0)
		return 0;
	c->lag_ns = MAX(c->lag_ns, MIN(silent_ns, age));
	c->offset += (uint64_t)n;
	c->busy = true;
	c->fn(c->arg, c->data, (size_t)n, now);
	c->busy = false;
	return n < READ_SIZE ? 1 : 2;
}

/* The next write is told once. By descriptor: the file may have been renamed since. */
static bool ask_for_next(struct console *c)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", c->fd);
	return c->inotify >= 0 && c->watching &&
	       inotify_add_watch(c->inotify, path, IN_MODIFY | IN_ONESHOT) >= 0;
}

static void finished(struct console *c)
{
	console_end_fn end = TAKE(c->end, NULL);

	c->watching = loop_remove(c->loop, c->watching);
	c->busy = true;
	end(c->arg);
	c->busy = false;
}

/* How long to wait before the next look. */
static uint64_t rest_ns(const struct console *c, int got)
{
	if (got == 2 || c->end)
		return 0;
	return got ? REST_NS : POLL_NS;
}

/* What is written between the last look and the asking is found by a second look. */
static void on_rested(void *arg)
{
	struct console *c = arg;
	bool asked = false;
	int got;

	c->resting = NULL;
	got = read_some(c, false);
	if (got == 0 && !c->dead && !c->end) {
		asked = ask_for_next(c);
		got = asked ? read_some(c, false) : 0;
	}
	if (got == 0 && !c->dead && c->end)
		finished(c);
	else if (!c->dead && !c->resting && (got || !asked))
		c->resting =
			loop_add_timer(c->loop, loop_now(c->loop) + rest_ns(c, got), on_rested, c);
	if (c->dead)
		release(c);
}

static void on_change(void *arg, uint32_t events)
{
	struct console *c = arg;
	char drop[4096];
	int got;

	(void)events;
	while (read(c->inotify, drop, sizeof(drop)) > 0)
		;
	if (c->resting)
		return;
	got = read_some(c, true);
	if (c->dead)
		release(c);
	else if (!c->resting)
		c->resting = loop_add_timer(c->loop, loop_now(c->loop) + rest_ns(c, MAX(got, 1)),
					    on_rested, c);
}

int console_new(struct loop *loop, const char *path, console_data_fn fn, void *arg,
		struct console **ret, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct console *c;

	if (fd < 0)
		return err_set(err, errno, "cannot open the console file %s: %s", path,
			       strerror(errno));
	c = xcalloc(1, sizeof(*c));
	c->loop = loop;
	c->fn = fn;
	c->arg = arg;
	c->fd = fd;
	c->clear_ns = loop_now(loop);
	c->inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (c->inotify >= 0)
		c->watching = loop_add_fd(loop, c->inotify, EPOLLIN, on_change, c);
	c->resting = loop_add_timer(loop, c->clear_ns, on_rested, c);
	*ret = c;
	return 0;
}

void console_finish(struct console *c, console_end_fn fn)
{
	c->end = fn;
	loop_remove(c->loop, c->resting);
	c->resting = loop_add_timer(c->loop, loop_now(c->loop), on_rested, c);
}

uint64_t console_lag_ns(const struct console *c)
{
	return c->lag_ns;
}

uint64_t console_offset(const struct console *c)
{
	return c->offset;
}

struct console *console_free(struct console *c)
{
	if (!c)
		return NULL;
	c->resting = loop_remove(c->loop, c->resting);
	c->watching = loop_remove(c->loop, c->watching);
	c->dead = true;
	if (!c->busy)
		release(c);
	return NULL;
}
