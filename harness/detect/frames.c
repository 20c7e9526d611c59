/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "detect/frames.h"

#include <ctype.h>

static bool is_name(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '.' || c == '$';
}

static size_t hex_run(const char *s)
{
	size_t n = 0;

	while (isxdigit((unsigned char)s[n]))
		n++;
	return n;
}

/* Length of a demangled Rust path, `<a::B as c::D>::e`, in front of its +0x; 0 none. */
static size_t rust_name(const char *s)
{
	const char *plus = s[0] == '<' ? strstr(s, "+0x") : NULL;

	return plus && plus - s < FUNCTION_LEN * 2 && memchr(s, ':', (size_t)(plus - s))
		       ? (size_t)(plus - s)
		       : 0;
}

/* `+0x12/0x34`: its length, 0 where it is none. */
static size_t offset_and_size(const char *s, uint32_t *ret_offset, uint32_t *ret_size)
{
	size_t a, b;

	if (strncmp(s, "+0x", 3) != 0)
		return 0;
	a = hex_run(s + 3);
	if (a == 0)
		return 0;
	*ret_offset = (uint32_t)strtoul(s + 3, NULL, 16);
	*ret_size = 0;
	if (strncmp(s + 3 + a, "/0x", 3) != 0)
		return 3 + a;
	b = hex_run(s + 6 + a);
	*ret_size = (uint32_t)strtoul(s + 6 + a, NULL, 16);
	return 6 + a + b;
}

/* ` [ext4]` or ` [ext4 <build id>]`: its length, with the module's name. */
static size_t module_of(const char *s, size_t *ret_at, size_t *ret_len)
{
	size_t n;

	if (strncmp(s, " [", 2) != 0)
		return 0;
	n = 2;
	while (is_name(s[n]) || s[n] == '-')
		n++;
	if (n == 2 || n - 2 >= MODULE_LEN || (s[n] != ']' && s[n] != ' ' && s[n] != '('))
		return 0;
	*ret_at = 2;
	*ret_len = n - 2;
	n += strcspn(s + n, "]");
	return s[n] == ']' ? n + 1 : 0;
}

static void copy(char *dst, size_t size, const char *s, size_t n)
{
	n = MIN(n, size - 1);
	memcpy(dst, s, n);
	dst[n] = '\0';
}

/* A symbol with its offset: the bytes it takes, 0 none. */
static size_t symbol(const char *s, struct frame *f)
{
	size_t n = rust_name(s), at, len, taken, mod, plain;

	*f = (struct frame){ .reliable = true };
	if (n == 0)
		while (is_name(s[n]))
			n++;
	if (n == 0 || isdigit((unsigned char)s[0]))
		return 0;
	taken = offset_and_size(s + n, &f->offset, &f->size);
	if (taken == 0)
		return 0;
	plain = s[0] == '<' ? n : function_plain_len(s, n);
	copy(f->function, sizeof(f->function), s, plain);
	if (n - plain < sizeof(f->suffix))
		copy(f->suffix, sizeof(f->suffix), s + plain, n - plain);
	n += taken;
	mod = module_of(s + n, &at, &len);
	if (mod && strncmp(s + n + at, "inline", 6) != 0)
		copy(f->module, sizeof(f->module), s + n + at, len);
	return n + mod;
}

/* `[<ffffffff81d0010d>] ` and powerpc's `[c000] [c000] `: the rest behind them. */
static const char *skip_addresses(const char *s)
{
	for (;;) {
		const char *p = s;

		if (*p++ != '[')
			return s;
		if (*p == '<')
			p++;
		if (hex_run(p) < 8)
			return s;
		p += hex_run(p);
		if (*p == '>')
			p++;
		if (*p++ != ']')
			return s;
		s = p + strspn(p, " ");
	}
}

bool frames_read(const char *s, struct frame *ret)
{
	struct frame f;

	s = skip_addresses(s + strspn(s, " \t"));
	if (symbol(s, &f) == 0)
		return false;
	*ret = f;
	return true;
}

size_t frames_symbol(const char *s, size_t *ret_name)
{
	struct frame f;
	size_t n = symbol(s, &f), word = 0;

	if (n == 0) {
		if (isdigit((unsigned char)*s))
			return 0;
		while (is_name(s[word]))
			word++;
		*ret_name = function_plain_len(s, word);
		return word;
	}
	*ret_name = strlen(f.function);
	return n;
}

/* What follows a frame on its line: nothing, file:line, flags. Anything else is a sentence. */
static bool ends_frame(const char *s)
{
	s += strspn(s, " \t");
	return *s == '\0' || *s == '(' || *s == '[' || strchr(s, '/') || strstr(s, ".c:") ||
	       strstr(s, ".S:") || strstr(s, ".h:");
}

/* `fs/a.c:12`: the length of a place in the source, 0 none. */
static size_t source_place(const char *s)
{
	size_t n = strcspn(s, " :"), digits;

	if (n < 3 || s[n] != ':' || s[n - 2] != '.')
		return 0;
	digits = strspn(s + n + 1, "0123456789");
	return digits ? n + 1 + digits : 0;
}

/* `f fs/a.c:12 [inline]`, from a log that somebody has symbolised. */
static bool inlined(const char *s, struct frame *f)
{
	size_t n = 0;
	const char *old = str_after(s, "[<     inline     >] ");

	if (old)
		s = old;
	else if (!strstr(s, " [inline]"))
		return false;
	while (is_name(s[n]))
		n++;
	if (n == 0 || s[n] != ' ' || isdigit((unsigned char)s[0]) || !source_place(s + n + 1))
		return false;
	*f = (struct frame){ .reliable = true };
	copy(f->function, sizeof(f->function), s, function_plain_len(s, n));
	return true;
}

/* arm: `[<c010>] (f) from [<c011>] (g+0x1/0x2)`, and since 5.18 ` f from g+0x1/0x2`. */
static bool arm_frame(const char *s, struct frame *f)
{
	const char *from = strstr(s, " from ");
	size_t n = 0, paren = *s == '(';

	if (!from)
		return false;
	s += paren;
	while (is_name(s[n]))
		n++;
	if (n == 0 || (paren ? s[n] != ')' && s[n] != '+' : s + n != from))
		return false;
	*f = (struct frame){ .reliable = true };
	copy(f->function, sizeof(f->function), s, function_plain_len(s, n));
	return true;
}

/* Darwin: `0xffffffb0 : 0xffffff80 mach_kernel : _ioctl + 0xaeb`. */
static bool xnu_frame(const char *s, struct frame *f)
{
	const char *colon = str_after(s, "0x") ? strstr(s, " : 0x") : NULL, *name, *plus;

	if (!colon || !(name = strstr(colon + 3, " : ")) || !(plus = strstr(name + 3, " + 0x")))
		return false;
	name += strlen(" : ");
	name += *name == '_';
	if (name == plus)
		return false;
	*f = (struct frame){ .offset = (uint32_t)strtoul(plus + 5, NULL, 16), .reliable = true };
	copy(f->function, sizeof(f->function), name, (size_t)(plus - name));
	return true;
}

/* BSD: `f(ffff80,1) at f+0x10 sys/a.c:1`, `Stopped at      f+0x10:  movl ...`, `netbsd:f() at
 * netbsd:f+0x1`. */
static bool bsd_frame(const char *s, struct frame *f)
{
	const char *stopped = str_after(s, "Stopped at "), *at = strstr(s, ") at "), *colon;

	if (!stopped && (!at || !memchr(s, '(', (size_t)(at - s)) || is_name(at[0])))
		return false;
	s = stopped ? stopped : at + strlen(") at ");
	s += strspn(s, " \t");
	colon = str_after(s, "netbsd:");
	return symbol(colon ? colon : s, f) > 0;
}

static enum frame_line call_line(const char *s, struct frame *f)
{
	bool question = false;
	size_t n;

	s = skip_addresses(s + strspn(s, " \t"));
	if (s[0] == '?' && s[1] == ' ') {
		question = true;
		s += 2;
	}
	n = symbol(s, f);
	if (!(n && ends_frame(s + n)) && !inlined(s, f) && !arm_frame(s, f) && !xnu_frame(s, f) &&
	    !bsd_frame(s, f))
		return FRAME_NONE;
	f->reliable = !question && !strstr(s, "(unreliable)");
	return FRAME_CALL;
}

struct pc_form {
	const char *prefix;
	enum frame_line kind;
	bool segment; /* `0010:` may stand before the symbol */
};

static const struct pc_form pc_forms[] = {
	{ "RIP: ", FRAME_PC, true },      /* x86-64 */
	{ "EIP: ", FRAME_PC, true },      /* x86, 32 bits */
	{ "IP: ", FRAME_PC, false },      /* x86 up to 4.12 */
	{ "PC is at ", FRAME_PC, false }, /* arm, and arm64 up to 4.15 */
	{ "pc : ", FRAME_PC, false },     /* arm64 */
	{ "epc : ", FRAME_PC, false },    /* riscv */
	{ "NIP [", FRAME_PC, false },     /* powerpc */
	{ "epc   : ", FRAME_PC, false },  /* mips */
	{ "ra    : ", FRAME_LINK, false },  { "  ERA: ", FRAME_PC, false },     /* loongarch */
	{ "   ra: ", FRAME_LINK, false },   { "Krnl PSW : ", FRAME_PC, false }, /* s390 */
	{ "LR is at ", FRAME_LINK, false }, { "lr : ", FRAME_LINK, false },
	{ "LR [", FRAME_LINK, false },      { " ra : ", FRAME_LINK, false },
};

/* `0010:` kernel, `0033:` user: the rest behind it; *user says which. */
static const char *segment(const char *s, bool *user)
{
	if (hex_run(s) == 4 && s[4] == ':') {
		*user = (s[3] - '0') & 3;
		return s + 5;
	}
	return s;
}

/* mips: `80123456 f+0x1/0x2`; s390: `0704c00180000000 00000000b76e5d6c (f+0x1/0x2)`: behind the
 * words in hexadecimal. */
static const char *skip_words(const char *s)
{
	size_t n;

	while ((n = hex_run(s)) >= 8 && s[n] == ' ')
		s += n + strspn(s + n, " (");
	return s;
}

static enum frame_line pc_line(const struct pc_form *form, const char *s, struct frame *f)
{
	bool user = false;

	s += strlen(form->prefix);
	if (s[-1] == '[')
		s--;
	if (form->segment)
		s = segment(s, &user);
	if (user)
		return FRAME_PC_USER;
	s = skip_words(skip_addresses(s + strspn(s, " ")));
	if (symbol(s, f) > 0) {
		f->pc = form->kind == FRAME_PC;
		return form->kind;
	}
	return form->kind == FRAME_PC ? FRAME_PC_BAD : FRAME_NONE;
}

enum frame_line frames_parse(const char *text, struct frame *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(pc_forms); i++)
		if (str_after(text, pc_forms[i].prefix))
			return pc_line(&pc_forms[i], text, ret);
	return call_line(text, ret);
}

const char *frames_canonical(const char *function)
{
	static const char *const arch[] = { "__x64_",  "__ia32_",  "__arm64_",  "__s390x_",
					    "__s390_", "__riscv_", "__powerpc_" };
	static const char *const wrapper[] = {
		"__se_sys_", "__do_sys_", "__se_compat_sys_", "__do_compat_sys_", "compat_SyS_",
		"SyS_",      "ksys_"
	};
	const char *rest;

	for (size_t i = 0; i < ARRAY_SIZE(arch); i++)
		if ((rest = str_after(function, arch[i])) && strstr(rest, "sys_"))
			return rest;
	for (size_t i = 0; i < ARRAY_SIZE(wrapper); i++)
		if ((rest = str_after(function, wrapper[i])) && *rest)
			return rest;
	return function;
}

struct family {
	unsigned set;
	const char *const *glob; /* ends with NULL */
};

static const struct family families[] = {
#define SET(id, bit, sentence)
#define SKIP(set, ...) { SKIP_##set, (const char *const[]){ __VA_ARGS__, NULL } },
#include "detect/skips.def"
#undef SKIP
#undef SET
};

/* `*` stands for any run; it is the only wildcard. */
static bool glob(const char *p, const char *s)
{
	const char *star = NULL, *mark = NULL;

	while (*s) {
		if (*p == '*') {
			star = p++;
			mark = s;
		} else if (*p == *s) {
			p++;
			s++;
		} else if (star) {
			p = star + 1;
			s = ++mark;
		} else {
			return false;
		}
	}
	while (*p == '*')
		p++;
	return !*p;
}

static bool in_family(const struct family *f, const char *name)
{
	for (const char *const *g = f->glob; *g; g++)
		if ((**g == *name || **g == '*') && glob(*g, name))
			return true;
	return false;
}

bool frames_skipped(const char *function, unsigned sets)
{
	const char *name = function + strspn(function, "_");

	for (size_t i = 0; i < ARRAY_SIZE(families); i++)
		if ((families[i].set & sets) && in_family(&families[i], name))
			return true;
	return false;
}

bool frame_skipped(const struct frame *f, unsigned sets)
{
	const char *name = f->function + strspn(f->function, "_");

	if (!f->module[0])
		return frames_skipped(f->function, sets);
	for (size_t i = 0; i < ARRAY_SIZE(families); i++)
		for (const char *const *g = families[i].glob; *g; g++)
			if ((families[i].set & sets) && str_eq(*g, name))
				return true;
	return false;
}

bool frames_padding(const struct frame *f)
{
	return str_after(f->function, "__pfx_") || str_after(f->function, "__cfi_") ||
	       (f->size > 0 && f->offset >= f->size);
}

bool frames_dispatches(const char *function)
{
	return frames_skipped(function, SKIP_DISPATCH);
}
