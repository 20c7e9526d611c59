/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "symbol/image.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <sys/stat.h>

#include "base/fs.h"

#define PAGE_BYTES UINT64_C(4096)
#define INIT_BASE  (UINT64_C(1) << 40) /* a module's .init sections are loaded elsewhere */
#define MAP_MAX    ((size_t)64 << 20)

struct image *image_free(struct image *im)
{
	if (!im)
		return NULL;
	table_done(&im->table);
	if (im->dwfl)
		dwfl_end(im->dwfl);
	free(im->to_file);
	free(im->range);
	free(im->text);
	free(im->path);
	free(im);
	return NULL;
}

static void cleanup_image(struct image **im)
{
	image_free(*im);
}

/* Nothing is looked for elsewhere: libdwfl would, also on the network (DEBUGINFOD_URLS). */
static int no_other_file(Dwfl_Module *mod, void **data, const char *name, Dwarf_Addr base,
			 const char *file, const char *link, GElf_Word crc, char **ret)
{
	(void)mod, (void)data, (void)name, (void)base, (void)file, (void)link, (void)crc, (void)ret;
	return -1;
}

static const Dwfl_Callbacks callbacks = {
	.find_elf = dwfl_build_id_find_elf,
	.find_debuginfo = no_other_file,
	.section_address = dwfl_offline_section_address,
};

struct form {
	const char *magic;
	size_t n;
	const char *sentence;
};

static const struct form others[] = {
	{ "\x1f\x8b", 2, "it is compressed: gunzip it first" },
	{ "BZh", 3, "it is compressed: bunzip2 it first" },
	{ "\xfd\x37zXZ", 6, "it is compressed: unxz it first" },
	{ "\x28\xb5\x2f\xfd", 4, "it is compressed: unzstd it first" },
	{ "MZ", 2, "it is a bootable image, which has no debug information: a vmlinux is wanted" },
};

static int check_form(int fd, const char *path, struct err *err)
{
	char start[8] = "";
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_set(err, errno, "%s: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return err_set(err, EINVAL, "%s is no regular file; a vmlinux is wanted", path);
	if (pread(fd, start, sizeof(start), 0) < 0)
		return err_set(err, errno, "%s: %s", path, strerror(errno));
	if (memcmp(start, ELFMAG, SELFMAG) == 0)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (memcmp(start, others[i].magic, others[i].n) == 0)
			return err_set(err, EINVAL, "%s: %s", path, others[i].sentence);
	return err_set(err, EINVAL,
		       "%s is no ELF file; a vmlinux with debug information is wanted (Debian: "
		       "package linux-image-RELEASE-dbg)",
		       path);
}

static int open_dwfl(struct image *im, struct err *err)
{
	int fd = open(im->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	int r;

	if (fd < 0)
		return err_set(err, errno, "%s: %s", im->path, strerror(errno));
	r = check_form(fd, im->path, err);
	if (r == 0) {
		im->dwfl = dwfl_begin(&callbacks);
		im->mod = im->dwfl ? dwfl_report_offline(im->dwfl, "kernel", im->path, fd) : NULL;
		if (!im->mod)
			r = err_set(err, EINVAL, "%s is no sound ELF file: %s", im->path,
				    dwfl_errmsg(-1));
	}
	if (r < 0) {
		close(fd); /* libdwfl takes it on success only */
		return r;
	}
	dwfl_report_end(im->dwfl, NULL, NULL);
	return 0;
}

struct layout {
	uint64_t core, init; /* the next free byte of each */
};

/*
 * Where a module's loader puts a section of code: those of .init in one place and the others in
 * another, in their order. So sizes come out as the kernel counted them, from symbol to symbol.
 */
static uint64_t place_section(struct layout *l, const GElf_Shdr *sh, const char *name)
{
	uint64_t *next = name && str_after(name, ".init") ? &l->init : &l->core;
	uint64_t align = MAX(sh->sh_addralign, UINT64_C(1)), at;

	if (align > PAGE_BYTES || (align & (align - 1)))
		align = 1;
	at = (*next + align - 1) & ~(align - 1);
	*next = at + MIN(sh->sh_size, UINT64_C(1) << 32);
	return at;
}

static void add_end(struct table *t, uint64_t at)
{
	table_add(t,
		  &(struct sym){ .name = "", .addr = (at + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1) });
}

/* An ELF while its symbols are read. */
struct reading {
	Elf *elf;
	GElf_Addr bias; /* libdwfl's addresses less the file's */
	bool relocatable;
	size_t names; /* the section with the names of sections */
	bool *code;   /* by section: symbols there count */
};

/* What is no code is not asked for. */
static void lay_out(struct image *im, const struct reading *rd)
{
	struct layout l = { .init = INIT_BASE };

	for (size_t i = 1; i < im->n_sections; i++) {
		GElf_Shdr sh;

		if (!gelf_getshdr(elf_getscn(rd->elf, i), &sh) || !(sh.sh_flags & SHF_ALLOC) ||
		    !(sh.sh_flags & SHF_EXECINSTR))
			continue;
		rd->code[i] = true;
		im->to_file[i] = sh.sh_addr + rd->bias -
				 place_section(&l, &sh, elf_strptr(rd->elf, rd->names, sh.sh_name));
	}
	add_end(&im->table, l.core);
	add_end(&im->table, l.init);
}

static void leave_in_place(struct image *im, const struct reading *rd)
{
	for (size_t i = 1; i < im->n_sections; i++) {
		GElf_Shdr sh;

		rd->code[i] =
			gelf_getshdr(elf_getscn(rd->elf, i), &sh) && (sh.sh_flags & SHF_ALLOC);
		im->to_file[i] = rd->bias;
	}
}

static void add_symbol(struct image *im, const struct reading *rd, const GElf_Sym *s,
		       const char *name)
{
	int type = GELF_ST_TYPE(s->st_info);
	uint64_t base = 0;
	GElf_Shdr at;

	if (!name || !*name || *name == '$' || type == STT_SECTION || type == STT_FILE)
		return;
	if (rd->relocatable && gelf_getshdr(elf_getscn(rd->elf, s->st_shndx), &at))
		base = at.sh_addr + rd->bias - im->to_file[s->st_shndx];
	table_add(&im->table, &(struct sym){ .name = name,
					     .addr = s->st_value + base,
					     .size = s->st_size,
					     .section = s->st_shndx,
					     .code = type == STT_FUNC && s->st_size > 0 });
}

static int read_symbols(struct image *im, const struct reading *rd, Elf_Scn *scn, struct err *err)
{
	Elf_Data *data = elf_getdata(scn, NULL);
	GElf_Shdr sh;
	size_t n;

	if (!data || !gelf_getshdr(scn, &sh) || sh.sh_entsize == 0)
		return err_set(err, EINVAL, "%s: its symbols cannot be read: %s", im->path,
			       elf_errmsg(-1));
	n = MIN(data->d_size / sh.sh_entsize, (size_t)INT32_MAX / sizeof(GElf_Sym));
	for (size_t i = 1; i < n; i++) {
		GElf_Sym s;

		if (gelf_getsym(data, (int)i, &s) && s.st_shndx < im->n_sections &&
		    rd->code[s.st_shndx])
			add_symbol(im, rd, &s, elf_strptr(rd->elf, sh.sh_link, s.st_name));
	}
	return 0;
}

static Elf_Scn *find_symtab(Elf *elf)
{
	Elf_Scn *scn = NULL;
	GElf_Shdr sh;

	while ((scn = elf_nextscn(elf, scn)))
		if (gelf_getshdr(scn, &sh) && sh.sh_type == SHT_SYMTAB)
			return scn;
	return NULL;
}

static int read_table(struct image *im, Elf *elf, GElf_Addr bias, struct err *err)
{
	struct reading rd = { .elf = elf, .bias = bias };
	_cleanup_free_
	bool *code = NULL;
	Elf_Scn *symtab;
	GElf_Ehdr eh;
	int r;

	if (!gelf_getehdr(elf, &eh) || elf_getshdrnum(elf, &im->n_sections) < 0 ||
	    elf_getshdrstrndx(elf, &rd.names) < 0)
		return err_set(err, EINVAL, "%s is no sound ELF file: %s", im->path,
			       elf_errmsg(-1));
	symtab = find_symtab(elf);
	if (!symtab)
		return err_set(err, EINVAL, "%s has no symbols: it was stripped", im->path);
	rd.code = code = xcalloc(im->n_sections + 1, sizeof(*code));
	im->to_file = xcalloc(im->n_sections + 1, sizeof(*im->to_file));
	rd.relocatable = eh.e_type == ET_REL;
	if (rd.relocatable)
		lay_out(im, &rd);
	else
		leave_in_place(im, &rd);
	r = read_symbols(im, &rd, symtab, err);
	table_sort(&im->table);
	return r;
}

static void read_build_id(struct image *im)
{
	const unsigned char *bits = NULL;
	GElf_Addr at;
	int n = dwfl_module_build_id(im->mod, &bits, &at);

	for (int i = 0; i < MIN(n, BUILD_ID_LEN); i++)
		snprintf(im->build_id + 2 * i, 3, "%02x", bits[i]);
}

int image_open_elf(const char *path, struct image **ret, struct err *err)
{
	_cleanup_(cleanup_image) struct image *im = xcalloc(1, sizeof(*im));
	GElf_Addr bias = 0;
	Elf *elf;
	int r;

	im->path = xstrdup(path);
	r = open_dwfl(im, err);
	if (r < 0)
		return r;
	elf = dwfl_module_getelf(im->mod, &bias);
	if (!elf)
		return err_set(err, EINVAL, "%s is no sound ELF file: %s", path, dwfl_errmsg(-1));
	r = read_table(im, elf, bias, err);
	if (r < 0)
		return r;
	read_build_id(im);
	*ret = TAKE(im, NULL);
	return 0;
}

/* `ffffffff813eac60 t proc_reg_write`: false where it is none. Ends the name with a NUL. */
static bool map_line(char *line, struct sym *ret)
{
	char *end, *nl = strchr(line, '\n');

	if (nl)
		*nl = '\0';
	errno = 0;
	*ret = (struct sym){ .addr = strtoull(line, &end, 16) };
	if (errno || end == line || end[0] != ' ' || !end[1] || end[2] != ' ' || !end[3])
		return false;
	ret->code = strchr("tTwW", end[1]) != NULL;
	ret->name = end + 3;
	end[3 + strcspn(end + 3, " \t\r")] = '\0';
	return true;
}

int image_open_map(const char *path, struct image **ret, struct err *err)
{
	_cleanup_(cleanup_image) struct image *im = xcalloc(1, sizeof(*im));
	_cleanup_buf_ struct buf text = BUF_INIT;
	unsigned n = 0;
	int r = fs_read(AT_FDCWD, path, MAP_MAX, &text, err);

	if (r < 0)
		return r;
	im->path = xstrdup(path);
	im->text = buf_steal(&text);
	for (char *p = im->text, *next; *p; p = next) {
		struct sym s;

		next = p + strcspn(p, "\n");
		next += *next == '\n';
		n++;
		if (!map_line(p, &s))
			return err_set(err, EINVAL,
				       "%s:%u is no line of a System.map ('ffffffff81000000 T "
				       "_text' is one)",
				       path, n);
		table_add(&im->table, &s);
	}
	if (n == 0)
		return err_set(err, EINVAL, "%s is empty; a System.map is wanted", path);
	table_sort(&im->table);
	*ret = TAKE(im, NULL);
	return 0;
}
