/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image.h"

#include <errno.h>

#include "base/exit.h"
#include "image/modules.h"

#define KERNEL "lib/modules/6.1.0/kernel/"

/* Writes a module whose .modinfo are these strings; packed by `filter` unless that is NULL. */
static void put_module(const char *path, const char *filter, const char *depends,
		       const char *softdep)
{
	_cleanup_buf_ struct buf info = BUF_INIT, elf = BUF_INIT, packed = BUF_INIT;

	buf_printf(&info, "license=GPL%cdepends=%s%c", 0, depends, 0);
	if (softdep)
		buf_printf(&info, "softdep=%s%c", softdep, 0);
	fx_module(info.data, info.len, &elf);
	if (filter)
		fx_pack(filter, elf.data, elf.len, &packed);
	fx_write(path, filter ? packed.data : elf.data, filter ? packed.len : elf.len, 0644);
}

static int setup(void **state)
{
	if (fx_setup(state) < 0)
		return -1;
	put_module(KERNEL "virtio/virtio.ko", NULL, "", NULL);
	put_module(KERNEL "virtio/virtio_ring.ko.xz", "xz", "virtio", NULL);
	put_module(KERNEL "virtio/virtio-pci.ko.zst", "zstd", "virtio_ring,virtio", NULL);
	put_module(KERNEL "net/failover.ko.gz", "gzip", "", NULL);
	put_module(KERNEL "net/virtio_net.ko", NULL, "failover,virtio_ring,virtio", NULL);
	put_module(KERNEL "fs/btrfs.ko", NULL, "raid6_pq", "pre: crc32c xxhash post: zstd_fs");
	put_module(KERNEL "lib/raid6_pq.ko", NULL, "", NULL);
	put_module(KERNEL "lib/xxhash.ko", NULL, "", NULL);
	put_module(KERNEL "lib/zstd_fs.ko", NULL, "", NULL);
	put_module(KERNEL "ring/one.ko", NULL, "two", NULL);
	put_module(KERNEL "ring/two.ko", NULL, "one", NULL);
	put_module(KERNEL "bad/orphan.ko", NULL, "nowhere", NULL);
	fx_text(KERNEL "bad/text.ko", "this is no ELF", 0644);
	fx_text("lib/modules/6.1.0/modules.builtin",
		"kernel/fs/ext4/ext4.ko\nkernel/drivers/char/virtio-console.ko\n", 0644);
	return 0;
}

static int closure(const char *names, struct modules *ret, struct err *err)
{
	_cleanup_strv_ struct strv wanted = { 0 };
	char copy[200], *rest = copy, *word;

	snprintf(copy, sizeof(copy), "%s", names);
	while ((word = strsep(&rest, " ")))
		strv_add(&wanted, word);
	return modules_closure(fx_path("lib/modules/6.1.0"), &wanted, ret, err);
}

/* "a b(a) c(a,b)": the order, and what each needs. */
static void assert_closure(const char *names, const char *want)
{
	_cleanup_modules_ struct modules m = { 0 };
	_cleanup_buf_ struct buf got = BUF_INIT;
	struct err err = { 0 };

	assert_ok(closure(names, &m, &err));
	for (size_t i = 0; i < m.n; i++) {
		buf_printf(&got, "%s%s", i ? " " : "", m.item[i].name);
		for (size_t j = 0; j < m.item[i].needs.n; j++)
			buf_printf(&got, "%c%s", j ? ',' : '(', m.item[i].needs.item[j]);
		buf_puts(&got, m.item[i].needs.n ? ")" : "");
	}
	assert_string_equal(buf_str(&got), want);
}

static void dependencies_come_first_and_once(void **state)
{
	(void)state;
	assert_closure("virtio_pci", "virtio virtio_ring(virtio) virtio_pci(virtio,virtio_ring)");
	assert_closure("virtio_net virtio_pci",
		       "failover virtio virtio_ring(virtio) "
		       "virtio_net(failover,virtio,virtio_ring) virtio_pci(virtio,virtio_ring)");
}

static void a_dash_is_an_underscore(void **state)
{
	(void)state;
	assert_closure("virtio-pci virtio_pci",
		       "virtio virtio_ring(virtio) virtio_pci(virtio,virtio_ring)");
}

static void what_is_built_in_is_left_out(void **state)
{
	(void)state;
	assert_closure("ext4 virtio_console raid6_pq", "raid6_pq");
}

static void soft_dependencies_come_where_the_kernel_has_them(void **state)
{
	(void)state;
	assert_closure("btrfs", "xxhash raid6_pq btrfs(xxhash,raid6_pq) zstd_fs");
}

static void a_ring_ends(void **state)
{
	(void)state;
	assert_closure("one", "two one(two)");
}

static void assert_error(const char *names, int code, const char *part)
{
	struct modules m = { 0 };
	struct err err = { 0 };

	assert_int_equal(closure(names, &m, &err), -code);
	assert_non_null(strstr(err.msg, part));
	assert_null(m.item);
}

static void a_missing_module_is_named_with_the_nearest(void **state)
{
	(void)state;
	assert_error("virtio_nte", ENOENT, "no module virtio_nte; did you mean virtio_net?");
	assert_error("orphan", ENOENT, "no module nowhere, which is needed by orphan");
	assert_error("text", EBADMSG, "text.ko is no kernel module");
}

static void a_kernel_without_modules_is_taken_as_whole(void **state)
{
	_cleanup_strv_ struct strv wanted = { 0 };
	struct modules m = { 0 };
	struct err err = { 0 };

	(void)state;
	strv_add(&wanted, "veth");
	assert_ok(modules_closure(NULL, &wanted, &m, &err));
	assert_int_equal(m.n, 0);
}

static void a_packed_module_is_read_as_it_was(void **state)
{
	_cleanup_buf_ struct buf got = BUF_INIT;
	struct err err = { 0 };

	(void)state;
	assert_ok(module_read(fx_path("lib/modules/6.1.0"), "kernel/virtio/virtio-pci.ko.zst", &got,
			      &err));
	assert_memory_equal(got.data, ELFMAG, SELFMAG);
}

/* Every offset in the headers of a module may be a lie. */
static void lying_headers_are_survived(void **state)
{
	_cleanup_buf_ struct buf elf = BUF_INIT;

	(void)state;
	fx_module("depends=", 9, &elf);
	for (size_t at = 4; at < elf.len; at++) {
		_cleanup_modules_ struct modules m = { 0 };
		char was = elf.data[at];

		elf.data[at] = (char)0xff;
		fx_write(KERNEL "bad/liar.ko", elf.data, elf.len, 0644);
		closure("liar", &m, NULL);
		elf.data[at] = was;
	}
	fx_write(KERNEL "bad/liar.ko", elf.data, elf.len, 0644);
	assert_closure("liar", "liar");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(dependencies_come_first_and_once),
		test(a_dash_is_an_underscore),
		test(what_is_built_in_is_left_out),
		test(soft_dependencies_come_where_the_kernel_has_them),
		test(a_ring_ends),
		test(a_missing_module_is_named_with_the_nearest),
		test(a_kernel_without_modules_is_taken_as_whole),
		test(a_packed_module_is_read_as_it_was),
		test(lying_headers_are_survived),
	};

	return cmocka_run_group_tests(tests, setup, fx_teardown);
}
