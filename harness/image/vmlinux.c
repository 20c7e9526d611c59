/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image/vmlinux.h"

#include <ctype.h>
#include <elf.h>
#include <endian.h>
#include <errno.h>

#include "image/unpack.h"

/* Offsets in the setup header, from the kernel's Documentation/arch/x86/boot.rst. */
enum {
	SETUP_SECTS = 0x1f1,
	HEADER_MAGIC = 0x202,
	HEADER_VERSION = 0x206,
	KERNEL_VERSION = 0x20e,
	PAYLOAD_OFFSET = 0x248,
	PAYLOAD_LENGTH = 0x24c,
	HEADER_END = 0x250,
};

#define VMLINUX_MAX ((size_t)1 << 30)
#define NOTE_PHYS32 18 /* XEN_ELFNOTE_PHYS32_ENTRY */
#define RELEASE_MAX 64 /* __NEW_UTS_LEN */

/* How the payloads that we can read begin, and whether the build appended the unpacked size to them
 * (gzip carries its own). */
static const struct packing {
	const char *name, *magic;
	size_t n;
	bool size_appended;
} packings[] = {
	{ "gzip", "\x1f\x8b", 2, false },
	{ "xz", "\xfd\x37zXZ", 6, true },
	{ "zstd", "\x28\xb5\x2f\xfd", 4, true },
	{ "lz4", "\x02\x21\x4c\x18", 4, true },
	{ "bzip2", "BZh", 3, true },
	{ "lzma", "\x5d\x00\x00", 3, true },
};

static uint32_t get32(const unsigned char *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return le32toh(v);
}

static uint16_t get16(const unsigned char *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static bool is_elf(const unsigned char *p, size_t n)
{
	return n >= sizeof(Elf64_Ehdr) && memcmp(p, ELFMAG, SELFMAG) == 0 &&
	       p[EI_CLASS] == ELFCLASS64 && p[EI_DATA] == ELFDATA2LSB &&
	       get16(p + offsetof(Elf64_Ehdr, e_machine)) == EM_X86_64;
}

enum kernel_kind vmlinux_kind(const void *image, size_t n)
{
	const unsigned char *p = image;

	if (is_elf(p, n))
		return KERNEL_ELF;
	if (n >= HEADER_END && memcmp(p + HEADER_MAGIC, "HdrS", 4) == 0)
		return KERNEL_BZIMAGE;
	return KERNEL_NEITHER;
}

static const struct packing *find_packing(const unsigned char *p, size_t n)
{
	for (size_t i = 0; i < ARRAY_SIZE(packings); i++)
		if (n > packings[i].n + 4 && memcmp(p, packings[i].magic, packings[i].n) == 0)
			return &packings[i];
	return NULL;
}

/* Where the compressed kernel lies, in bytes from the file's start. */
static int find_payload(const unsigned char *p, size_t n, size_t *ret_at, size_t *ret_len,
			struct err *err)
{
	uint64_t at, len;

	if (vmlinux_kind(p, n) != KERNEL_BZIMAGE)
		return err_set(err, EBADMSG, "this is not a bzImage: it lacks the mark HdrS");
	if (get16(p + HEADER_VERSION) < 0x208)
		return err_set(err, ENOTSUP,
			       "the boot protocol %u.%02u is too old to say where the payload is",
			       p[HEADER_VERSION + 1], p[HEADER_VERSION]);
	at = (uint64_t)((p[SETUP_SECTS] ? p[SETUP_SECTS] : 4) + 1) * 512 +
	     get32(p + PAYLOAD_OFFSET);
	len = get32(p + PAYLOAD_LENGTH);
	if (at > n || len > n - at)
		return err_set(err, EBADMSG,
			       "the bzImage is cut short: its payload ends at %llu, "
			       "the file at %zu",
			       (unsigned long long)(at + len), n);
	*ret_at = (size_t)at;
	*ret_len = (size_t)len;
	return 0;
}

int vmlinux_extract(const void *bzimage, size_t n, struct buf *out, struct err *err)
{
	const unsigned char *p = bzimage;
	_cleanup_buf_ struct buf elf = BUF_INIT;
	const struct packing *packing;
	size_t at = 0, len = 0;
	int r = find_payload(p, n, &at, &len, err);

	if (r < 0)
		return r;
	packing = find_packing(p + at, len);
	if (!packing)
		return err_set(err, ENOTSUP,
			       "the kernel is packed in a way that is not known here "
			       "(known: gzip, xz, zstd, lz4, bzip2, lzma)");
	if (packing->size_appended)
		len -= 4;
	r = unpack_bytes(p + at, len, "the bzImage's payload", VMLINUX_MAX, &elf, err);
	if (r < 0)
		return r;
	if (packing->size_appended && get32(p + at + len) != (uint32_t)elf.len)
		return err_set(err, EBADMSG,
			       "the bzImage's %s payload unpacks to %zu bytes where "
			       "%u were announced",
			       packing->name, elf.len, get32(p + at + len));
	if (!is_elf((unsigned char *)elf.data, elf.len))
		return err_set(err, ENOTSUP, "the bzImage holds no x86-64 ELF kernel");
	buf_append(out, elf.data, elf.len);
	return 0;
}

/* Looks through one segment of notes; sizes are checked by subtraction, they may be anything. */
static bool notes_have_pvh(const unsigned char *p, size_t n)
{
	while (n >= sizeof(Elf64_Nhdr)) {
		uint64_t name = get32(p), desc = get32(p + 4);
		uint64_t size = sizeof(Elf64_Nhdr) + ((name + 3) & ~3ull) + ((desc + 3) & ~3ull);

		if (size > n)
			return false;
		if (get32(p + 8) == NOTE_PHYS32 && name == 4 && memcmp(p + 12, "Xen", 4) == 0)
			return true;
		p += size;
		n -= size;
	}
	return false;
}

bool vmlinux_has_pvh(const void *elf, size_t n)
{
	const unsigned char *p = elf;
	Elf64_Ehdr head;
	Elf64_Phdr ph;

	if (!is_elf(p, n))
		return false;
	memcpy(&head, p, sizeof(head));
	for (size_t i = 0; i < head.e_phnum; i++) {
		uint64_t at = head.e_phoff + i * sizeof(ph);

		if (head.e_phoff > n || at > n || n - at < sizeof(ph))
			return false;
		memcpy(&ph, p + at, sizeof(ph));
		if (ph.p_type == PT_NOTE && ph.p_offset <= n && ph.p_filesz <= n - ph.p_offset &&
		    notes_have_pvh(p + ph.p_offset, ph.p_filesz))
			return true;
	}
	return false;
}

/* The word at p, if it can be a kernel's release and therefore the name of a folder. */
static char *release_word(const unsigned char *p, size_t n)
{
	size_t len = 0;

	while (len < n && (isalnum(p[len]) || (p[len] && strchr(".-+~_", p[len]))))
		len++;
	if (len == 0 || len == n || len > RELEASE_MAX || p[0] == '.')
		return NULL;
	return xstrndup((const char *)p, len);
}

static char *elf_release(const unsigned char *p, size_t n)
{
	static const char banner[] = "Linux version ";
	const unsigned char *end = p + n;

	while ((p = memmem(p, (size_t)(end - p), banner, sizeof(banner) - 1))) {
		p += sizeof(banner) - 1;
		if (p < end && isdigit(*p)) /* elsewhere it is a format: "Linux version %s" */
			return release_word(p, (size_t)(end - p));
	}
	return NULL;
}

char *vmlinux_release(const void *image, size_t n)
{
	const unsigned char *p = image;
	size_t at;

	switch (vmlinux_kind(image, n)) {
	case KERNEL_ELF: return elf_release(p, n);
	case KERNEL_BZIMAGE:
		at = get16(p + KERNEL_VERSION) + (size_t)0x200;
		return at > 0x200 && at < n ? release_word(p + at, n - at) : NULL;
	case KERNEL_NEITHER: break;
	}
	return NULL;
}
