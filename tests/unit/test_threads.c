/* SPDX-License-Identifier: GPL-3.0-or-later */
/* QEMU's vCPU threads, out of a /proc that the test makes. */
#include "unit.h"

#include <fcntl.h>
#include <stdlib.h>

#include "base/fs.h"
#include "vm/threads.h"

static void put(const char *proc, const char *tid, const char *name, const char *text)
{
	char path[160];
	FILE *out;

	snprintf(path, sizeof(path), "mkdir -p %s/42/task/%s", proc, tid);
	assert_int_equal(system(path), 0);
	snprintf(path, sizeof(path), "%s/42/task/%s/%s", proc, tid, name);
	out = fopen(path, "w");
	assert_non_null(out);
	fputs(text, out);
	fclose(out);
}

static void each_vcpu_has_its_time_whatever_the_order_of_its_threads(void **state)
{
	char proc[] = "/tmp/kernsoak-threads-XXXXXX";
	uint64_t ns[4] = { 9, 9, 9, 9 }, wanted[4] = { 9, 9, 9, 9 };

	(void)state;
	assert_non_null(mkdtemp(proc));
	put(proc, "42", "comm", "qemu-system-x86\n");
	put(proc, "42", "schedstat", "77 1 1\n");
	put(proc, "50", "comm", "CPU 2/TCG\n");
	put(proc, "50", "schedstat", "3000 12 5\n");
	put(proc, "51", "comm", "CPU 0/KVM\n");
	put(proc, "51", "schedstat", "18446744073709551615 0 0\n");
	put(proc, "52", "comm", "CPU 9/TCG\n"); /* beyond what is asked for */
	put(proc, "52", "schedstat", "5 0 0\n");
	put(proc, "53", "comm", "CPU 1/TCG\n"); /* gone before its times were read */
	assert_int_equal(threads_vcpu_ns(proc, 42, ns, wanted, 4), 3);
	assert_true(ns[0] == UINT64_MAX && ns[1] == 0 && ns[2] == 3000 && ns[3] == 0);
	assert_true(wanted[0] == UINT64_MAX && wanted[1] == 0 && wanted[2] == 3012);
	assert_int_equal(threads_vcpu_ns(proc, 43, ns, wanted, 4), 0);
	fs_remove_tree(AT_FDCWD, proc, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(each_vcpu_has_its_time_whatever_the_order_of_its_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
