/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The lists of kernsoak-scenario(5) are the program's; UPDATE_GOLDEN=1 writes them into the page.
 */
#include "unit.h"

#include <fcntl.h>

#include "base/fs.h"
#include "base/proc.h"
#include "model/schema_text.h"

#define DIR  "docs/man"
#define PAGE "kernsoak-scenario.5"

static void write_keys(struct buf *out)
{
	assert_true(schema_write_keys(SCHEMA_MDOC, NULL, out));
}

static void write_loads(struct buf *out)
{
	schema_write_loads(SCHEMA_MDOC, out);
}

static void write_plants(struct buf *out)
{
	schema_write_plants(SCHEMA_MDOC, out);
}

static void write_classes(struct buf *out)
{
	schema_write_classes(SCHEMA_MDOC, out);
}

/* The page with the part between the marks `.\" begin NAME` and `.\" end NAME` replaced. */
static void put_part(struct buf *page, const char *name, void (*write)(struct buf *))
{
	_cleanup_free_
	char *begin = xasprintf(".\\\" begin %s\n", name);
	_cleanup_free_
	char *end = xasprintf(".\\\" end %s\n", name);
	struct buf out = BUF_INIT;
	const char *from = strstr(buf_str(page), begin), *to = strstr(buf_str(page), end);

	assert_non_null(from);
	assert_non_null(to);
	from += strlen(begin);
	buf_append(&out, page->data, (size_t)(from - page->data));
	write(&out);
	buf_puts(&out, to);
	buf_done(page);
	*page = out;
}

static void the_man_page_lists_what_the_tables_hold(void **state)
{
	_cleanup_buf_ struct buf page = BUF_INIT, fresh = BUF_INIT;
	struct err err = { 0 };
	_cleanup_close_ int dir = fs_open_dir(AT_FDCWD, DIR, &err);

	(void)state;
	assert_ok(dir);
	assert_ok(fs_read(dir, PAGE, 1 << 20, &page, &err));
	buf_puts(&fresh, buf_str(&page));
	put_part(&fresh, "keys", write_keys);
	put_part(&fresh, "loads", write_loads);
	put_part(&fresh, "plants", write_plants);
	put_part(&fresh, "classes", write_classes);
	if (str_eq(buf_str(&page), buf_str(&fresh)))
		return;
	if (!getenv("UPDATE_GOLDEN"))
		fail_msg("a table changed: UPDATE_GOLDEN=1 build/tests/unit/test_schema_text "
			 "brings " DIR "/" PAGE " up to date");
	assert_ok(fs_write(dir, PAGE, fresh.data, fresh.len, &err));
}

static void the_man_page_is_clean_mdoc(void **state)
{
	const char *const argv[] = { "mandoc", "-T", "lint", "-W", "warning", DIR "/" PAGE, NULL };
	_cleanup_buf_ struct buf out = BUF_INIT;
	_cleanup_free_
	char *mandoc = fs_which("mandoc");
	struct err err = { 0 };
	int r;

	(void)state;
	if (!mandoc)
		skip();
	r = proc_output(argv, 1 << 20, &out, &err);
	if (r != 0)
		fail_msg("mandoc: %d\n%s", r, buf_str(&out));
}

static void one_key_is_told_with_what_is_below_it(void **state)
{
	_cleanup_buf_ struct buf out = BUF_INIT;

	(void)state;
	assert_true(schema_write_keys(SCHEMA_PLAIN, "fail.target", &out));
	assert_non_null(strstr(buf_str(&out), "fail.target.within (count, 1 to 48; default 8)\n"));
	assert_null(strstr(buf_str(&out), "limits"));
	buf_clear(&out);
	assert_false(schema_write_keys(SCHEMA_PLAIN, "fail.tar", &out));
	assert_int_equal(out.len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(the_man_page_lists_what_the_tables_hold),
		test(the_man_page_is_clean_mdoc),
		test(one_key_is_told_with_what_is_below_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
