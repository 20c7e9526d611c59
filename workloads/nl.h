/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * As much netlink as the loads need: one request at a time, answered before the next. Debian has no
 * static libmnl, and the guest's programs are static.
 */
#ifndef KS_WORKLOADS_NL_H
#define KS_WORKLOADS_NL_H

#include <linux/netlink.h>
#include <stddef.h>
#include <stdint.h>

#define NL_REQUEST_MAX 2048

/* Open: one socket and the request being written. */
struct nl {
	int fd;
	uint32_t seq;
	union {
		struct nlmsghdr head;
		char bytes[NL_REQUEST_MAX];
	} request;
};

int nl_open(struct nl *nl, int protocol); /* NETLINK_ROUTE, NETLINK_GENERIC; 0 or -errno */

/* Starts a request: NLM_F_REQUEST and NLM_F_ACK are set; `header` is the family's own (rtmsg...).
 */
void nl_begin(struct nl *nl, uint16_t type, uint16_t flags, const void *header, size_t n);
void nl_put(struct nl *nl, uint16_t attr, const void *data, size_t n);
void nl_put_u32(struct nl *nl, uint16_t attr, uint32_t v);
void nl_put_text(struct nl *nl, uint16_t attr, const char *s); /* with its NUL */
/* What is put between the two goes inside `attr`. */
struct nlattr *nl_nest(struct nl *nl, uint16_t attr);
void nl_nest_end(struct nl *nl, struct nlattr *nest);
/* Room for n bytes that are no attribute (struct rtnexthop), zeroed. */
void *nl_room(struct nl *nl, size_t n);
/* Where the next byte goes; for lengths of such structures. */
char *nl_end(struct nl *nl);

typedef void (*nl_answer_fn)(const struct nlmsghdr *msg, void *arg);

/* Sends the request and reads to its end: 0, or -errno as the kernel or the socket gave it. */
int nl_talk(struct nl *nl, nl_answer_fn answer, void *arg);

/* The attribute of that type among n bytes of attributes, or NULL. Its data and their length: */
const struct nlattr *nl_find(const void *attrs, size_t n, uint16_t type);
static inline const void *nl_data(const struct nlattr *a)
{
	return (const char *)a + NLA_HDRLEN;
}
static inline size_t nl_len(const struct nlattr *a)
{
	return a->nla_len - (size_t)NLA_HDRLEN;
}

/* A walk over attributes: nl_ok(a, left) ? ... nl_next(a, &left). */
int nl_ok(const struct nlattr *a, size_t left);
const struct nlattr *nl_next(const struct nlattr *a, size_t *left);

#endif
