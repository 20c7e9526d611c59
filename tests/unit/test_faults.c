/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Disks that fail on purpose, as words to QEMU. */
#include "unit.h"

#include <errno.h>

#include "vm/faults.h"

static const struct machine_fault faults[] = {
	{ "read", 4096, false },
	{ "flush", UINT64_MAX, true },
};
static const struct machine_disk disks[] = {
	{ .name = "data", .path = "/t/data", .cache = "unsafe" },
	{ .name = "bad", .path = "/t/bad", .cache = "none", .fault = faults, .n_faults = 2 },
};

/* As QEMU 7.2 answers, shortened. */
static const char nodes[] =
	"[{\"drv\":\"raw\",\"node-name\":\"libvirt-2-format\",\"file\":\"/t/data\"},"
	"{\"drv\":\"file\",\"node-name\":\"libvirt-2-storage\",\"file\":\"/t/data\"},"
	"{\"drv\":\"raw\",\"node-name\":\"libvirt-1-format\",\"file\":\"/t/bad\"},"
	"{\"drv\":\"file\",\"node-name\":\"libvirt-1-storage\",\"file\":\"/t/bad\"}]";

struct talk {
	struct buf said;
	unsigned refuse; /* this command, from 1; 0: none */
	unsigned n;
};

static int answer(void *arg, const json_t *command, json_t **ret, struct err *err)
{
	struct talk *t = arg;
	_cleanup_free_
	char *text = json_dumps(command, JSON_COMPACT);

	buf_printf(&t->said, "%s\n", text);
	if (++t->n == t->refuse)
		return err_set(err, EIO, "refused");
	*ret = t->n == 1 ? json_loads(nodes, 0, NULL) : json_object();
	return 0;
}

static void only_disks_with_faults_get_a_node_that_fails(void **state)
{
	const struct machine m = { .disk = disks, .n_disks = 2 };
	struct talk t = { BUF_INIT };
	struct err err = { 0 };

	(void)state;
	assert_ok(faults_begin(&m, answer, &t, &err));
	assert_string_equal(
		buf_str(&t.said),
		"{\"execute\":\"query-named-block-nodes\"}\n"
		"{\"execute\":\"blockdev-add\",\"arguments\":{\"driver\":\"blkdebug\","
		"\"node-name\":\"faults-bad\",\"image\":\"libvirt-1-storage\",\"inject-error\":["
		"{\"event\":\"none\",\"iotype\":\"read\",\"errno\":5,\"once\":false,\"sector\":"
		"4096},"
		"{\"event\":\"none\",\"iotype\":\"flush\",\"errno\":5,\"once\":true}]}}\n"
		"{\"execute\":\"blockdev-reopen\",\"arguments\":{\"options\":[{\"driver\":\"raw\","
		"\"node-name\":\"libvirt-1-format\",\"read-only\":false,\"discard\":\"unmap\","
		"\"cache\":{\"direct\":true,\"no-flush\":false},\"file\":\"faults-bad\"}]}}\n");
	buf_done(&t.said);
}

static void a_machine_without_faults_asks_nothing(void **state)
{
	const struct machine m = { .disk = disks, .n_disks = 1 };
	struct talk t = { BUF_INIT };
	struct err err = { 0 };

	(void)state;
	assert_ok(faults_begin(&m, answer, &t, &err));
	assert_int_equal(t.n, 0);
}

static void what_qemu_refuses_or_does_not_know_is_an_error(void **state)
{
	const struct machine_disk other = {
		.name = "x", .path = "/x", .cache = "none", .fault = faults, .n_faults = 1
	};
	struct machine m = { .disk = disks, .n_disks = 2 };

	(void)state;
	for (unsigned i = 1; i <= 3; i++) {
		struct talk t = { BUF_INIT, i, 0 };
		struct err err = { 0 };

		assert_int_equal(faults_begin(&m, answer, &t, &err), -EIO);
		assert_int_equal(t.n, i);
		buf_done(&t.said);
	}
	m.disk = &other;
	m.n_disks = 1;
	struct talk t = { BUF_INIT };
	struct err err = { 0 };
	assert_int_equal(faults_begin(&m, answer, &t, &err), -ENOENT);
	assert_string_equal(err.msg, "QEMU does not know the disk x (/x)");
	buf_done(&t.said);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(only_disks_with_faults_get_a_node_that_fails),
		test(a_machine_without_faults_asks_nothing),
		test(what_qemu_refuses_or_does_not_know_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
