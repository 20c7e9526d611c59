/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

#include <errno.h>
#include <string.h>

#include "model/capabilities.h"

static int read_text(const char *from, const char *text, struct kconfig *c, struct err *err)
{
	return kconfig_read(from, text, strlen(text), c, err);
}

static void values_are_read_as_written(void **state)
{
	_cleanup_kconfig_ struct kconfig c = { 0 };
	struct err err = { 0 };

	(void)state;
	assert_ok(read_text("c",
			    "#\n# Automatically generated\n\nCONFIG_KASAN=y\r\n"
			    "CONFIG_FUSE_FS=m\n# CONFIG_KCSAN is not set\nCONFIG_HZ=250\n"
			    "CONFIG_LOCALVERSION=\"-lean\"",
			    &c, &err));
	assert_int_equal(c.n, 5);
	assert_string_equal(kconfig_value(&c, "KASAN"), "y");
	assert_string_equal(kconfig_value(&c, "FUSE_FS"), "m");
	assert_string_equal(kconfig_value(&c, "KCSAN"), "n");
	assert_string_equal(kconfig_value(&c, "HZ"), "250");
	assert_string_equal(kconfig_value(&c, "LOCALVERSION"), "\"-lean\"");
	assert_string_equal(kconfig_value(&c, "NEVER_HEARD_OF"), "n");
}

static void the_last_word_on_a_symbol_counts(void **state)
{
	_cleanup_kconfig_ struct kconfig c = { 0 };
	_cleanup_buf_ struct buf out = BUF_INIT;
	struct err err = { 0 };

	(void)state;
	assert_ok(read_text("a", "CONFIG_B=y\nCONFIG_A=y\nCONFIG_A=m\n", &c, &err));
	assert_string_equal(kconfig_value(&c, "A"), "m");
	assert_ok(read_text("b", "# CONFIG_B is not set\nCONFIG_C=1\n", &c, &err));
	kconfig_write(&c, &out);
	assert_string_equal(buf_str(&out), "CONFIG_A=m\n# CONFIG_B is not set\nCONFIG_C=1\n");
}

static void a_line_that_is_no_symbol_is_an_error_with_its_place(void **state)
{
	static const char *const bad[] = { "KASAN=y\n", "CONFIG_X\n", "CONFIG_X=\n", "CONFIG_=y\n",
					   "CONFIG X=y\n" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		_cleanup_kconfig_ struct kconfig c = { 0 };
		_cleanup_free_
		char *text = xasprintf("CONFIG_A=y\n%s", bad[i]);
		struct err err = { 0 };

		assert_int_equal(read_text("my.config", text, &c, &err), -EINVAL);
		assert_non_null(strstr(err.msg, "my.config:2: '"));
		assert_string_equal(kconfig_value(&c, "A"), "y");
	}
}

static void every_symbol_that_did_not_take_effect_is_named(void **state)
{
	_cleanup_kconfig_ struct kconfig asked = { 0 }, got = { 0 };
	struct err err = { 0 };

	(void)state;
	assert_ok(read_text("lean", "CONFIG_A=y\nCONFIG_M=m\nCONFIG_OFF=n\n", &asked, &err));
	assert_ok(read_text("got", "CONFIG_A=y\nCONFIG_M=y\n", &got, &err));
	assert_ok(kconfig_took_effect(&asked, &got, &err));
	assert_ok(read_text("kasan", "CONFIG_KASAN=y\nCONFIG_N=5\n", &asked, &err));
	assert_ok(read_text("got", "CONFIG_N=4\n", &got, &err));
	assert_int_equal(kconfig_took_effect(&asked, &got, &err), -EINVAL);
	assert_non_null(strstr(err.msg, "2 of 5 symbols"));
	assert_non_null(strstr(err.msg, "CONFIG_KASAN=y (kasan; it is n)"));
	assert_non_null(strstr(err.msg, "CONFIG_N=5 (kasan; it is 4)"));
}

static void what_may_be_absent_may_be_absent_but_not_be_otherwise(void **state)
{
	_cleanup_kconfig_ struct kconfig asked = { 0 }, got = { 0 };
	struct err err = { 0 };

	(void)state;
	assert_ok(read_text("f",
			    "# kernsoak: may be absent CONFIG_NEW CONFIG_SIZE\n"
			    "CONFIG_NEW=y\nCONFIG_SIZE=5\n",
			    &asked, &err));
	assert_ok(kconfig_took_effect(&asked, &got, &err));
	assert_ok(read_text("got", "CONFIG_SIZE=4\n", &got, &err));
	assert_int_equal(kconfig_took_effect(&asked, &got, &err), -EINVAL);
	assert_null(strstr(err.msg, "CONFIG_NEW"));
}

static void a_name_stands_for_its_symbols(void **state)
{
	const struct capability *c = capability_by_name("netconsole");
	_cleanup_kconfig_ struct kconfig config = { 0 };
	struct err err = { 0 };

	(void)state;
	assert_int_equal(capability_state(c, &config), CAPABILITY_OFF);
	assert_ok(read_text("c", "CONFIG_NETCONSOLE=m\n", &config, &err));
	assert_int_equal(capability_state(c, &config), CAPABILITY_OFF);
	assert_ok(read_text("c", "CONFIG_NETCONSOLE_DYNAMIC=y\n", &config, &err));
	assert_int_equal(capability_state(c, &config), CAPABILITY_MODULE);
	assert_ok(read_text("c", "CONFIG_NETCONSOLE=y\n", &config, &err));
	assert_int_equal(capability_state(c, &config), CAPABILITY_BUILTIN);
}

static void either_symbol_will_do_where_the_table_says_so(void **state)
{
	const struct capability *c = capability_by_name("list-debug");
	_cleanup_kconfig_ struct kconfig old = { 0 }, new = { 0 }, none = { 0 };
	struct err err = { 0 };

	(void)state;
	assert_ok(read_text("c", "CONFIG_DEBUG_LIST=y\n", &old, &err));
	assert_ok(read_text("c", "CONFIG_LIST_HARDENED=y\n", &new, &err));
	assert_int_equal(capability_state(c, &old), CAPABILITY_BUILTIN);
	assert_int_equal(capability_state(c, &new), CAPABILITY_BUILTIN);
	assert_int_equal(capability_state(c, &none), CAPABILITY_OFF);
}

static void what_is_missing_is_said_with_the_way_to_get_it(void **state)
{
	_cleanup_kconfig_ struct kconfig config = { 0 };
	struct err err = { 0 };

	(void)state;
	assert_int_equal(need_met("kasan", &config, &err), -ENOTSUP);
	assert_non_null(strstr(err.msg, "CONFIG_KASAN is not set"));
	assert_non_null(strstr(err.msg, "kernel: ./linux"));
	assert_int_equal(need_met("CONFIG_MY_DRIVER", &config, &err), -ENOTSUP);
	assert_non_null(strstr(err.msg, "CONFIG_MY_DRIVER is not set"));
	assert_ok(read_text("c", "CONFIG_MY_DRIVER=m\nCONFIG_KASAN=y\n", &config, &err));
	assert_ok(need_met("CONFIG_MY_DRIVER", &config, &err));
	assert_ok(need_met("kasan", &config, &err));
}

static void an_unknown_need_names_the_nearest(void **state)
{
	struct err err = { 0 };

	(void)state;
	assert_false(need_is_word("kasam"));
	assert_false(need_is_word("CONFIG_lower"));
	assert_false(need_is_word("CONFIG_"));
	assert_true(need_is_word("CONFIG_X86_64"));
	assert_int_equal(need_unknown("kasam", &err), -EINVAL);
	assert_non_null(strstr(err.msg, "did you mean 'kasan'"));
}

/* Symbols must look like symbols, a name must be a word of its own, a recipe one of ours. */
static void every_row_is_well_formed(void **state)
{
	const struct capability *c;

	(void)state;
	for (size_t i = 0; (c = capability_nth(i)); i++) {
		assert_ptr_equal(capability_by_name(c->name), c);
		assert_int_equal(strspn(c->name, "abcdefghijklmnopqrstuvwxyz0123456789-"),
				 strlen(c->name));
		assert_true(*c->symbols);
		assert_int_equal(strspn(c->symbols, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_ |"),
				 strlen(c->symbols));
		assert_true(*c->sentence);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(values_are_read_as_written),
		test(the_last_word_on_a_symbol_counts),
		test(a_line_that_is_no_symbol_is_an_error_with_its_place),
		test(every_symbol_that_did_not_take_effect_is_named),
		test(what_may_be_absent_may_be_absent_but_not_be_otherwise),
		test(a_name_stands_for_its_symbols),
		test(either_symbol_will_do_where_the_table_says_so),
		test(what_is_missing_is_said_with_the_way_to_get_it),
		test(an_unknown_need_names_the_nearest),
		test(every_row_is_well_formed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
