/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The host's end of a guest's netconsole: frames in, messages out. */
#include "unit.h"

#include <arpa/inet.h>
#include <net/ethernet.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/buf.h"
#include "vm/netconsole.h"

/* As the kernel's netpoll makes it. */
static size_t make_frame(unsigned char *frame, const char *text, unsigned port)
{
	size_t n = strlen(text);
	struct ether_header ether = { .ether_type = htons(ETHERTYPE_IP) };
	struct iphdr ip = { .version = 4, .ihl = 5, .protocol = IPPROTO_UDP };
	struct udphdr udp = { .dest = htons((uint16_t)port), .len = htons((uint16_t)(8 + n)) };

	memcpy(frame, &ether, sizeof(ether));
	memcpy(frame + 14, &ip, sizeof(ip));
	memcpy(frame + 34, &udp, sizeof(udp));
	memcpy(frame + 42, text, n);
	return 42 + n;
}

static void a_message_is_what_udp_carries(void **state)
{
	unsigned char frame[256];
	size_t n = make_frame(frame, "4,7,1000,-;hello\n", 6666), length = 0;
	const char *message = netconsole_message(frame, n, &length);

	(void)state;
	assert_int_equal(length, 17);
	assert_memory_equal(message, "4,7,1000,-;hello\n", 17);
	assert_non_null(netconsole_message(frame, n + 18, &length)); /* padded */
	assert_int_equal(length, 17);
}

static void what_is_cut_or_none_of_ours_is_dropped(void **state)
{
	unsigned char frame[256];
	size_t n = make_frame(frame, "text", 6666), length = 0;

	(void)state;
	for (size_t cut = 0; cut < n; cut++)
		assert_null(netconsole_message(frame, cut, &length));
	n = make_frame(frame, "text", 53);
	assert_null(netconsole_message(frame, n, &length));
	n = make_frame(frame, "text", 6666);
	frame[12] = 0x86; /* IPv6 */
	assert_null(netconsole_message(frame, n, &length));
	n = make_frame(frame, "text", 6666);
	frame[14] = 0x4f; /* a header that is longer than the frame */
	assert_null(netconsole_message(frame, 46, &length));
	n = make_frame(frame, "text", 6666);
	frame[39] = 3; /* UDP shorter than its own header */
	assert_null(netconsole_message(frame, n, &length));
}

struct heard {
	struct loop *loop;
	struct netconsole *console;
	struct buf text;
	size_t n, stop_at;
};

static void hear(void *arg, const void *data, size_t n, uint64_t at_ns)
{
	struct heard *h = arg;

	(void)at_ns;
	buf_append(&h->text, data, n);
	if (++h->n < h->stop_at)
		return;
	h->console = netconsole_free(h->console); /* from inside */
	loop_quit(h->loop, 0);
}

static void frames_come_in_order_and_the_end_may_be_closed_from_inside(void **state)
{
	struct clock clock = { 0 };
	struct heard h = { .stop_at = 3 };
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	unsigned char frame[256];
	struct err err = { 0 };
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	(void)state;
	snprintf(to.sun_path, sizeof(to.sun_path), "/tmp/netconsole-%d", (int)getpid());
	assert_ok(loop_new(&clock, &h.loop, &err));
	assert_ok(netconsole_new(h.loop, to.sun_path, hear, &h, &h.console, &err));
	for (int i = 0; i < 4; i++) {
		char text[2] = { (char)('a' + i), 0 };
		size_t n = make_frame(frame, text, i == 1 ? 53 : 6666);

		assert_int_equal(sendto(fd, frame, n, 0, (struct sockaddr *)&to, sizeof(to)), n);
	}
	assert_int_equal(loop_run(h.loop), 0);
	assert_string_equal(buf_str(&h.text), "acd");
	assert_int_not_equal(access(to.sun_path, F_OK), 0);
	buf_done(&h.text);
	loop_free(h.loop);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(a_message_is_what_udp_carries),
		test(what_is_cut_or_none_of_ours_is_dropped),
		test(frames_come_in_order_and_the_end_may_be_closed_from_inside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
