/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "run/evidence.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/exit.h"
#include "base/fs.h"
#include "base/str.h"

enum {
	AGENT_LOG_MAX = 64 << 20, /* a hostile guest could write for ever */
	NETCONSOLE_LOG_MAX = 64 << 20,
	READ_SIZE = 65536, /* reading back: longer lines are none of ours */
};

struct evidence {
	int dirfd; /* borrowed */
	int index_fd, agent_fd;
	int net_fd, net_index_fd; /* opened by the first message */
	uint64_t net_bytes;
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

	e->dirfd = dirfd;
	e->index_fd = e->agent_fd = e->net_fd = e->net_index_fd = -1;
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
	cleanup_close(&e->index_fd);
	cleanup_close(&e->agent_fd);
	cleanup_close(&e->net_fd);
	cleanup_close(&e->net_index_fd);
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

static void write_mark(struct evidence *e, int fd, uint64_t end, uint64_t at_ns)
{
	buf_clear(&e->line);
	buf_printf(&e->line, "%" PRIu64 " %" PRIu64 "\n", at_ns, end);
	write_line(e, fd);
}

void evidence_console(struct evidence *e, uint64_t end, uint64_t at_ns)
{
	write_mark(e, e->index_fd, end, at_ns);
}

static void open_netconsole(struct evidence *e)
{
	struct err err = { 0 };

	e->net_fd = open_log(e->dirfd, "netconsole.log", &err);
	if (e->net_fd >= 0)
		e->net_index_fd = open_log(e->dirfd, "netconsole.idx", &err);
	if (err.code && !e->error)
		e->error = -err.code;
}

bool evidence_netconsole(struct evidence *e, const char *message, size_t n, uint64_t at_ns)
{
	if (e->net_bytes > NETCONSOLE_LOG_MAX)
		return false;
	if (e->dirfd >= 0 && e->net_fd < 0 && !e->error)
		open_netconsole(e);
	buf_clear(&e->line);
	buf_append(&e->line, message, n);
	if (!n || message[n - 1] != '\n')
		buf_putc(&e->line, '\n');
	e->net_bytes += e->line.len;
	write_line(e, e->net_fd);
	write_mark(e, e->net_index_fd, e->net_bytes, at_ns);
	return true;
}

void evidence_agent(struct evidence *e, const char *text, size_t n, uint64_t at_ns)
{
	if (e->agent_bytes > AGENT_LOG_MAX)
		return;
	buf_clear(&e->line);
	/* A guest's line cannot pass for a remark of ours. */
	buf_printf(&e->line, n && text[0] == '#' ? "%" PRIu64 "  " : "%" PRIu64 " ", at_ns);
	buf_append(&e->line, text, n);
	buf_putc(&e->line, '\n');
	e->agent_bytes += e->line.len;
	write_line(e, e->agent_fd);
}

void evidence_note(struct evidence *e, uint64_t at_ns, const char *fmt, ...)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&text, fmt, ap);
	va_end(ap);
	buf_clear(&e->line);
	buf_printf(&e->line, "%" PRIu64 " # ", at_ns);
	str_sanitise(&e->line, buf_str(&text), text.len, false);
	buf_putc(&e->line, '\n');
	write_line(e, e->agent_fd); /* of these there are few */
}

/* Written over, never cut: who reads in between finds the old line or the whole of both. */
void evidence_soak(struct evidence *e, uint64_t from_ns, uint64_t over_ns)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	_cleanup_close_ int fd = -1;

	if (e->dirfd < 0)
		return;
	fd = openat(e->dirfd, "soak", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	buf_printf(&text, "%" PRIu64 "\n", from_ns);
	if (over_ns)
		buf_printf(&text, "%" PRIu64 "\n", over_ns);
	if (fd >= 0)
		fs_write_all(fd, text.data, text.len);
}

static bool whole_number(const char **at, uint64_t *ret)
{
	const char *eol = strchr(*at, '\n');
	char line[32];

	if (!eol || (size_t)(eol - *at) >= sizeof(line))
		return false;
	snprintf(line, sizeof(line), "%.*s", (int)(eol - *at), *at);
	*at = eol + 1;
	return str_to_u64(line, INT64_MAX, ret) == 0;
}

bool evidence_soak_read(int dirfd, uint64_t *ret_from_ns, uint64_t *ret_over_ns)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	const char *at;

	if (fs_read(dirfd, "soak", 128, &text, NULL) < 0)
		return false;
	at = buf_str(&text);
	if (!whole_number(&at, ret_from_ns))
		return false;
	whole_number(&at, ret_over_ns);
	return true;
}

int evidence_error(const struct evidence *e)
{
	return e->error;
}

struct reading {
	evidence_line_fn fn;
	void *arg;
	struct buf b;
	bool overlong; /* the line's beginning was thrown away */
};

static void hand_on(struct reading *rd, char *line, char *end)
{
	char *text;
	uint64_t at_ns;

	*end = 0;
	if (!isdigit((unsigned char)*line))
		return;
	at_ns = strtoull(line, &text, 10);
	if (*text == ' ')
		rd->fn(rd->arg, at_ns, text + 1, (size_t)(end - text - 1));
}

static void take_lines(struct reading *rd)
{
	char *p = rd->b.data, *stop = p + rd->b.len, *end;

	for (; (end = memchr(p, '\n', (size_t)(stop - p))); p = end + 1) {
		if (!rd->overlong)
			hand_on(rd, p, end);
		rd->overlong = false;
	}
	buf_consume(&rd->b, (size_t)(p - rd->b.data));
	if (rd->b.len > READ_SIZE) {
		rd->overlong = true;
		buf_clear(&rd->b);
	}
}

int evidence_read(int dirfd, const char *name, evidence_line_fn fn, void *arg, struct err *err)
{
	_cleanup_close_ int fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC);
	struct reading rd = { .fn = fn, .arg = arg };
	ssize_t n = fd < 0 ? -1 : 1;

	while (n > 0) {
		buf_reserve(&rd.b, READ_SIZE);
		n = read(fd, rd.b.data + rd.b.len, READ_SIZE);
		if (n > 0) {
			rd.b.len += (size_t)n;
			take_lines(&rd);
		}
	}
	if (n < 0)
		n = err_set(err, errno, "cannot read %s: %s", name, strerror(errno));
	buf_done(&rd.b);
	return (int)n;
}
