/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image.h"

#include <errno.h>

#include "image/vmlinux.h"

#define RELEASE "6.1.0-54-cloud-amd64"

static void append_size(struct buf *payload, size_t n)
{
	buf_append(payload, "1234", 4);
	fx_put32(payload, payload->len - 4, (uint32_t)n);
}

static void assert_extracts(const struct buf *payload, const struct buf *elf)
{
	_cleanup_buf_ struct buf image = BUF_INIT, out = BUF_INIT;
	struct err err = { 0 };

	fx_bzimage(RELEASE, payload, &image);
	assert_ok(vmlinux_extract(image.data, image.len, &out, &err));
	assert_int_equal(out.len, elf->len);
	assert_memory_equal(out.data, elf->data, elf->len);
}

static void each_packing_of_a_kernel_build_gives_its_elf(void **state)
{
	static const struct {
		const char *filter;
		bool size_appended;
	} row[] = {
		{ "gzip", false }, { "xz", true },   { "zstd", true },
		{ "bzip2", true }, { "lzma", true },
	};
	_cleanup_buf_ struct buf elf = BUF_INIT;

	(void)state;
	fx_vmlinux(RELEASE, true, &elf);
	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		_cleanup_buf_ struct buf payload = BUF_INIT;

		fx_pack(row[i].filter, elf.data, elf.len, &payload);
		if (row[i].size_appended)
			append_size(&payload, elf.len);
		assert_extracts(&payload, &elf);
	}
}

/* `lz4 -l`: a magic, and blocks of a size and, here, one sequence of nothing but literals. */
static void the_old_lz4_format_that_kernels_use_is_read(void **state)
{
	_cleanup_buf_ struct buf elf = BUF_INIT, block = BUF_INIT, payload = BUF_INIT;

	(void)state;
	fx_vmlinux(RELEASE, true, &elf);
	buf_putc(&block, (char)0xf0);
	for (size_t left = elf.len - 15;; left -= 255) {
		buf_putc(&block, (char)MIN(left, (size_t)255));
		if (left < 255)
			break;
	}
	buf_append(&block, elf.data, elf.len);
	buf_append(&payload, "\x02\x21\x4c\x18size", 8);
	fx_put32(&payload, 4, (uint32_t)block.len);
	buf_append(&payload, block.data, block.len);
	append_size(&payload, elf.len);
	assert_extracts(&payload, &elf);
}

static void assert_refused(const struct buf *image, size_t n, int code)
{
	_cleanup_buf_ struct buf out = BUF_INIT;
	struct err err = { 0 };

	assert_int_equal(vmlinux_extract(image->data, n, &out, &err), -code);
	assert_true(strlen(err.msg) > 10);
	assert_int_equal(out.len, 0);
}

static void a_bzimage_cut_anywhere_is_refused(void **state)
{
	_cleanup_buf_ struct buf image = BUF_INIT;

	(void)state;
	fx_debian_bzimage(RELEASE, &image);
	for (size_t n = 0; n < image.len - 18; n += 97)
		assert_refused(&image, n, EBADMSG);
}

static void what_does_not_match_its_size_is_refused(void **state)
{
	_cleanup_buf_ struct buf image = BUF_INIT;

	(void)state;
	fx_debian_bzimage(RELEASE, &image);
	image.data[image.len - 19] ^= 1; /* the last byte of the appended size */
	assert_refused(&image, image.len, EBADMSG);
}

static void an_unknown_packing_is_not_called_damage(void **state)
{
	_cleanup_buf_ struct buf image = BUF_INIT, payload = BUF_INIT, text = BUF_INIT;

	(void)state;
	buf_puts(&payload, "\x89LZO and so on, which nobody here unpacks");
	fx_bzimage(RELEASE, &payload, &image);
	assert_refused(&image, image.len, ENOTSUP);
	buf_puts(&text, "not an ELF, whatever it is");
	buf_clear(&payload);
	buf_clear(&image);
	fx_pack("gzip", text.data, text.len, &payload);
	fx_bzimage(RELEASE, &payload, &image);
	assert_refused(&image, image.len, ENOTSUP);
}

static void the_pvh_note_is_seen_and_missed(void **state)
{
	_cleanup_buf_ struct buf with = BUF_INIT, without = BUF_INIT;

	(void)state;
	fx_vmlinux(RELEASE, true, &with);
	fx_vmlinux(RELEASE, false, &without);
	assert_true(vmlinux_has_pvh(with.data, with.len));
	assert_false(vmlinux_has_pvh(without.data, without.len));
	for (size_t n = 0; n < 140; n++) /* its note ends at byte 140 */
		assert_false(vmlinux_has_pvh(with.data, n));
	assert_true(vmlinux_has_pvh(with.data, 140));
}

static void lying_headers_are_survived(void **state)
{
	_cleanup_buf_ struct buf elf = BUF_INIT;

	(void)state;
	fx_vmlinux(RELEASE, false, &elf);
	for (size_t at = 16; at < 140; at++) {
		char was = elf.data[at];

		elf.data[at] = (char)0xff;
		vmlinux_has_pvh(elf.data, elf.len);
		elf.data[at] = was;
	}
	memset(elf.data + 32, 0xff, 8); /* e_phoff */
	assert_false(vmlinux_has_pvh(elf.data, elf.len));
}

static void both_kinds_tell_their_release(void **state)
{
	_cleanup_buf_ struct buf elf = BUF_INIT, image = BUF_INIT, bad = BUF_INIT;
	_cleanup_free_
	char *from_elf = NULL, *from_image = NULL;

	(void)state;
	fx_vmlinux(RELEASE, true, &elf);
	fx_debian_bzimage("6.12.117+deb12-cloud-amd64", &image);
	from_elf = vmlinux_release(elf.data, elf.len);
	from_image = vmlinux_release(image.data, image.len);
	assert_string_equal(from_elf, RELEASE);
	assert_string_equal(from_image, "6.12.117+deb12-cloud-amd64");
	fx_debian_bzimage("../../etc", &bad);
	assert_null(vmlinux_release(bad.data, bad.len));
	assert_null(vmlinux_release("hello", 5));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(each_packing_of_a_kernel_build_gives_its_elf),
		test(the_old_lz4_format_that_kernels_use_is_read),
		test(a_bzimage_cut_anywhere_is_refused),
		test(what_does_not_match_its_size_is_refused),
		test(an_unknown_packing_is_not_called_damage),
		test(the_pvh_note_is_seen_and_missed),
		test(lying_headers_are_survived),
		test(both_kinds_tell_their_release),
	};

	return cmocka_run_group_tests(tests, fx_setup, fx_teardown);
}
