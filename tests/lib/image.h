/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Tiny kernels, modules and packages, made by the tests of the image room: nothing of them runs,
 * all of them have the shape of the real ones. Also a folder that goes when the test ends.
 */
#ifndef KS_TESTS_IMAGE_H
#define KS_TESTS_IMAGE_H

#include "unit.h"

#include <archive.h>
#include <archive_entry.h>
#include <elf.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"

#define UNUSED __attribute__((unused))

static char fx_dir[64]; /* the test's folder */

static int fx_setup(void **state)
{
	(void)state;
	strcpy(fx_dir, "/tmp/kernsoak-test-XXXXXX");
	if (!mkdtemp(fx_dir))
		return -1;
	return setenv("XDG_CACHE_HOME", fx_dir, 1);
}

static int fx_teardown(void **state)
{
	(void)state;
	return fs_remove_tree(AT_FDCWD, fx_dir, NULL);
}

/* A path in the test's folder; stays valid for some calls. */
UNUSED static const char *fx_path(const char *name)
{
	static char path[8][512];
	static unsigned next;

	next = (next + 1) % 8;
	snprintf(path[next], sizeof(path[next]), "%s/%s", fx_dir, name);
	return path[next];
}

static void fx_write(const char *name, const void *data, size_t n, mode_t mode)
{
	char *path = xasprintf("%s/%s", fx_dir, name), *slash = strrchr(path, '/');
	int fd;

	*slash = 0;
	assert_int_equal(fs_mkdir_p(path, 0755, NULL), 0);
	*slash = '/';
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
	assert_true(fd >= 0);
	assert_int_equal(fs_write_all(fd, data, n), 0);
	close(fd);
	free(path);
}

UNUSED static void fx_text(const char *name, const char *text, mode_t mode)
{
	fx_write(name, text, strlen(text), mode);
}

static la_ssize_t fx_append(struct archive *a, void *out, const void *data, size_t n)
{
	(void)a;
	buf_append(out, data, n);
	return (la_ssize_t)n;
}

static void fx_entry(struct archive *a, const char *path, const void *data, size_t n)
{
	struct archive_entry *e = archive_entry_new();

	archive_entry_set_pathname(e, path);
	archive_entry_set_filetype(e, AE_IFREG);
	archive_entry_set_perm(e, 0644);
	archive_entry_set_size(e, (la_int64_t)n);
	assert_int_equal(archive_write_header(a, e), ARCHIVE_OK);
	assert_int_equal(archive_write_data(a, data, n), n);
	archive_entry_free(e);
}

static void fx_close(struct archive *a)
{
	assert_int_equal(archive_write_close(a), ARCHIVE_OK);
	archive_write_free(a);
}

/* Packs with a filter of libarchive ("xz"). */
UNUSED static void fx_pack(const char *filter, const void *data, size_t n, struct buf *out)
{
	struct archive *a = archive_write_new();

	archive_write_add_filter_by_name(a, filter);
	archive_write_set_format_raw(a);
	archive_write_set_bytes_in_last_block(a, 1);
	assert_int_equal(archive_write_open(a, out, NULL, fx_append, NULL), ARCHIVE_OK);
	fx_entry(a, "data", data, n);
	fx_close(a);
}

/* An x86-64 ELF of one segment of notes, with or without the PVH one, and a banner. */
UNUSED static void fx_vmlinux(const char *release, bool pvh, struct buf *out)
{
	Elf64_Ehdr head = { .e_machine = EM_X86_64,
			    .e_type = ET_EXEC,
			    .e_phoff = sizeof(head),
			    .e_phentsize = sizeof(Elf64_Phdr),
			    .e_phnum = 1 };
	Elf64_Nhdr note = { .n_namesz = 4, .n_descsz = 4, .n_type = pvh ? 18 : 6 };
	Elf64_Phdr ph = { .p_type = PT_NOTE,
			  .p_offset = sizeof(head) + sizeof(ph),
			  .p_filesz = sizeof(note) + 8 };

	memcpy(head.e_ident, ELFMAG, SELFMAG);
	head.e_ident[EI_CLASS] = ELFCLASS64;
	head.e_ident[EI_DATA] = ELFDATA2LSB;
	buf_append(out, &head, sizeof(head));
	buf_append(out, &ph, sizeof(ph));
	buf_append(out, &note, sizeof(note));
	buf_append(out, "Xen\0\0\0\0\1", 8);
	buf_puts(out, "Linux version %s (%s)");
	buf_printf(out, "Linux version %s (someone@somewhere) #1 SMP", release);
	for (int i = 0; i < 300; i++)
		buf_printf(out, "filling %d ", i * i);
}

static void fx_put16(struct buf *b, size_t at, unsigned v)
{
	b->data[at] = (char)v;
	b->data[at + 1] = (char)(v >> 8);
}

static void fx_put32(struct buf *b, size_t at, uint32_t v)
{
	fx_put16(b, at, v & 0xffff);
	fx_put16(b, at + 2, v >> 16);
}

/* A bzImage of one setup sector around this payload, which starts 16 bytes into its second part. */
UNUSED static void fx_bzimage(const char *release, const struct buf *payload, struct buf *out)
{
	static const char zeros[1024 + 16];

	buf_append(out, zeros, sizeof(zeros));
	out->data[0x1f1] = 1;
	memcpy(out->data + 0x202, "HdrS", 4);
	fx_put16(out, 0x206, 0x20f);
	fx_put16(out, 0x20e, 0x100);
	snprintf(out->data + 0x300, 100, "%s (someone@somewhere) #1", release);
	fx_put32(out, 0x248, 16);
	fx_put32(out, 0x24c, (uint32_t)payload->len);
	buf_append(out, payload->data, payload->len);
	buf_append(out, "behind the payload", 18);
}

/* The same with a vmlinux packed by xz, as Debian's are. */
UNUSED static void fx_debian_bzimage(const char *release, struct buf *out)
{
	_cleanup_buf_ struct buf elf = BUF_INIT, payload = BUF_INIT;

	fx_vmlinux(release, true, &elf);
	fx_pack("xz", elf.data, elf.len, &payload);
	buf_append(&payload, "1234", 4);
	fx_put32(&payload, payload.len - 4, (uint32_t)elf.len);
	fx_bzimage(release, &payload, out);
}

/* A kernel module: an ELF with a .modinfo of these NUL-separated strings. */
UNUSED static void fx_module(const char *info, size_t n, struct buf *out)
{
	static const char names[] = "\0.modinfo\0.shstrtab";
	Elf64_Ehdr head = { .e_machine = EM_X86_64, .e_shentsize = sizeof(Elf64_Shdr) };
	Elf64_Shdr sections[3] = {
		{ 0 },
		{ .sh_name = 1, .sh_type = SHT_PROGBITS, .sh_offset = sizeof(head), .sh_size = n },
		{ .sh_name = 10,
		  .sh_type = SHT_STRTAB,
		  .sh_offset = sizeof(head) + n,
		  .sh_size = sizeof(names) },
	};

	memcpy(head.e_ident, ELFMAG, SELFMAG);
	head.e_ident[EI_CLASS] = ELFCLASS64;
	head.e_ident[EI_DATA] = ELFDATA2LSB;
	head.e_shoff = sizeof(head) + n + sizeof(names);
	head.e_shnum = 3;
	head.e_shstrndx = 2;
	buf_append(out, &head, sizeof(head));
	buf_append(out, info, n);
	buf_append(out, names, sizeof(names));
	buf_append(out, sections, sizeof(sections));
}

struct fx_file {
	const char *path;
	const struct buf *data;
};

static void fx_tar(const char *filter, const struct fx_file *files, struct buf *out)
{
	struct archive *a = archive_write_new();

	archive_write_add_filter_by_name(a, filter);
	archive_write_set_format_ustar(a);
	archive_write_set_bytes_in_last_block(a, 1);
	assert_int_equal(archive_write_open(a, out, NULL, fx_append, NULL), ARCHIVE_OK);
	for (; files->path; files++)
		fx_entry(a, files->path, files->data->data, files->data->len);
	fx_close(a);
}

/* A .deb of these files (the list ends with a NULL path), written to the test's folder. */
UNUSED static void fx_deb(const char *name, const char *package, const char *version,
			  const struct fx_file *files)
{
	_cleanup_buf_ struct buf text = BUF_INIT, control = BUF_INIT, data = BUF_INIT;
	_cleanup_buf_ struct buf deb = BUF_INIT;
	struct archive *a = archive_write_new();

	buf_printf(&text, "Package: %s\nVersion: %s\nArchitecture: amd64\n", package, version);
	fx_tar("gzip", (struct fx_file[]){ { "./control", &text }, { NULL, NULL } }, &control);
	fx_tar("xz", files, &data);
	archive_write_set_format_ar_svr4(a);
	archive_write_set_bytes_in_last_block(a, 1);
	assert_int_equal(archive_write_open(a, &deb, NULL, fx_append, NULL), ARCHIVE_OK);
	fx_entry(a, "debian-binary", "2.0\n", 4);
	fx_entry(a, "control.tar.gz", control.data, control.len);
	fx_entry(a, "data.tar.xz", data.data, data.len);
	fx_close(a);
	fx_write(name, deb.data, deb.len, 0644);
}

#endif
