/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "port.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define CLASS_DIR "/sys/class/virtio-ports"

void port_init(struct port *p)
{
	p->fd = -1;
	p->in.buf = p->in_buf;
	p->in.size = sizeof p->in_buf;
}

static bool is_ours(const char *device)
{
	char path[PATH_MAX], name[64] = "";
	int fd;

	snprintf(path, sizeof path, CLASS_DIR "/%s/name", device);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	ssize_t n = read(fd, name, sizeof name - 1);
	close(fd);
	if (n <= 0)
		return false;
	name[strcspn(name, "\n")] = 0;
	return strcmp(name, PORT_NAME) == 0;
}

int port_open(struct port *p)
{
	DIR *dir = opendir(CLASS_DIR);
	struct dirent *entry;

	if (!dir)
		return -1;
	while (p->fd < 0 && (entry = readdir(dir))) {
		char path[PATH_MAX];

		if (entry->d_name[0] == '.' || !is_ours(entry->d_name))
			continue;
		snprintf(path, sizeof path, "/dev/%s", entry->d_name);
		p->fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	}
	closedir(dir);
	return p->fd < 0 ? -1 : 0;
}

bool port_send(struct port *p, const struct wire *line, enum urgency urgency)
{
	size_t room = urgency == PORT_MUST ? sizeof p->out : sizeof p->out / 4;

	if (p->queued + line->n > room) {
		p->dropped++;
		return false;
	}
	memcpy(p->out + p->queued, line->text, line->n);
	p->queued += line->n;
	return true;
}

void port_flush(struct port *p)
{
	size_t sent = 0;

	while (p->fd >= 0 && sent < p->queued) {
		ssize_t n = write(p->fd, p->out + sent, p->queued - sent);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		sent += (size_t)n;
	}
	memmove(p->out, p->out + sent, p->queued - sent);
	p->queued -= sent;
}

char *port_next_line(struct port *p)
{
	char *line = lines_next(&p->in);

	if (line || p->fd < 0)
		return line;
	if (lines_read(&p->in, p->fd) <= 0) /* 0: no host is connected */
		return NULL;
	return lines_next(&p->in);
}

void port_before_poll(const struct port *p, struct pollfd *ret)
{
	ret->fd = p->host_away ? -1 : p->fd;
	ret->events = (short)(POLLIN | (p->queued ? POLLOUT : 0));
	ret->revents = 0;
}

void port_after_poll(struct port *p, const struct pollfd *polled)
{
	p->host_away = (polled->revents & POLLHUP) && !(polled->revents & POLLIN);
}
