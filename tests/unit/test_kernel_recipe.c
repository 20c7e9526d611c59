/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Recipes for kernels: what they may say, and how they complain of the rest. */
#include "image.h"

#include <errno.h>

#include "base/exit.h"
#include "model/kernel_recipe.h"

static void put_recipes(void)
{
	fx_text("r/lean.yaml", "source: debian:linux-source-6.12\nfragments: [lean]\n", 0644);
	fx_text("r/lean.config", "CONFIG_A=y\nCONFIG_B=m\n", 0644);
	fx_text("r/kasan.config", "CONFIG_B=y\nCONFIG_KASAN=y\n", 0644);
	fx_text("mine/fix.patch", "--- a/x\n", 0644);
	fx_text("mine/own.config", "CONFIG_C=y\n", 0644);
}

static int read_ref(const char *ref, struct kernel_recipe *ret, struct err *err)
{
	_cleanup_free_
	char *shipped = xstrdup(fx_path("r"));

	return kernel_recipe_read(ref, shipped, ret, err);
}

/* A recipe of one's own, of that text. */
static int read_text(const char *text, struct kernel_recipe *ret, struct err *err)
{
	put_recipes();
	fx_text("mine/mine.yaml", text, 0644);
	return read_ref(fx_path("mine/mine.yaml"), ret, err);
}

static void assert_asked(const struct kernel_recipe *r, const char *text)
{
	_cleanup_kconfig_ struct kconfig asked = { 0 };
	_cleanup_buf_ struct buf out = BUF_INIT;
	struct err err = { 0 };

	assert_ok(kernel_recipe_asked(r, &asked, &err));
	kconfig_write(&asked, &out);
	assert_string_equal(buf_str(&out), text);
}

static void fragments_are_added_to_a_recipe_by_name(void **state)
{
	_cleanup_kernel_recipe_ struct kernel_recipe r = { 0 };
	struct err err = { 0 };

	(void)state;
	put_recipes();
	assert_ok(read_ref("lean+kasan", &r, &err));
	assert_string_equal(r.name, "lean+kasan");
	assert_int_equal(r.kind, RECIPE_DEBIAN);
	assert_string_equal(r.source, "linux-source-6.12");
	assert_null(r.revision);
	assert_asked(&r, "CONFIG_A=y\nCONFIG_B=y\nCONFIG_KASAN=y\n"
			 "CONFIG_LOCALVERSION=\"-lean+kasan\"\n");
}

static void paths_are_relative_to_the_recipe(void **state)
{
	_cleanup_kernel_recipe_ struct kernel_recipe r = { 0 };
	_cleanup_free_
	char *tree = NULL, *patch = NULL;
	struct err err = { 0 };

	(void)state;
	assert_ok(read_text("source: git:../linux#v6.9\nbase: defconfig\n"
			    "fragments: [lean, ./own.config]\npatches: ./fix.patch\n",
			    &r, &err));
	tree = xstrdup(fx_path("mine/../linux"));
	patch = xstrdup(fx_path("mine/fix.patch"));
	assert_string_equal(r.name, "mine");
	assert_int_equal(r.kind, RECIPE_GIT);
	assert_string_equal(r.source, tree);
	assert_string_equal(r.revision, "v6.9");
	assert_int_equal(r.base, RECIPE_DEFCONFIG);
	assert_int_equal(r.patches.n, 1);
	assert_string_equal(r.patches.item[0], patch);
	assert_asked(&r, "CONFIG_A=y\nCONFIG_B=m\nCONFIG_C=y\nCONFIG_LOCALVERSION=\"-mine\"\n");
}

static void a_source_is_a_package_a_tree_or_a_tarball(void **state)
{
	static const struct {
		const char *text;
		enum kernel_recipe_source kind;
		const char *source, *revision;
	} good[] = {
		{ "debian:linux-source-6.1=6.1.190-1", RECIPE_DEBIAN, "linux-source-6.1",
		  "6.1.190-1" },
		{ "git:/src/linux", RECIPE_GIT, "/src/linux", NULL },
		{ "git:/src/l#inux#HEAD~2", RECIPE_GIT, "/src/l#inux", "HEAD~2" },
		{ "/src/linux-6.12.tar.xz", RECIPE_TAR, "/src/linux-6.12.tar.xz", NULL },
		{ "./linux.tar", RECIPE_TAR, "./linux.tar", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		_cleanup_kernel_recipe_ struct kernel_recipe r = { 0 };
		struct err err = { 0 };

		assert_ok(kernel_recipe_set_source(&r, good[i].text, &err));
		assert_int_equal(r.kind, good[i].kind);
		assert_string_equal(r.source, good[i].source);
		if (good[i].revision)
			assert_string_equal(r.revision, good[i].revision);
		else
			assert_null(r.revision);
	}
}

static void what_a_recipe_may_not_say_has_its_place(void **state)
{
	static const struct {
		const char *text, *place, *sentence;
	} bad[] = {
		{ "source: lean\n", ":1:9: ", "accepted are debian:PACKAGE" },
		{ "source: 'debian:'\n", ":1:9: ", "names no package" },
		{ "source: debian:-o/etc/x\n", ":1:9: ", "names no package" },
		{ "source: debian:Linux\n", ":1:9: ", "names no package" },
		{ "source: 'git:'\n", ":1:9: ", "names no commit" },
		{ "source: git:./x#\n", ":1:9: ", "names no commit" },
		{ "source: [a, b]\n", ":1:9: ", "should be a word" },
		{ "source: ''\n", ":1:9: ", "should be a word" },
		{ "fragments: lean\n", ":1:1: ", "needs a source" },
		{ "- source\n", ":1:1: ", "should be a map" },
		{ "just a word\n", ":1:1: ", "should be a map" },
		{ "", ":1:1: ", "should be a map" },
		{ "source: ./x.tar\nsauce: y\n", ":2:1: ", "source, base, fragments and patches" },
		{ "source: ./x.tar\nbase: nothing\n", ":2:7: ", "allnoconfig, defconfig" },
		{ "source: ./x.tar\nbase: ./nope\n", ":2:7: ", "cannot read" },
		{ "source: ./x.tar\nfragments: [lean, kasam]\n",
		  ":2:19: ", "accepted are kasan, lean" },
		{ "source: ./x.tar\nfragments: [../../etc/passwd]\n", ":2:13: ", "cannot read" },
		{ "source: ./x.tar\nfragments: { a: b }\n", ":2:12: ", "should be a list" },
		{ "source: ./x.tar\npatches: [[x]]\n", ":2:11: ", "should be a word" },
		{ "source: ./x.tar\npatches: [./nope.patch]\n", ":2:11: ", "nope.patch" },
		{ "source: ./x.tar\nsource: ./y.tar\n", ":2:1: ", "source" },
		{ "source: &a ./x.tar\nbase: *a\n", ":1:9: ", "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		_cleanup_kernel_recipe_ struct kernel_recipe r = { 0 };
		_cleanup_free_
		char *place = xasprintf("mine.yaml%s", bad[i].place);
		struct err err = { 0 };

		assert_true(read_text(bad[i].text, &r, &err) < 0);
		assert_int_equal(err.exit_code, EXIT_BAD_SCENARIO);
		if (!strstr(err.msg, place) || !strstr(err.msg, bad[i].sentence))
			fail_msg("'%s' gave: %s", bad[i].text, err.msg);
		assert_null(r.name);
	}
}

static void a_fragment_that_is_none_says_where(void **state)
{
	_cleanup_kernel_recipe_ struct kernel_recipe r = { 0 };
	_cleanup_kconfig_ struct kconfig asked = { 0 };
	struct err err = { 0 };

	(void)state;
	assert_ok(read_text("source: ./x.tar\nfragments: ./fix.patch\n", &r, &err));
	assert_true(kernel_recipe_asked(&r, &asked, &err) < 0);
	assert_int_equal(err.exit_code, EXIT_BAD_SCENARIO);
	assert_non_null(strstr(err.msg, "fix.patch:1"));
}

static void a_name_that_is_none_gets_all_there_are(void **state)
{
	static const char *const bad[] = { "leen",   "lean+",     "lean+kasam", "lean++kasan",
					   "+kasan", "..",        "",           "lean kasan",
					   "-o",     "lean@1234", "lean\nkasan" };

	(void)state;
	put_recipes();
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		_cleanup_kernel_recipe_ struct kernel_recipe r = { 0 };
		struct err err = { 0 };

		assert_int_equal(read_ref(bad[i], &r, &err), -ENOENT);
		assert_int_equal(err.exit_code, EXIT_BAD_SCENARIO);
		assert_non_null(strstr(err.msg, "there are lean, to which"));
		assert_non_null(strstr(err.msg, "there are kasan, lean)"));
	}
}

static void a_file_whose_name_cannot_be_a_release_is_refused(void **state)
{
	_cleanup_kernel_recipe_ struct kernel_recipe r = { 0 };
	struct err err = { 0 };

	(void)state;
	fx_text("mine/my own.yaml", "source: ./x.tar\n", 0644);
	assert_int_equal(read_ref(fx_path("mine/my own.yaml"), &r, &err), -EINVAL);
	assert_non_null(strstr(err.msg, "NAME.yaml"));
}

static void patches_count_by_what_they_hold(void **state)
{
	char sum[2][SHA256_HEX];

	(void)state;
	for (int i = 0; i < 2; i++) {
		_cleanup_kernel_recipe_ struct kernel_recipe r = { 0 };
		struct sha256 s;
		struct err err = { 0 };

		assert_ok(read_text("source: ./x.tar\npatches: [./fix.patch]\n", &r, &err));
		fx_text("mine/fix.patch", i ? "one\n" : "other\n", 0644);
		sha256_init(&s);
		assert_ok(kernel_recipe_add_patches(&r, &s, &err));
		sha256_hex(&s, sum[i]);
	}
	assert_string_not_equal(sum[0], sum[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(fragments_are_added_to_a_recipe_by_name),
		test(paths_are_relative_to_the_recipe),
		test(a_source_is_a_package_a_tree_or_a_tarball),
		test(what_a_recipe_may_not_say_has_its_place),
		test(a_fragment_that_is_none_says_where),
		test(a_name_that_is_none_gets_all_there_are),
		test(a_file_whose_name_cannot_be_a_release_is_refused),
		test(patches_count_by_what_they_hold),
	};

	return cmocka_run_group_tests(tests, fx_setup, fx_teardown);
}
