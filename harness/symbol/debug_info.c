/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "symbol/debug_info.h"

#include <fcntl.h>
#include <gelf.h>

static enum debug_info look(Elf *elf)
{
	enum debug_info best = DEBUG_NONE;
	Elf_Scn *scn = NULL;
	size_t names;
	GElf_Shdr sh;

	if (!elf || elf_getshdrstrndx(elf, &names) < 0)
		return DEBUG_NONE;
	while ((scn = elf_nextscn(elf, scn))) {
		const char *name =
			gelf_getshdr(scn, &sh) ? elf_strptr(elf, names, sh.sh_name) : NULL;

		if (name && (str_eq(name, ".debug_info") || str_eq(name, ".zdebug_info")))
			return DEBUG_LINES;
		if (name && sh.sh_type == SHT_SYMTAB)
			best = DEBUG_SYMBOLS;
	}
	return best;
}

enum debug_info debug_info_of(const char *path)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	enum debug_info r;
	Elf *elf;

	elf_version(EV_CURRENT);
	elf = fd < 0 ? NULL : elf_begin(fd, ELF_C_READ_MMAP, NULL);
	r = look(elf);
	elf_end(elf);
	return r;
}
