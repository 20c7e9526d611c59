/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The virtio-serial port to the host. Nothing here ever waits: what the host does not take stays in
 * a queue, and when that grows, the lines that may be lost are lost.
 */
#ifndef KS_AGENT_PORT_H
#define KS_AGENT_PORT_H

#include <poll.h>

#include "../wire.h"
#include "lines.h"

#define PORT_NAME  "org.kernsoak.agent"
#define PORT_QUEUE (256 * 1024)

enum urgency {
	PORT_MAY_DROP, /* samples, beats, progress, log: not sent while a quarter of the queue waits
			*/
	PORT_MUST,
};

/* Open. */
struct port {
	int fd; /* -1: not there yet */
	bool host_away;
	size_t queued;
	unsigned dropped; /* lines that did not go out */
	struct lines in;
	char in_buf[WIRE_LINE_MAX];
	char out[PORT_QUEUE];
};

void port_init(struct port *p);
/* Looks for the port and opens it: 0, or -1 while the kernel does not show it. */
int port_open(struct port *p);
/* False: it was dropped. */
bool port_send(struct port *p, const struct wire *line, enum urgency urgency);
/* Hands to the kernel what it takes. */
void port_flush(struct port *p);
/* The next whole line of the host, or NULL. Reads at most once a call. */
char *port_next_line(struct port *p);

/*
 * What poll(2) should watch. While no host is connected the port reports POLLHUP without end, so
 * port_after_poll() takes it out and the caller looks again a little later.
 */
void port_before_poll(const struct port *p, struct pollfd *ret);
void port_after_poll(struct port *p, const struct pollfd *polled);

#endif
