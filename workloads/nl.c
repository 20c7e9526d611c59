/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "nl.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int nl_open(struct nl *nl, int protocol)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };

	nl->seq = 0;
	nl->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
	if (nl->fd < 0)
		return -errno;
	if (connect(nl->fd, (struct sockaddr *)&kernel, sizeof kernel) < 0) {
		int r = -errno;

		close(nl->fd);
		return r;
	}
	return 0;
}

char *nl_end(struct nl *nl)
{
	return nl->request.bytes + nl->request.head.nlmsg_len;
}

void *nl_room(struct nl *nl, size_t n)
{
	char *p = nl_end(nl);

	assert(p + NLMSG_ALIGN(n) <= nl->request.bytes + sizeof nl->request);
	memset(p, 0, NLMSG_ALIGN(n));
	/* Padding belongs to the message, or a nest that ends with it would reach past its end. */
	nl->request.head.nlmsg_len = (uint32_t)(p + NLMSG_ALIGN(n) - nl->request.bytes);
	return p;
}

void nl_begin(struct nl *nl, uint16_t type, uint16_t flags, const void *header, size_t n)
{
	nl->request.head = (struct nlmsghdr){
		.nlmsg_len = NLMSG_HDRLEN,
		.nlmsg_type = type,
		.nlmsg_flags = (uint16_t)(NLM_F_REQUEST | NLM_F_ACK | flags),
		.nlmsg_seq = ++nl->seq,
	};
	memcpy(nl_room(nl, n), header, n);
}

void nl_put(struct nl *nl, uint16_t attr, const void *data, size_t n)
{
	struct nlattr *a = nl_room(nl, NLA_HDRLEN + n);

	a->nla_type = attr;
	a->nla_len = (uint16_t)(NLA_HDRLEN + n);
	memcpy((char *)a + NLA_HDRLEN, data, n);
}

void nl_put_u32(struct nl *nl, uint16_t attr, uint32_t v)
{
	nl_put(nl, attr, &v, sizeof v);
}

void nl_put_text(struct nl *nl, uint16_t attr, const char *s)
{
	nl_put(nl, attr, s, strlen(s) + 1);
}

struct nlattr *nl_nest(struct nl *nl, uint16_t attr)
{
	struct nlattr *a = nl_room(nl, NLA_HDRLEN);

	a->nla_type = attr;
	return a;
}

void nl_nest_end(struct nl *nl, struct nlattr *nest)
{
	nest->nla_len = (uint16_t)(nl_end(nl) - (char *)nest);
}

/* 1: more to come; 0: done; or -errno. */
static int one_answer(const struct nlmsghdr *m, uint32_t seq, nl_answer_fn answer, void *arg)
{
	const struct nlmsgerr *e = NLMSG_DATA(m);

	if (m->nlmsg_seq != seq)
		return 1; /* of an earlier request that was given up */
	if (m->nlmsg_type == NLMSG_ERROR)
		return e->error;
	if (m->nlmsg_type == NLMSG_DONE)
		return 0;
	if (answer)
		answer(m, arg);
	return 1;
}

int nl_talk(struct nl *nl, nl_answer_fn answer, void *arg)
{
	static _Thread_local union {
		struct nlmsghdr head;
		char bytes[32768];
	} in;
	int r = 1;

	if (send(nl->fd, &nl->request, nl->request.head.nlmsg_len, 0) < 0)
		return -errno;
	while (r > 0) {
		ssize_t n = recv(nl->fd, &in, sizeof in, 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		for (struct nlmsghdr *m = &in.head; NLMSG_OK(m, n) && r > 0; m = NLMSG_NEXT(m, n))
			r = one_answer(m, nl->seq, answer, arg);
	}
	return r;
}

int nl_ok(const struct nlattr *a, size_t left)
{
	return left >= NLA_HDRLEN && a->nla_len >= NLA_HDRLEN && a->nla_len <= left;
}

const struct nlattr *nl_next(const struct nlattr *a, size_t *left)
{
	size_t n = NLA_ALIGN(a->nla_len);

	*left = n < *left ? *left - n : 0;
	return (const struct nlattr *)((const char *)a + n);
}

const struct nlattr *nl_find(const void *attrs, size_t n, uint16_t type)
{
	for (const struct nlattr *a = attrs; nl_ok(a, n); a = nl_next(a, &n))
		if ((a->nla_type & NLA_TYPE_MASK) == type)
			return a;
	return NULL;
}
