/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Any bytes as a vmlinux and as a System.map: refused with a sentence, or a table in order whose
 * functions can be looked up, by name and by address, for a place or a reason.
 */
#include <assert.h>
#include <fcntl.h>
#include <stdio.h>

#include "fuzz.h"
#include "symbol/image.h"

enum { LOOKED_UP = 8 };

static void check_reply(const struct symbol_reply *r)
{
	assert((r->answer == SYMBOL_LINES) == (r->n > 0) && r->n <= SYMBOL_PLACES);
	assert(r->n > 0 || r->answer == SYMBOL_FITS || r->why[0] || r->answer == SYMBOL_NO_FILE);
	for (size_t i = 0; i < r->n; i++)
		assert(r->place[i].file[0]);
}

static void look_up(struct symbols *sy, const struct table *t)
{
	static struct symbol_reply reply;

	for (size_t i = 0; i < t->n && i < LOOKED_UP; i++) {
		const struct sym *s = &t->sym[i * (t->n / LOOKED_UP + 1) % t->n];
		struct symbol_frame named = { .function = s->name, .offset = 1, .caller = true };
		struct symbol_frame bare = { .address = s->addr };

		if (!*s->name)
			continue;
		symbols_look_up(sy, &named, &reply);
		check_reply(&reply);
		named.size = table_size(t, s);
		symbols_look_up(sy, &named, &reply);
		check_reply(&reply);
		symbols_look_up(sy, &bare, &reply);
		check_reply(&reply);
		symbols_new_log(sy);
	}
}

static void check_table(const struct table *t)
{
	for (size_t i = 1; i < t->n; i++)
		assert(t->sym[i - 1].addr <= t->sym[i].addr);
}

static void as(int open_image(const char *, struct image **, struct err *),
	       const struct symbol_sources *from, const char *path)
{
	struct symbols *sy = NULL;
	struct image *im = NULL;
	struct err err = { 0 };
	int r = open_image(path, &im, &err);

	assert(symbols_open(from, &sy, NULL) == r);
	if (r < 0) {
		assert(err.code == -r && err.msg[0]);
		return;
	}
	check_table(&im->table);
	look_up(sy, &im->table);
	symbols_free(sy);
	image_free(im);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char path[] = "/tmp/kernsoak-fuzz-XXXXXX";
	const struct symbol_sources elf = { .vmlinux = path }, map = { .system_map = path };
	int fd = mkstemp(path);

	assert(fd >= 0 && fs_write_all(fd, data, n) == 0);
	close(fd);
	as(image_open_elf, &elf, path);
	as(image_open_map, &map, path);
	unlink(path);
	return 0;
}
