/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A scenario's disks: as values, as files of the host, as words to the agent. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/exit.h"
#include "base/fs.h"
#include "model/disks.h"
#include "model/scenario.h"
#include "run/agent.h"
#include "run/disks.h"

static struct scenario with_disks(const char *disks)
{
	_cleanup_free_
	char *text = xasprintf("kernel: ./k\nload: { shell: { script: x } }\n"
			       "guest: { disks: %s }\n",
			       disks);
	struct scenario sc = { 0 };
	struct err err = { 0 };

	assert_ok(scenario_parse("x.yaml", text, strlen(text), NULL, &sc, &err));
	return sc;
}

static void what_a_disk_does_not_say_has_defaults(void **state)
{
	struct scenario sc =
		with_disks("{ a: { size: 1MiB }, b: { image: ./i }, c: { size: 1048577B } }");
	const struct named_list *all = &sc.arm[0].settings.guest.disks;
	struct disk a, b, c;

	(void)state;
	disk_of(&all->item[0], &a);
	disk_of(&all->item[1], &b);
	disk_of(&all->item[2], &c);
	assert_string_equal(a.fs, "ext4");
	assert_string_equal(a.cache, "unsafe");
	assert_false(a.read_only || a.keep);
	assert_true(a.bytes == 1 << 20);
	assert_string_equal(b.fs, "none");
	assert_true(b.bytes == 0);
	assert_true(c.bytes == (1 << 20) + 512);
	scenario_done(&sc);
}

static void disks_survive_json(void **state)
{
	struct scenario sc = with_disks("{ a: { size: 2GiB, fs: xfs, mount: /m, keep: yes } }");
	_cleanup_json_ json_t *j = settings_to_json(&sc.arm[0].settings);
	struct settings back;
	struct err err = { 0 };
	struct disk d;

	(void)state;
	assert_ok(settings_from_json(j, &back, &err));
	assert_int_equal(back.guest.disks.n, 1);
	disk_of(&back.guest.disks.item[0], &d);
	assert_string_equal(d.fs, "xfs");
	assert_true(d.bytes == UINT64_C(2) << 30 && d.keep);
	settings_done(&back);
	scenario_done(&sc);
}

static void settings_of_an_older_program_have_no_disks(void **state)
{
	struct scenario sc = with_disks("{ a: { size: 2GiB } }");
	_cleanup_json_ json_t *j = settings_to_json(&sc.arm[0].settings);
	struct settings back;
	struct err err = { 0 };

	(void)state;
	json_object_del(json_object_get(j, "guest"), "disks");
	assert_ok(settings_from_json(j, &back, &err));
	assert_int_equal(back.guest.disks.n, 0);
	settings_done(&back);
	scenario_done(&sc);
}

static void a_new_disk_is_sparse_and_holds_its_file_system(void **state)
{
	struct scenario sc =
		with_disks("{ a: { size: 256MiB }, n: { size: 1GiB, fs: none, keep: yes } }");
	const struct settings *s = &sc.arm[0].settings;
	char dir[] = "/tmp/ks-disks-XXXXXX";
	struct machine m = { 0 };
	struct disks disks;
	struct err err = { 0 };
	struct stat st;
	unsigned char magic[2];
	int fd;

	(void)state;
	assert_non_null(mkdtemp(dir));
	disks_plan(s, dir, NULL, &disks);
	assert_ok(disks_make(s, NULL, &disks, &err));
	fd = open(disks.item[0].path, O_RDONLY | O_CLOEXEC);
	assert_ok(fstat(fd, &st));
	assert_true(st.st_size == 256 << 20);
	assert_true(st.st_blocks < (64 << 20) / 512);
	assert_int_equal(pread(fd, magic, 2, 1024 + 56), 2);
	assert_int_equal(magic[0] | magic[1] << 8, 0xef53);
	close(fd);
	m.disk = disks.item;
	m.n_disks = disks.n;
	disks_opened(&m);
	assert_int_equal(access(disks.item[0].path, F_OK), -1);
	assert_int_equal(access(disks.item[1].path, F_OK), 0);
	disks_done(&disks);
	fs_remove_tree(AT_FDCWD, dir, NULL);
	scenario_done(&sc);
}

static void what_mkfs_says_is_told_and_nothing_is_left(void **state)
{
	struct scenario sc = with_disks("{ a: { size: 64MiB, mkfs-options: \"-b 777\" } }");
	const struct settings *s = &sc.arm[0].settings;
	char dir[] = "/tmp/ks-disks-XXXXXX";
	struct disks disks;
	struct err err = { 0 };

	(void)state;
	assert_non_null(mkdtemp(dir));
	disks_plan(s, dir, NULL, &disks);
	assert_int_equal(disks_make(s, NULL, &disks, &err), -EIO);
	assert_non_null(strstr(err.msg, "mke2fs does not make the disk a: "));
	assert_non_null(strstr(err.msg, "777"));
	assert_int_equal(access(disks.item[0].path, F_OK), -1);
	disks_done(&disks);
	assert_int_equal(rmdir(dir), 0);
	scenario_done(&sc);
}

static void an_image_is_shared_read_only_and_copied_otherwise(void **state)
{
	struct scenario sc =
		with_disks("{ r: { image: /i/r.img, read-only: yes }, w: { image: /i/w.img } }");
	const char *const inside[] = { "/in/r", "/in/w" };
	struct disks disks;

	(void)state;
	disks_plan(&sc.arm[0].settings, "/trial", inside, &disks);
	assert_string_equal(disks.item[0].path, "/in/r");
	assert_true(disks.item[0].read_only && !disks.item[0].temporary);
	assert_string_equal(disks.item[1].path, "/trial/disk-w.raw");
	assert_true(!disks.item[1].read_only && disks.item[1].temporary);
	assert_string_equal(disks_add(&disks, "root", "/x")->name, "root");
	assert_int_equal(disks.n, 3);
	disks_done(&disks);
	scenario_done(&sc);
}

static void what_the_host_lacks_is_said_before_anything_runs(void **state)
{
	struct scenario missing = with_disks("{ r: { image: /nonexistent/r.img } }");
	struct scenario folder = with_disks("{ r: { image: /tmp/ } }");
	struct err err = { 0 };

	(void)state;
	assert_int_equal(disks_check(&missing.arm[0].settings, &err), -ENOENT);
	assert_string_equal(err.msg, "the image of the disk r, /nonexistent/r.img: No such file or "
				     "directory");
	assert_int_equal(err.exit_code, EXIT_HOST_UNABLE);
	assert_int_equal(disks_check(&folder.arm[0].settings, &err), -EINVAL);
	scenario_done(&missing);
	scenario_done(&folder);
}

static void faults_go_to_their_disks(void **state)
{
	struct scenario sc =
		with_disks("{ a: { size: 1MiB }, b: { size: 1MiB } }, disk-faults: { x: { "
			   "disk: b, event: write, sector: 7, once: yes }, y: { disk: b, "
			   "event: flush } }");
	struct disks disks;

	(void)state;
	disks_plan(&sc.arm[0].settings, "/t", NULL, &disks);
	assert_int_equal(disks.item[0].n_faults, 0);
	assert_int_equal(disks.item[1].n_faults, 2);
	assert_string_equal(disks.item[1].fault[0].event, "write");
	assert_true(disks.item[1].fault[0].sector == 7 && disks.item[1].fault[0].once);
	assert_true(disks.item[1].fault[1].sector == UINT64_MAX && !disks.item[1].fault[1].once);
	disks_done(&disks);
	scenario_done(&sc);
}

static void the_agent_hears_of_modules_before_disks(void **state)
{
	struct scenario sc = with_disks("{ a: { size: 1MiB, fs: xfs, mount: /m, mount-options: "
					"\"noatime,x=%\" } }");
	_cleanup_buf_ struct buf job = BUF_INIT;

	(void)state;
	agent_job(&sc.arm[0].settings, 7, &job);
	assert_non_null(strstr(buf_str(&job), "\nmodule name=virtio_blk\nmodule name=xfs\n"));
	assert_non_null(strstr(buf_str(&job), "\ndisk name=a bytes=1048576 fs=xfs mount=/m "
					      "options=noatime,x=%25 read-only=0\n"));
	scenario_done(&sc);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(what_a_disk_does_not_say_has_defaults),
		test(disks_survive_json),
		test(settings_of_an_older_program_have_no_disks),
		test(a_new_disk_is_sparse_and_holds_its_file_system),
		test(what_mkfs_says_is_told_and_nothing_is_left),
		test(an_image_is_shared_read_only_and_copied_otherwise),
		test(what_the_host_lacks_is_said_before_anything_runs),
		test(faults_go_to_their_disks),
		test(the_agent_hears_of_modules_before_disks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
