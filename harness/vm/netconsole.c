/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vm/netconsole.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/ethernet.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "base/buf.h"
#include "vm/unix_path.h"

enum {
	FRAME_MAX = 65536,
	ROUND = 64, /* frames in one round of the loop: the console comes first */
};

struct netconsole {
	struct loop *loop;
	char *path;
	netconsole_fn fn;
	void *arg;
	int fd;
	struct loop_source *reading;
	bool busy, dead; /* inside the callback; freed from there */
	char frame[FRAME_MAX];
};

const void *netconsole_message(const void *frame, size_t n, size_t *ret_n)
{
	const char *p = frame;
	struct ether_header ether;
	struct iphdr ip;
	struct udphdr udp;
	size_t head, length;

	if (n < sizeof(ether) + sizeof(ip) + sizeof(udp))
		return NULL;
	memcpy(&ether, p, sizeof(ether));
	memcpy(&ip, p + sizeof(ether), sizeof(ip));
	head = sizeof(ether) + 4u * ip.ihl;
	if (ntohs(ether.ether_type) != ETHERTYPE_IP || ip.version != 4 || ip.ihl < 5 ||
	    ip.protocol != IPPROTO_UDP || n < head + sizeof(udp))
		return NULL;
	memcpy(&udp, p + head, sizeof(udp));
	length = ntohs(udp.len);
	if (ntohs(udp.dest) != atoi(NETCONSOLE_HOST_PORT) || length < sizeof(udp) ||
	    n < head + length)
		return NULL;
	*ret_n = length - sizeof(udp);
	return p + head + sizeof(udp);
}

/* False: there was nothing. */
static bool take_one(struct netconsole *c)
{
	ssize_t n = recv(c->fd, c->frame, sizeof(c->frame), MSG_DONTWAIT);
	const void *message;
	size_t length;

	if (n < 0)
		return errno == EINTR;
	message = netconsole_message(c->frame, (size_t)n, &length);
	if (message && length)
		c->fn(c->arg, message, length, loop_now(c->loop));
	return true;
}

static void release(struct netconsole *c)
{
	close(c->fd);
	unlink(c->path);
	free(c->path);
	free(c);
}

static void on_readable(void *arg, uint32_t events)
{
	struct netconsole *c = arg;

	(void)events;
	c->busy = true;
	for (int i = 0; i < ROUND && !c->dead && take_one(c); i++)
		;
	c->busy = false;
	if (c->dead)
		release(c);
}

int netconsole_new(struct loop *loop, const char *path, netconsole_fn fn, void *arg,
		   struct netconsole **ret, struct err *err)
{
	struct netconsole *c;
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), r;

	if (fd < 0)
		return err_set(err, errno, "cannot make a socket: %s", strerror(errno));
	r = unix_bind(fd, path, err);
	if (r < 0) {
		close(fd);
		return r;
	}
	c = xcalloc(1, sizeof(*c));
	c->loop = loop;
	c->path = xstrdup(path);
	c->fn = fn;
	c->arg = arg;
	c->fd = fd;
	c->reading = loop_add_fd(loop, fd, EPOLLIN, on_readable, c);
	if (!c->reading) {
		r = err_set(err, errno, "cannot watch a socket: %s", strerror(errno));
		release(c);
		return r;
	}
	*ret = c;
	return 0;
}

struct netconsole *netconsole_free(struct netconsole *c)
{
	if (!c)
		return NULL;
	c->reading = loop_remove(c->loop, c->reading);
	c->dead = true;
	if (!c->busy)
		release(c);
	return NULL;
}
