/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a container does. It is a program of its own on the container's overlay (this one, by the
 * name `inside`), so that its text is mapped from there: `init` works, reports, and then keeps busy
 * until it is killed or told to end; `exec` is what is executed in a container that runs.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../load.h"
#include "churn.h"

#define SERVICE_PORT 7000
#define CLOSED_PORT  7002 /* nobody listens: answers are ICMP errors */
#define TALK_BYTES   4096
#define TRIES        15 /* of a connection to itself; the bridge port may not forward yet */
#define TRY_MS       200
#define BUSY_MS      50 /* between two bursts while it waits for its end */
#define DATAGRAM     1000

enum { FLAG_HAIRPIN = 1, FLAG_HALF_CLOSED = 2, FLAG_IPV6 = 4 };

struct inside {
	unsigned long number, flags, udp;
	struct inside_report report;
};

static struct sockaddr_in at(uint32_t address, uint16_t port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(port) };

	a.sin_addr.s_addr = address;
	return a;
}

static int open_tcp(const struct sockaddr_in *local, bool listens)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int on = 1;

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if ((local && bind(fd, (const struct sockaddr *)local, sizeof *local) < 0) ||
	    (listens && listen(fd, 8) < 0)) {
		close(fd);
		return -1;
	}
	return fd;
}

static bool wait_for(int fd, short events, int ms)
{
	struct pollfd p = { .fd = fd, .events = events };

	return poll(&p, 1, ms) == 1 && (p.revents & events);
}

/* A connected socket, or -1 when there is none within TRY_MS. */
static int connect_tcp(const struct sockaddr_in *from, const struct sockaddr_in *to)
{
	int fd = open_tcp(from, false), error = 0;
	socklen_t n = sizeof error;

	if (fd < 0)
		return -1;
	if (connect(fd, (const struct sockaddr *)to, sizeof *to) == 0)
		return fd;
	if (errno == EINPROGRESS && wait_for(fd, POLLOUT, TRY_MS) &&
	    getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &n) == 0 && error == 0)
		return fd;
	close(fd);
	return -1;
}

static bool move_bytes(int from, int to)
{
	char bytes[TALK_BYTES] = { 0 };
	size_t got = 0;

	if (send(from, bytes, sizeof bytes, MSG_NOSIGNAL) != (ssize_t)sizeof bytes)
		return false;
	while (got < sizeof bytes && wait_for(to, POLLIN, TRY_MS)) {
		ssize_t n = recv(to, bytes, sizeof bytes, 0);

		if (n <= 0)
			break;
		got += (size_t)n;
	}
	return got == sizeof bytes;
}

/* From one of its addresses to the other, by way of the bridge; both ends stay open. */
static void talk_to_itself(struct inside *in)
{
	const struct sockaddr_in own = at(net_own_address(in->number), 0),
				 service = at(net_service_address(in->number), SERVICE_PORT);
	int listener = open_tcp(&service, true), client = -1, server = -1;

	for (int i = 0; i < TRIES && listener >= 0 && client < 0; i++) {
		client = connect_tcp(&own, &service);
		in->report.refused += client < 0;
	}
	if (client >= 0 && wait_for(listener, POLLIN, TRY_MS))
		server = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (server >= 0 && move_bytes(client, server) && move_bytes(server, client))
		in->report.connected++;
}

/*
 * Two connections that are half closed when the end comes, each with something unread: one inside
 * of the container, one to the guest's side of the bridge.
 */
static void leave_half_closed(struct inside *in)
{
	const struct sockaddr_in local = at(htonl(INADDR_LOOPBACK), SERVICE_PORT),
				 sink = at(net_gateway_address(), NET_SINK_PORT);
	int listener = open_tcp(&local, true);
	int client = listener < 0 ? -1 : connect_tcp(NULL, &local), out = -1;

	if (client >= 0 && send(client, "unread", 6, MSG_NOSIGNAL) == 6)
		in->report.half_closed += shutdown(client, SHUT_WR) == 0;
	for (int i = 0; i < TRIES && out < 0; i++)
		out = connect_tcp(NULL, &sink);
	if (out >= 0 && send(out, "hello\n", 6, MSG_NOSIGNAL) == 6)
		in->report.half_closed += shutdown(out, SHUT_WR) == 0;
}

/* To a port of the guest that nobody listens on, and to one of its own that nobody reads. */
static void burst(struct inside *in)
{
	static int mine = -1;
	static const char bytes[DATAGRAM];
	const struct sockaddr_in closed = at(net_gateway_address(), CLOSED_PORT),
				 unread = at(net_service_address(in->number), CLOSED_PORT);

	if (mine < 0) {
		mine = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		if (mine < 0 || bind(mine, (const struct sockaddr *)&unread, sizeof unread) < 0)
			return;
	}
	for (unsigned long i = 0; i < in->udp; i++) {
		const struct sockaddr_in *to = i % 2 ? &unread : &closed;

		if (sendto(mine, bytes, sizeof bytes, 0, (const struct sockaddr *)to, sizeof *to) >=
		    0)
			in->report.datagrams++;
	}
}

/* What makes an overlay work: a file copied up, one covered, a folder, a rename. */
static void use_files(void)
{
	int fd = open("/etc/hosts", O_WRONLY | O_APPEND | O_CLOEXEC);

	if (fd >= 0) {
		dprintf(fd, "127.0.0.1 localhost\n");
		close(fd);
	}
	rename("/etc/hosts", "/etc/hosts.new");
	unlink("/etc/passwd");
	mkdir("/var/lib", 0755);
}

/* if_inet6's fifth column has the flags; 0x40: still being looked for on the link. */
static uint32_t count_tentative(void)
{
	char line[256];
	unsigned flags;
	uint32_t n = 0;
	FILE *f = fopen("/proc/net/if_inet6", "re");

	while (f && fgets(line, sizeof line, f))
		if (sscanf(line, "%*s %*x %*x %*x %x", &flags) == 1)
			n += (flags & 0x40) != 0;
	if (f)
		fclose(f);
	return n;
}

static void work(struct inside *in)
{
	use_files();
	if (in->flags & FLAG_HAIRPIN)
		talk_to_itself(in);
	if (in->flags & FLAG_HALF_CLOSED)
		leave_half_closed(in);
	if (in->udp)
		burst(in);
	if (in->flags & FLAG_IPV6)
		in->report.tentative = count_tentative();
}

int inside_main(int argc, char **argv)
{
	struct inside in = { .report.magic = INSIDE_MAGIC };

	if (argc != 5)
		return 2;
	in.number = strtoul(argv[2], NULL, 10);
	in.flags = strtoul(argv[3], NULL, 10);
	in.udp = strtoul(argv[4], NULL, 10);
	if (strcmp(argv[1], "exec") == 0) {
		burst(&in);
		return open("/var/executed", O_WRONLY | O_CREAT | O_CLOEXEC, 0644) < 0;
	}
	work(&in);
	if (write(INSIDE_REPORT, &in.report, sizeof in.report) != sizeof in.report)
		return 1;
	close(INSIDE_REPORT);
	while (!wait_for(INSIDE_HOLD, POLLHUP, BUSY_MS))
		burst(&in);
	return 0;
}

void inside_args(const struct churn_config *cfg, const char *what, uint64_t number,
		 char *ret[INSIDE_ARGS])
{
	static char text[3][24];
	unsigned flags = (cfg->hairpin ? FLAG_HAIRPIN : 0) |
			 (cfg->half_closed ? FLAG_HALF_CLOSED : 0) | (cfg->ipv6 ? FLAG_IPV6 : 0);
	char *argv[INSIDE_ARGS] = {
		(char *)"inside", (char *)what, text[0], text[1], text[2], NULL
	};

	snprintf(text[0], sizeof text[0], "%llu", (unsigned long long)number);
	snprintf(text[1], sizeof text[1], "%u", flags);
	snprintf(text[2], sizeof text[2], "%llu", (unsigned long long)cfg->udp);
	memcpy(ret, argv, sizeof argv);
}

void inside_exec(const struct churn_config *cfg, const char *what, uint64_t number)
{
	char *argv[INSIDE_ARGS], *env[] = { NULL };

	inside_args(cfg, what, number, argv);
	execve(INSIDE_PROGRAM, argv, env);
}
