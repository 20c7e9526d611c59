/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The host's end of a guest's netconsole: a unix datagram socket that QEMU sends the guest's
 * Ethernet frames to, one a datagram. There is no network: nothing is ever sent back, and no
 * address of it is anybody else's. The guest is not trusted: what is no UDP of ours is dropped.
 */
#ifndef KS_VM_NETCONSOLE_H
#define KS_VM_NETCONSOLE_H

#include "base/loop.h"

/* What the agent tells its kernel (TEST-NET-1 of RFC 5737), and the card's address. */
#define NETCONSOLE_MAC        "52:54:00:6b:73:01"
#define NETCONSOLE_HOST_MAC   "52:54:00:6b:73:02"
#define NETCONSOLE_GUEST_IP   "192.0.2.1"
#define NETCONSOLE_HOST_IP    "192.0.2.2"
#define NETCONSOLE_GUEST_PORT "6665"
#define NETCONSOLE_HOST_PORT  "6666"

struct netconsole;

typedef void (*netconsole_fn)(void *arg, const void *data, size_t n, uint64_t at_ns);

/* Binds `path` (replaced where it exists). Each message is handed on as it came: of the extended
 * format, "LEVEL,SEQ,US,FLAGS;TEXT\n". */
int netconsole_new(struct loop *loop, const char *path, netconsole_fn fn, void *arg,
		   struct netconsole **ret, struct err *err);

/* Removes the socket. NULL is fine; returns NULL. Allowed inside the callback. */
struct netconsole *netconsole_free(struct netconsole *n);

/* The message inside of an Ethernet frame, or NULL where it is none of the guest's netconsole. */
const void *netconsole_message(const void *frame, size_t n, size_t *ret_n);

#endif
