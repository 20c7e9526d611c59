/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image.h"

#include <errno.h>

#include "base/exit.h"
#include "base/json.h"
#include "image/recipe.h"
#include "image/rootfs.h"

static void the_built_in_recipe_is_whole(void **state)
{
	_cleanup_recipe_ struct recipe r = { 0 };

	(void)state;
	assert_int_equal(recipe_get("containers", &r, NULL), 0);
	assert_string_equal(r.suite, "bookworm");
	assert_true(strv_has(&r.packages, "podman"));
	assert_true(strv_has(&r.packages, "mariadb-server"));
	assert_true(strv_has(&r.modules, "veth"));
	assert_true(r.run.n > 0 && r.remove.n > 0);
}

static void comments_and_blanks_do_not_change_the_digest_and_words_do(void **state)
{
	_cleanup_recipe_ struct recipe a = { 0 }, b = { 0 }, c = { 0 };

	(void)state;
	assert_int_equal(recipe_parse("a", "suite s\npackages x y\n", &a, NULL), 0);
	assert_int_equal(recipe_parse("b", "# why\n\n suite s  \npackages x y", &b, NULL), 0);
	assert_int_equal(recipe_parse("c", "suite s\npackages x z\n", &c, NULL), 0);
	assert_string_equal(a.digest, b.digest);
	assert_string_not_equal(a.digest, c.digest);
}

static void a_line_that_is_wrong_is_named(void **state)
{
	static const struct {
		const char *text, *want;
	} bad[] = {
		{ "suite s\npackages x\nfoo y\n", "r:3: \"foo\" is no key of recipes" },
		{ "suite s\npackages -x\n", "r:2: \"-x\" is not a Debian package's name" },
		{ "suite s\npackages x\nremove /etc\n", "r:3: \"/etc\" is not a path pattern" },
		{ "suite s\npackages x\nremove a/../../b\n", "r:3: \"a/../../b\" is not" },
		{ "suite s\npackages x\nremove tmp/*\n", "r:3: \"tmp/*\" is not a path pattern" },
		{ "suite s\npackages x\nremove */a\n", "r:3: \"*/a\" is not a path pattern" },
		{ "suite s\npackages x\nremove a;b\n", "r:3: \"a;b\" is not" },
		{ "suite s\npackages x\nexclude etc\n", "r:3: \"etc\" is not an absolute" },
		{ "suite s\npackages x\nrun\n", "r:3: nothing behind \"run\"" },
		{ "suite s\nsuite t\n", "r:2: one suite is wanted" },
		{ "suite s\n", "r: a recipe needs a suite and packages" },
		{ "", "r: a recipe needs a suite and packages" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct recipe r = { 0 };
		struct err err = { 0 };

		assert_true(recipe_parse("r", bad[i].text, &r, &err) < 0);
		assert_int_equal(err.exit_code, EXIT_BAD_SCENARIO);
		if (!str_after(err.msg, bad[i].want))
			fail_msg("%s\nwanted: %s", err.msg, bad[i].want);
	}
}

static void an_unknown_image_is_told_the_names(void **state)
{
	struct recipe r = { 0 };
	struct err err = { 0 };

	(void)state;
	assert_int_equal(recipe_get("desktop", &r, &err), -ENOENT);
	assert_non_null(strstr(err.msg, "lean or containers"));
}

/* ---- what is done with it ---- */

static bool has(const struct strv *v, const char *part)
{
	for (size_t i = 0; i < v->n; i++)
		if (strstr(v->item[i], part))
			return true;
	return false;
}

static void the_command_carries_the_recipe_and_quotes_it(void **state)
{
	_cleanup_recipe_ struct recipe r = { 0 };
	_cleanup_strv_ struct strv sources = { 0 }, command = { 0 };

	(void)state;
	strv_add(&sources, "deb http://d/ s main");
	assert_int_equal(recipe_parse("r",
				      "suite s\npackages x y\nexclude /usr/share/doc/*\n"
				      "remove etc/*-\nrun echo 'a b' >/c\n",
				      &r, NULL),
			 0);
	root_command(&r, &sources, "/a b/root.erofs", &command);
	assert_string_equal(command.item[0], "mmdebstrap");
	assert_true(strv_has(&command, "--include=x,y"));
	assert_true(strv_has(&command, "--dpkgopt=path-exclude=/usr/share/doc/*"));
	assert_true(has(&command, "rm -rf ./etc/*-;"));
	assert_true(has(&command, "/bin/sh -ec 'echo '\\''a b'\\'' >/c'"));
	assert_true(has(&command, "$R.pack/dev")); /* covered: no nodes */
	assert_true(has(&command, "mkfs.erofs --quiet -T 1700000000 -U "));
	assert_true(strv_has(&command, "--customize-hook=download /root.erofs '/a b/root.erofs'"));
	assert_string_equal(command.item[command.n - 3], "s");
	assert_string_equal(command.item[command.n - 1], "deb http://d/ s main");
}

/* ---- the cache ---- */

static void put_root(const char *entry, const char *recipe, unsigned made)
{
	_cleanup_free_
	char *meta = xasprintf("kernsoak/roots/%s/meta.json", entry),
	     *text = xasprintf("{\"recipe\": \"%s\", \"sha256\": \"00\", \"bytes\": 5, "
			       "\"made\": %u, \"build-ns\": 7}",
			       recipe, made);

	fx_write(meta, text, strlen(text), 0644);
}

static void a_run_takes_the_newest_image_of_its_recipe(void **state)
{
	_cleanup_root_image_ struct root_image root = { 0 };
	_cleanup_root_list_ struct root_list l = { 0 };
	_cleanup_recipe_ struct recipe r = { 0 };
	struct err err = { 0 };
	char entry[64];

	(void)state;
	assert_int_equal(recipe_parse("r", "suite s\npackages x\n", &r, NULL), 0);
	assert_int_equal(root_find("c", &r, &root, &err), -ENOENT);
	assert_int_equal(err.exit_code, EXIT_HOST_UNABLE);
	put_root("c-ffffffffffffffff-1", "ff", 300);
	snprintf(entry, sizeof(entry), "c-%.16s-1", r.digest);
	put_root(entry, r.digest, 100);
	snprintf(entry, sizeof(entry), "c-%.16s-2", r.digest);
	put_root(entry, r.digest, 200);
	fx_write("kernsoak/roots/c-torn/meta.json", "{", 1, 0644);
	assert_int_equal(root_find("c", &r, &root, NULL), 0);
	assert_string_equal(root.entry, entry);
	assert_int_equal(root.bytes, 5);
	assert_int_equal(root_list(&l, NULL), 0);
	assert_int_equal(l.n, 3);
	assert_int_equal(l.item[0].made_s, 300);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_built_in_recipe_is_whole),
		cmocka_unit_test(comments_and_blanks_do_not_change_the_digest_and_words_do),
		cmocka_unit_test(a_line_that_is_wrong_is_named),
		cmocka_unit_test(an_unknown_image_is_told_the_names),
		cmocka_unit_test(the_command_carries_the_recipe_and_quotes_it),
		cmocka_unit_test_setup_teardown(a_run_takes_the_newest_image_of_its_recipe,
						fx_setup, fx_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
