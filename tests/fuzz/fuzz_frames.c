/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Stack lines, on any line: names are bounded and not empty, nothing is read beyond the line, and a
 * frame that is printed as the kernel prints it is parsed as the same frame.
 */
#include <assert.h>
#include <ctype.h>

#include "detect/frames.h"
#include "fuzz.h"

static void bounded(const struct frame *f)
{
	assert(memchr(f->function, '\0', FUNCTION_LEN) && memchr(f->module, '\0', MODULE_LEN));
	assert(f->function[0]);
}

/* A name that C could have, so that what follows it is told apart from it. */
static bool c_name(const char *s)
{
	if (isdigit((unsigned char)*s))
		return false;
	for (; *s; s++)
		if (!isalnum((unsigned char)*s) && *s != '_' && *s != '$')
			return false;
	return true;
}

static void same(const char *line, enum frame_line kind, const struct frame *want)
{
	_cleanup_free_
	char *alone = xstrdup(line);
	struct frame f;

	assert(frames_parse(alone, &f) == kind);
	assert(str_eq(f.function, want->function) && str_eq(f.module, want->module));
	assert(f.offset == want->offset && f.size == want->size);
	assert(kind != FRAME_CALL || f.reliable == want->reliable);
}

static void printed_and_parsed(const struct frame *f)
{
	_cleanup_buf_ struct buf symbol = BUF_INIT, line = BUF_INIT;

	buf_printf(&symbol, "%s+0x%x/0x%x", f->function, f->offset, f->size);
	if (f->module[0])
		buf_printf(&symbol, " [%s]", f->module);
	buf_printf(&line, " %s%s", f->reliable ? "" : "? ", buf_str(&symbol));
	same(buf_str(&line), FRAME_CALL, f);
	buf_clear(&line);
	buf_printf(&line, " [<ffffffff81d0010d>] %s%s", f->reliable ? "" : "? ", buf_str(&symbol));
	same(buf_str(&line), FRAME_CALL, f);
	buf_clear(&line);
	buf_printf(&line, "RIP: 0010:%s", buf_str(&symbol));
	same(buf_str(&line), FRAME_PC, f);
	buf_clear(&line);
	buf_printf(&line, "lr : %s", buf_str(&symbol));
	same(buf_str(&line), FRAME_LINK, f);
}

static void names(const char *line)
{
	const char *canonical = frames_canonical(line);
	size_t name = 0, n = frames_symbol(line, &name);

	assert(n <= strlen(line) && (n == 0 || (name > 0 && name <= n)));
	assert(canonical >= line && canonical <= line + strlen(line));
	frames_skipped(line, ~0u);
	frames_dispatches(line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	_cleanup_free_
	char *line = xstrndup((const char *)data, n);
	struct frame f = { 0 };
	enum frame_line kind = frames_parse(line, &f);

	names(line);
	if (kind == FRAME_CALL || kind == FRAME_PC || kind == FRAME_LINK) {
		bounded(&f);
		names(f.function);
		if (c_name(f.function) && !str_after(f.module, "inline"))
			printed_and_parsed(&f);
	}
	if (frames_read(line, &f))
		bounded(&f);
	return 0;
}
