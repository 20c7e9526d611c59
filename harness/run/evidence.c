/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "run/evidence.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>

#include "base/exit.h"
#include "base/fs.h"

enum { AGENT_LOG_MAX = 64 << 20 }; /* a hostile guest could write for ever */

struct evidence {
	int index_fd, agent_fd;
	size_t agent_bytes;
	int error;
	struct buf line;
};

static int open_log(int dirfd, const char *name, struct err *err)
{
	int fd = openat(dirfd, name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);

	if (fd >= 0)
		return fd;
	err_set(err, errno, "cannot write %s: %s", name, strerror(errno));
	return err_exit(err, EXIT_CANNOT_WRITE);
}

int evidence_open(int dirfd, struct evidence **ret, struct err *err)
{
	struct evidence *e = xcalloc(1, sizeof(*e));

	e->index_fd = e->agent_fd = -1;
	if (dirfd >= 0) {
		e->index_fd = open_log(dirfd, "console.idx", err);
		e->agent_fd = e->index_fd < 0 ? -1 : open_log(dirfd, "agent.log", err);
		if (e->agent_fd < 0) {
			evidence_close(e);
			return -err->code;
		}
	}
	*ret = e;
	return 0;
}

struct evidence *evidence_close(struct evidence *e)
{
	if (!e)
		return NULL;
	if (e->index_fd >= 0)
		close(e->index_fd);
	if (e->agent_fd >= 0)
		close(e->agent_fd);
	buf_done(&e->line);
	free(e);
	return NULL;
}

static void write_line(struct evidence *e, int fd)
{
	int r;

	if (fd < 0)
		return;
	r = fs_write_all(fd, e->line.data, e->line.len);
	if (r < 0 && !e->error)
		e->error = r;
}

void evidence_console(struct evidence *e, uint64_t end, uint64_t at_ns)
{
	buf_clear(&e->line);
	buf_printf(&e->line, "%" PRIu64 " %" PRIu64 "\n", at_ns, end);
	write_line(e, e->index_fd);
}

static void write_agent(struct evidence *e)
{
	if (e->agent_bytes > AGENT_LOG_MAX)
		return;
	e->agent_bytes += e->line.len;
	write_line(e, e->agent_fd);
}

void evidence_agent(struct evidence *e, const char *text, size_t n, uint64_t at_ns)
{
	buf_clear(&e->line);
	buf_printf(&e->line, "%" PRIu64 " ", at_ns);
	buf_append(&e->line, text, n);
	buf_putc(&e->line, '\n');
	write_agent(e);
}

void evidence_note(struct evidence *e, uint64_t at_ns, const char *fmt, ...)
{
	va_list ap;

	buf_clear(&e->line);
	buf_printf(&e->line, "%" PRIu64 " # ", at_ns);
	va_start(ap, fmt);
	buf_vprintf(&e->line, fmt, ap);
	va_end(ap);
	buf_putc(&e->line, '\n');
	write_agent(e);
}

int evidence_error(const struct evidence *e)
{
	return e->error;
}

int evidence_read(int dirfd, const char *name,
		  void (*on_line)(void *arg, uint64_t at_ns, const char *text, size_t n), void *arg,
		  struct err *err)
{
	_cleanup_buf_ struct buf b = BUF_INIT;
	int r = fs_read(dirfd, name, SIZE_MAX / 2, &b, err);
	char *p, *end;

	if (r < 0)
		return r;
	for (p = b.data; p && (end = strchr(p, '\n')); p = end + 1) {
		char *text;
		uint64_t at_ns = strtoull(p, &text, 10);

		if (text > p && *text == ' ')
			on_line(arg, at_ns, text + 1, (size_t)(end - text - 1));
		*end = 0;
	}
	return 0;
}
