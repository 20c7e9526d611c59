/* SPDX-License-Identifier: GPL-3.0-or-later */
/* apt is played by two scripts on PATH, which serve the packages that the tests put into pool/. */
#include "image.h"

#include <errno.h>
#include <sys/wait.h>
#include <time.h>

#include "base/exit.h"
#include "base/sha256.h"
#include "base/str.h"
#include "image/kernels.h"

#define CLOUD_54  "linux-image-6.1.0-54-cloud-amd64"
#define CLOUD_117 "linux-image-6.12.117+deb12-cloud-amd64"

static const char apt_cache[] = "#!/bin/sh\n"
				"cd \"$POOL\" || exit 1\n"
				"case $1 in\n"
				"pkgnames) cat names ;;\n"
				"show) shift 2; for p; do cat \"$p.show\"; echo; done ;;\n"
				"esac\n";

static const char apt_get[] =
	"#!/bin/sh\n"
	"echo W: a warning that nobody should see >&2\n"
	"echo run >>\"$POOL/downloads\"\n"
	"eval what=\\$$#\n"
	"cp \"$POOL/${what%%=*}.deb\" \"${what%%=*}_${what#*=}_amd64.deb\" || {\n"
	"	echo \"E: Failed to fetch it  404  Not Found\" >&2; exit 100; }\n";

/* A package of a kernel and a module, and its row in the index with this SHA256 (NULL: the right
 * one). */
static void put_package(const char *package, const char *release, const char *sum)
{
	_cleanup_buf_ struct buf image = BUF_INIT, text = BUF_INIT, module = BUF_INIT;
	_cleanup_free_
	char *vmlinuz = xasprintf("./boot/vmlinuz-%s", release);
	_cleanup_free_
	char *config = xasprintf("./boot/config-%s", release);
	_cleanup_free_
	char *ko = xasprintf("./lib/modules/%s/kernel/x.ko", release);
	_cleanup_free_
	char *changelog = xasprintf("./usr/share/doc/%s/changelog.gz", package);
	_cleanup_free_
	char *deb = xasprintf("pool/%s.deb", package);
	_cleanup_free_
	char *show = xasprintf("pool/%s.show", package);
	char right[SHA256_HEX];

	fx_debian_bzimage(release, &image);
	buf_puts(&text, "CONFIG_X86=y\n");
	fx_module("depends=", 9, &module);
	fx_deb(deb, package, "1.2-3",
	       (struct fx_file[]){ { vmlinuz, &image },
				   { config, &text },
				   { ko, &module },
				   { changelog, &text },
				   { "./usr/share/doc/x/copyright", &text },
				   { NULL, NULL } });
	assert_int_equal(sha256_file(AT_FDCWD, fx_path(deb), right, NULL), 0);
	buf_clear(&text);
	buf_printf(&text, "Package: %s\nVersion: 1.2-3\nSize: 1048576\nSHA256: %s\n", package,
		   sum ? sum : right);
	fx_text(show, buf_str(&text), 0644);
}

static int setup(void **state)
{
	if (fx_setup(state) < 0)
		return -1;
	fx_text("bin/apt-cache", apt_cache, 0755);
	fx_text("bin/apt-get", apt_get, 0755);
	setenv("PATH", fx_path("bin:/usr/bin:/bin"), 1);
	setenv("POOL", fx_path("pool"), 1);
	put_package(CLOUD_54, "6.1.0-54-cloud-amd64", NULL);
	put_package(CLOUD_117, "6.12.117+deb12-cloud-amd64", NULL);
	put_package("linux-image-6.1.0-55-amd64", "6.1.0-55-amd64", "0123456789abcdef");
	put_package("linux-image-6.1.0-56-amd64", "6.1.0-56-amd64", NULL);
	fx_text("pool/names",
		CLOUD_117 "\n" CLOUD_54 "\nlinux-image-6.1.0-55-amd64\nlinux-image-6.1.0-56-amd64\n"
			  "linux-image-6.12-cloud-amd64\nlinux-image-6.1.0-54-amd64-unsigned\n"
			  "linux-image-cloud-amd64\nlinux-image-amd64\n",
		0644);
	return unlink(fx_path("pool/linux-image-6.1.0-56-amd64.deb"));
}

static size_t downloads(void)
{
	_cleanup_buf_ struct buf b = BUF_INIT;

	fs_read(AT_FDCWD, fx_path("pool/downloads"), 4096, &b, NULL);
	return b.len / strlen("run\n");
}

static void assert_is_file(const char *path)
{
	struct stat st;

	assert_non_null(path);
	assert_int_equal(stat(path, &st), 0);
	assert_true(S_ISREG(st.st_mode) && st.st_size > 0);
}

static void a_debian_kernel_is_fetched_once(void **state)
{
	_cleanup_kernel_ struct kernel k = { 0 }, again = { 0 };
	_cleanup_free_
	char *ko = NULL;
	size_t before = downloads();
	struct err err = { 0 };

	(void)state;
	assert_ok(kernel_find("debian:6.1.0-54-cloud", true, &k, &err));
	assert_string_equal(k.name, "debian:6.1.0-54-cloud");
	assert_string_equal(k.release, "6.1.0-54-cloud-amd64");
	assert_string_equal(k.package, CLOUD_54);
	assert_string_equal(k.version, "1.2-3");
	assert_int_equal(strlen(k.digest), 64);
	assert_is_file(k.vmlinux);
	assert_is_file(k.bzimage);
	assert_is_file(k.config);
	assert_is_file(k.changelog);
	ko = xasprintf("%s/kernel/x.ko", k.modules_dir);
	assert_is_file(ko);
	assert_int_equal(access(fx_path("kernsoak/kernels/" CLOUD_54 "/usr/share/doc/x"), F_OK),
			 -1);
	assert_int_equal(access(fx_path("kernsoak/kernels/" CLOUD_54 "/download"), F_OK), -1);
	assert_ok(kernel_find("debian:6.1.0-54-cloud", false, &again, &err));
	assert_string_equal(again.vmlinux, k.vmlinux);
	assert_int_equal(downloads(), before + 1);
}

static void a_name_may_be_short_or_long(void **state)
{
	static const char *const spelling[] = {
		"debian:6.12.117-cloud",
		"debian:6.12.117+deb12-cloud",
		"debian:6.12.117+deb12-cloud-amd64",
		"debian:" CLOUD_117,
	};
	struct err err = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(spelling); i++) {
		_cleanup_kernel_ struct kernel k = { 0 };

		assert_ok(kernel_find(spelling[i], true, &k, &err));
		assert_string_equal(k.ref, spelling[i]);
		assert_string_equal(k.name, "debian:6.12.117+deb12-cloud");
	}
}

static void assert_refused(const char *ref, bool may_fetch, int code, int exit_code,
			   const char *part)
{
	struct kernel k = { 0 };
	struct err err = { 0 };

	assert_int_equal(kernel_find(ref, may_fetch, &k, &err), -code);
	assert_int_equal(err.exit_code, exit_code);
	if (!strstr(err.msg, part))
		fail_msg("'%s' does not say '%s'", err.msg, part);
	assert_null(k.ref);
}

static void a_name_that_apt_does_not_have_gets_the_nearest(void **state)
{
	(void)state;
	assert_refused("debian:6.1.0-53-cloud", true, ENOENT, EXIT_HOST_UNABLE,
		       "apt has no kernel debian:6.1.0-53-cloud; the nearest of the 4 it has: "
		       "debian:6.1.0-54-cloud, debian:6.1");
	assert_refused("debian:6.1.0-53-cloud", false, ENOENT, EXIT_HOST_UNABLE,
		       "not in the cache; `kernsoak kernels fetch debian:6.1.0-53-cloud`");
}

static void a_malformed_reference_says_how_to_write_it(void **state)
{
	static const char *const bad[] = {
		"debian:",           "debian:cloud",  "debian:6.1.0 54",
		"debian:6.1.0/../x", "debian:6.1;rm", "debian:-amd64",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_refused(bad[i], true, EINVAL, EXIT_BAD_SCENARIO,
			       "write it as debian:6.1.0-54-cloud");
	assert_refused("6.1.0-54-cloud", true, EINVAL, EXIT_BAD_SCENARIO, "did you forget debian:");
	assert_refused("", true, EINVAL, EXIT_BAD_SCENARIO, "names no kernel");
}

static void assert_nothing_left(const char *package)
{
	_cleanup_strv_ struct strv names = { 0 };

	assert_int_equal(fs_list(AT_FDCWD, fx_path("kernsoak/kernels"), &names, NULL), 0);
	for (size_t i = 0; i < names.n; i++)
		if (strstr(names.item[i], package))
			assert_non_null(strstr(names.item[i], ".lock"));
}

static void a_package_that_is_not_the_indexed_one_is_thrown_away(void **state)
{
	(void)state;
	assert_refused("debian:6.1.0-55", true, EBADMSG, EXIT_HOST_UNABLE,
		       "the signed index says 0123456789abcdef");
	assert_nothing_left("6.1.0-55");
}

static void the_reason_of_apt_is_passed_on(void **state)
{
	(void)state;
	assert_refused("debian:6.1.0-56", true, EIO, EXIT_HOST_UNABLE,
		       "Failed to fetch it  404  Not Found");
	assert_refused("debian:6.1.0-56", true, EIO, EXIT_HOST_UNABLE, "apt-get update");
	assert_nothing_left("6.1.0-56");
}

static void a_full_disk_is_said_before_the_download(void **state)
{
	static const char huge[] = "Package: linux-image-6.1.0-56-amd64\nVersion: 1\nSHA256: 0\n"
				   "Size: 4000000000\nInstalled-Size: 1000000000000000\n";
	size_t before = downloads();

	(void)state;
	fx_text("pool/linux-image-6.1.0-56-amd64.show", huge, 0644);
	assert_refused("debian:6.1.0-56", true, ENOSPC, EXIT_CANNOT_WRITE,
		       "MiB in the cache, and its disk has ");
	assert_int_equal(downloads(), before);
	assert_nothing_left("6.1.0-56");
}

static void empty_lists_say_what_to_do(void **state)
{
	(void)state;
	assert_int_equal(rename(fx_path("pool/names"), fx_path("pool/away")), 0);
	fx_text("pool/names", "", 0644);
	assert_refused("debian:6.1.0-1", true, ENOENT, EXIT_HOST_UNABLE, "run `apt-get update`");
	assert_int_equal(rename(fx_path("pool/away"), fx_path("pool/names")), 0);
}

static void without_apt_a_path_still_works(void **state)
{
	_cleanup_free_
	char *path = xstrdup(getenv("PATH"));

	(void)state;
	setenv("PATH", "/nonexistent", 1);
	assert_refused("debian:6.1.0-1", true, ENOENT, EXIT_HOST_UNABLE, "there is no apt-cache");
	setenv("PATH", path, 1);
}

/* What a killed fetch leaves is in the way of nobody. */
static void half_a_fetch_is_swept_away(void **state)
{
	_cleanup_kernel_ struct kernel k = { 0 };
	struct err err = { 0 };

	(void)state;
	assert_int_equal(fs_remove_tree(AT_FDCWD, fx_path("kernsoak/kernels/" CLOUD_54), NULL), 0);
	fx_text("kernsoak/kernels/." CLOUD_54 ".new/boot/vmlinuz-wrong", "half", 0644);
	fx_text("kernsoak/kernels/.linux-image-other.new/boot/vmlinuz-other", "half", 0644);
	assert_ok(kernel_find("debian:6.1.0-54-cloud", true, &k, &err));
	assert_string_equal(k.release, "6.1.0-54-cloud-amd64");
	assert_nothing_left(".new");
}

static void set_age(const char *path, time_t age_s)
{
	struct timespec t[2] = { { .tv_sec = time(NULL) - age_s },
				 { .tv_sec = time(NULL) - age_s } };

	assert_int_equal(utimensat(AT_FDCWD, path, t, 0), 0);
}

static void kernels_by_path_that_nobody_used_for_weeks_go(void **state)
{
	_cleanup_kernel_ struct kernel old = { 0 }, used = { 0 }, next = { 0 };
	_cleanup_buf_ struct buf image = BUF_INIT;
	_cleanup_free_
	char *dir = NULL;
	struct err err = { 0 };

	(void)state;
	fx_debian_bzimage("6.9.1-old", &image);
	fx_write("old/bzImage", image.data, image.len, 0644);
	fx_write("used/bzImage", image.data, image.len, 0644);
	fx_write("next/bzImage", image.data, image.len, 0644);
	assert_ok(kernel_find(fx_path("old/bzImage"), false, &old, &err));
	assert_ok(kernel_find(fx_path("used/bzImage"), false, &used, &err));
	dir = xstrndup(used.vmlinux, (size_t)(strrchr(used.vmlinux, '/') - used.vmlinux));
	set_age(dir, 30 * 24 * 3600);
	kernel_done(&used);
	assert_ok(kernel_find(fx_path("used/bzImage"), false, &used, &err));
	free(dir);
	dir = xstrndup(old.vmlinux, (size_t)(strrchr(old.vmlinux, '/') - old.vmlinux));
	set_age(dir, 30 * 24 * 3600);
	set_age(fx_path("kernsoak/kernels/" CLOUD_54), 30 * 24 * 3600);
	assert_ok(kernel_find(fx_path("next/bzImage"), false, &next, &err));
	assert_int_equal(access(dir, F_OK), -1);
	assert_is_file(used.vmlinux);
	assert_is_file(fx_path("kernsoak/kernels/" CLOUD_54 "/vmlinux"));
}

static void many_at_once_make_it_once(void **state)
{
	size_t before = downloads();
	pid_t child[6];
	int status;

	(void)state;
	assert_int_equal(fs_remove_tree(AT_FDCWD, fx_path("kernsoak/kernels/" CLOUD_54), NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(child); i++) {
		child[i] = fork();
		if (child[i] == 0) {
			_cleanup_kernel_ struct kernel k = { 0 };

			_exit(kernel_find("debian:6.1.0-54-cloud", true, &k, NULL) < 0);
		}
	}
	for (size_t i = 0; i < ARRAY_SIZE(child); i++) {
		assert_int_equal(waitpid(child[i], &status, 0), child[i]);
		assert_int_equal(status, 0);
	}
	assert_int_equal(downloads(), before + 1);
}

static void a_package_at_hand_is_a_kernel(void **state)
{
	_cleanup_kernel_ struct kernel k = { 0 };
	struct err err = { 0 };

	(void)state;
	assert_ok(kernel_find(fx_path("pool/" CLOUD_54 ".deb"), false, &k, &err));
	assert_string_equal(k.release, "6.1.0-54-cloud-amd64");
	assert_string_equal(k.package, CLOUD_54);
	assert_is_file(k.vmlinux);
}

static void a_package_cut_short_leaves_nothing(void **state)
{
	_cleanup_buf_ struct buf deb = BUF_INIT;

	(void)state;
	assert_int_equal(fs_read(AT_FDCWD, fx_path("pool/" CLOUD_54 ".deb"), 1 << 24, &deb, NULL),
			 0);
	for (size_t n = 1; n < deb.len; n += 37) {
		fx_write("cut.deb", deb.data, n, 0644);
		assert_refused(fx_path("cut.deb"), false, EBADMSG, EXIT_HOST_UNABLE, "cut.deb");
	}
	assert_nothing_left(".new");
}

static void a_package_cannot_write_outside(void **state)
{
	_cleanup_buf_ struct buf text = BUF_INIT;

	(void)state;
	buf_puts(&text, "surprise");
	fx_deb("evil.deb", "evil", "1",
	       (struct fx_file[]){ { "./boot/../../../../escaped", &text }, { NULL, NULL } });
	assert_refused(fx_path("evil.deb"), false, EBADMSG, EXIT_HOST_UNABLE, "outside itself");
	assert_int_equal(access(fx_path("escaped"), F_OK), -1);
	assert_int_equal(access(fx_path("kernsoak/escaped"), F_OK), -1);
}

static void a_bzimage_finds_the_modules_beside_it(void **state)
{
	_cleanup_buf_ struct buf image = BUF_INIT;
	_cleanup_kernel_ struct kernel k = { 0 };
	struct err err = { 0 };

	(void)state;
	fx_debian_bzimage("6.9.1-mine", &image);
	fx_write("root/boot/vmlinuz-6.9.1-mine", image.data, image.len, 0644);
	fx_text("root/boot/config-6.9.1-mine", "CONFIG_X86=y\n", 0644);
	fx_text("root/lib/modules/6.9.1-mine/modules.builtin", "", 0644);
	assert_ok(kernel_find(fx_path("root/boot/vmlinuz-6.9.1-mine"), false, &k, &err));
	assert_string_equal(k.release, "6.9.1-mine");
	assert_string_equal(k.modules_dir, fx_path("root/lib/modules/6.9.1-mine"));
	assert_string_equal(k.config, fx_path("root/boot/config-6.9.1-mine"));
	assert_null(k.package);
	assert_is_file(k.vmlinux);
}

static void modules_installed_later_are_found(void **state)
{
	_cleanup_buf_ struct buf image = BUF_INIT;
	_cleanup_kernel_ struct kernel k = { 0 }, l = { 0 };
	struct err err = { 0 };

	(void)state;
	fx_debian_bzimage("6.9.3-later", &image);
	fx_write("tree/bzImage", image.data, image.len, 0644);
	assert_ok(kernel_find(fx_path("tree/bzImage"), false, &k, &err));
	assert_null(k.modules_dir);
	fx_text("tree/lib/modules/6.9.3-later/modules.builtin", "", 0644);
	assert_ok(kernel_find(fx_path("tree/bzImage"), false, &l, &err));
	assert_string_equal(l.modules_dir, fx_path("tree/lib/modules/6.9.3-later"));
}

static void a_changed_file_is_another_kernel(void **state)
{
	_cleanup_buf_ struct buf first = BUF_INIT, second = BUF_INIT;
	_cleanup_kernel_ struct kernel k = { 0 }, l = { 0 };
	struct err err = { 0 };

	(void)state;
	fx_debian_bzimage("6.9.1-first", &first);
	fx_write("bzImage", first.data, first.len, 0644);
	assert_ok(kernel_find(fx_path("bzImage"), false, &k, &err));
	fx_debian_bzimage("6.9.2-second", &second);
	fx_write("bzImage", second.data, second.len, 0644);
	assert_ok(kernel_find(fx_path("bzImage"), false, &l, &err));
	assert_string_equal(k.release, "6.9.1-first");
	assert_string_equal(l.release, "6.9.2-second");
	assert_string_not_equal(k.digest, l.digest);
}

static void a_vmlinux_must_have_the_pvh_note(void **state)
{
	_cleanup_buf_ struct buf with = BUF_INIT, without = BUF_INIT;
	_cleanup_kernel_ struct kernel k = { 0 };
	struct err err = { 0 };

	(void)state;
	fx_vmlinux("6.9.1-elf", true, &with);
	fx_write("vmlinux", with.data, with.len, 0644);
	assert_ok(kernel_find(fx_path("vmlinux"), false, &k, &err));
	assert_string_equal(k.vmlinux, fx_path("vmlinux"));
	assert_null(k.bzimage);
	fx_vmlinux("6.9.1-elf", false, &without);
	fx_write("vmlinux2", without.data, without.len, 0644);
	assert_refused(fx_path("vmlinux2"), false, ENOTSUP, EXIT_HOST_UNABLE, "CONFIG_PVH");
}

static void what_is_no_kernel_is_refused(void **state)
{
	(void)state;
	fx_text("text", "hello", 0644);
	assert_refused(fx_path("text"), false, EINVAL, EXIT_HOST_UNABLE, "neither a bzImage");
	assert_refused(fx_path("nothing"), false, ENOENT, EXIT_HOST_UNABLE, "there is no kernel");
	assert_refused(fx_path("pool"), false, EINVAL, EXIT_HOST_UNABLE, "not a file");
}

static void the_list_marks_what_is_cached(void **state)
{
	_cleanup_kernel_list_ struct kernel_list l = { 0 };
	struct err err = { 0 }, why = { 0 };

	(void)state;
	assert_ok(kernel_list(&l, &why, &err));
	assert_int_equal(why.code, 0);
	assert_int_equal(l.n, 4);
	assert_string_equal(l.row[0].name, "debian:6.1.0-54-cloud");
	assert_true(l.row[0].cached && l.row[0].available);
	assert_string_equal(l.row[1].name, "debian:6.1.0-55");
	assert_false(l.row[1].cached);
	assert_string_equal(l.row[3].name, "debian:6.12.117+deb12-cloud");
	assert_string_equal(l.row[3].version, "1.2-3");
	assert_true(l.row[3].size_bytes == 1048576);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(a_debian_kernel_is_fetched_once),
		test(a_name_may_be_short_or_long),
		test(a_name_that_apt_does_not_have_gets_the_nearest),
		test(a_malformed_reference_says_how_to_write_it),
		test(a_package_that_is_not_the_indexed_one_is_thrown_away),
		test(the_reason_of_apt_is_passed_on),
		test(a_full_disk_is_said_before_the_download),
		test(empty_lists_say_what_to_do),
		test(without_apt_a_path_still_works),
		test(half_a_fetch_is_swept_away),
		test(kernels_by_path_that_nobody_used_for_weeks_go),
		test(many_at_once_make_it_once),
		test(a_package_at_hand_is_a_kernel),
		test(a_package_cut_short_leaves_nothing),
		test(a_package_cannot_write_outside),
		test(a_bzimage_finds_the_modules_beside_it),
		test(modules_installed_later_are_found),
		test(a_changed_file_is_another_kernel),
		test(a_vmlinux_must_have_the_pvh_note),
		test(what_is_no_kernel_is_refused),
		test(the_list_marks_what_is_cached),
	};

	return cmocka_run_group_tests(tests, setup, fx_teardown);
}
