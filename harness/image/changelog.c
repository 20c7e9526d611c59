/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image/changelog.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>

#include "base/fs.h"
#include "image/unpack.h"

enum { MAX_TEXT = 64 << 20, MAX_FILE = 16 << 20, PART_MIN = 3 };
enum { EXACT = 8, MODULE = 4, GUILTY_PART = 2, PART = 1 };

/* Parts of names that half the kernel has. */
static const char *const dull[] = {
	"dummy",  "finish",  "frames", "info",    "native",   "output",  "pending", "push",
	"queued", "add",     "alloc",  "async",   "bh",       "bug",     "call",    "check",
	"common", "core",    "cpu",    "del",     "dev",      "device",  "do",      "doit",
	"done",   "dump",    "entry",  "exc",     "exit",     "fault",   "file",    "find",
	"fork",   "free",    "from",   "get",     "handle",   "hard",    "hook",    "init",
	"inode",  "ioctl",   "irq",    "kernel",  "kfree",    "kthread", "list",    "lock",
	"loop",   "mem",     "mm",     "msg",     "net",      "netdev",  "new",     "node",
	"one",    "page",    "path",   "ping",    "pre",      "proc",    "process", "put",
	"queue",  "raw",     "rcu",    "read",    "ret",      "run",     "rwlock",  "safe",
	"send",   "sendmsg", "set",    "slow",    "slowpath", "soft",    "sock",    "spin",
	"start",  "stop",    "sys",    "syscall", "table",    "task",    "test",    "thread",
	"timer",  "trylock", "unlock", "user",    "vfs",      "wait",    "work",    "worker",
	"write",  "x64",     "xmit",
};

static bool is_dull(const char *s, size_t n)
{
	for (size_t i = 0; i < ARRAY_SIZE(dull); i++)
		if (strlen(dull[i]) == n && strncasecmp(dull[i], s, n) == 0)
			return true;
	return n < PART_MIN;
}

struct clues {
	struct clue *item;
	size_t n;
};

static void add_clue(struct clues *c, const char *word, size_t n, unsigned weight)
{
	if (n == 0 || n >= sizeof(c->item->word))
		return;
	for (size_t i = 0; i < c->n; i++)
		if (strlen(c->item[i].word) == n && strncasecmp(c->item[i].word, word, n) == 0) {
			c->item[i].weight = MAX(c->item[i].weight, weight);
			return;
		}
	if (c->n < CLUES_MAX) {
		snprintf(c->item[c->n].word, sizeof(c->item->word), "%.*s", (int)n, word);
		c->item[c->n++].weight = weight;
	}
}

/* At most `max` of the parts that are not dull: what comes later says what it does, not where. */
static void add_parts(struct clues *c, const char *name, size_t max, unsigned weight)
{
	for (const char *s = name; *s && max;) {
		const size_t n = strcspn(s, "_");

		if (!is_dull(s, n) && !isdigit((unsigned char)*s)) {
			add_clue(c, s, n, weight);
			max--;
		}
		s += n + (s[n] != 0);
	}
}

size_t changelog_clues(const char *const *function, size_t n_functions, const char *const *module,
		       size_t n_modules, struct clue clue[CLUES_MAX])
{
	struct clues c = { clue, 0 };

	for (size_t i = 0; i < n_functions; i++) {
		if (strchr(function[i], '_'))
			add_clue(&c, function[i], strlen(function[i]), EXACT);
		add_parts(&c, function[i], 1, i == 0 ? GUILTY_PART : PART);
	}
	for (size_t i = 0; i < n_modules; i++) {
		add_clue(&c, module[i], strlen(module[i]), MODULE);
		add_parts(&c, module[i], SIZE_MAX, GUILTY_PART);
	}
	return c.n;
}

/* ---- the text ---- */

static bool has_word(const char *text, const char *word)
{
	const size_t n = strlen(word);

	for (const char *s = text; (s = strcasestr(s, word)); s++)
		if ((s == text || (!isalnum((unsigned char)s[-1]) && s[-1] != '_')) &&
		    !isalnum((unsigned char)s[n]) && s[n] != '_')
			return true;
	return false;
}

static unsigned score(const char *entry, const struct clue *clue, size_t n)
{
	unsigned sum = 0;

	for (size_t i = 0; i < n; i++)
		if (has_word(entry, clue[i].word))
			sum += clue[i].weight;
	return sum;
}

struct hit {
	char *text;
	unsigned score;
	size_t at;
};

struct hits {
	struct hit *item;
	size_t n;
};

static int compare_hits(const void *a, const void *b)
{
	const struct hit *x = a, *y = b;

	if (x->score != y->score)
		return x->score < y->score ? 1 : -1;
	return x->at < y->at ? -1 : 1;
}

static void take_entry(struct hits *h, struct buf *entry, const struct clue *clue, size_t n)
{
	const unsigned s = entry->len ? score(buf_str(entry), clue, n) : 0;

	if (s) {
		h->item = xrealloc(h->item, (h->n + 1) * sizeof(*h->item));
		h->item[h->n] = (struct hit){ buf_steal(entry), s, h->n };
		h->n++;
	}
	buf_clear(entry);
}

/* The version less what a suite or a signature added: 6.12.115-2~deb12u1, 6.12.115+2. */
static char *plain_version(const char *s)
{
	return xstrndup(s, strcspn(s, "~+) "));
}

/* "linux (6.1.192-1) bookworm; urgency=high": is that no newer than `older`? NULL: the first one.
 */
static bool is_older(const char *line, const char *older, size_t nth)
{
	const char *open = strchr(line, '(');
	_cleanup_free_
	char *here = open ? plain_version(open + 1) : NULL;
	_cleanup_free_
	char *there = older ? plain_version(older) : NULL;

	if (!older)
		return nth > 1;
	return here && str_version_cmp(here, there) <= 0;
}

/* The text of a line's item, or NULL where it goes on with the one before. */
static const char *item_text(const char *line)
{
	const char *s = line + strspn(line, " ");

	return s > line && strchr("*-+", *s) && s[1] == ' ' ? s + 2 : NULL;
}

static void add_line(struct hits *h, struct buf *entry, char *line, const struct clue *clue,
		     size_t n)
{
	const char *item = item_text(line);

	if (item)
		take_entry(h, entry, clue, n);
	if (item || entry->len)
		buf_printf(entry, "%s%s", entry->len ? " " : "",
			   item ? item : line + strspn(line, " "));
}

static void collect(struct hits *h, const char *text, const char *older, const struct clue *clue,
		    size_t n)
{
	_cleanup_buf_ struct buf entry = BUF_INIT;
	size_t headers = 0;

	for (const char *s = text, *end; *s; s = *end ? end + 1 : end) {
		_cleanup_free_
		char *line = NULL;

		end = s + strcspn(s, "\n");
		line = xstrndup(s, (size_t)(end - s));
		if (isalpha((unsigned char)*line) && strchr(line, '(')) {
			take_entry(h, &entry, clue, n);
			if (is_older(line, older, ++headers))
				break;
		} else if (!*line || str_after(line, " --")) {
			take_entry(h, &entry, clue, n);
		} else {
			add_line(h, &entry, line, clue, n);
		}
	}
	take_entry(h, &entry, clue, n);
}

void changelog_search(const char *text, const char *older, const struct clue *clue, size_t n_clues,
		      size_t max, struct strv *ret, size_t *ret_all)
{
	struct hits h = { 0 };

	collect(&h, text, older, clue, n_clues);
	if (h.n)
		qsort(h.item, h.n, sizeof(*h.item), compare_hits);
	for (size_t i = 0; i < h.n; i++)
		if (i < max)
			strv_take(ret, h.item[i].text);
		else
			free(h.item[i].text);
	*ret_all = h.n;
	free(h.item);
}

int changelog_read(const char *path, const char *older, const struct clue *clue, size_t n_clues,
		   size_t max, struct strv *ret, size_t *ret_all, struct err *err)
{
	_cleanup_buf_ struct buf packed = BUF_INIT, text = BUF_INIT;
	int r = fs_read(AT_FDCWD, path, MAX_FILE, &packed, err);

	if (r == 0)
		r = unpack_bytes(packed.data, packed.len, path, MAX_TEXT, &text, err);
	if (r < 0)
		return r;
	changelog_search(buf_str(&text), older, clue, n_clues, max, ret, ret_all);
	return 0;
}
