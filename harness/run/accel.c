/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "run/accel.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include "base/fs.h"
#include "base/hash.h"
#include "base/proc.h"
#include "model/spec.h"
#include "model/verdict.h"
#include "run/confine.h"
#include "run/trial_process.h"

#define KVM_DEVICE "/dev/kvm"

/* Of the probe. Answers of another one are not believed: the first asked its guest for all that a
 * scenario wanted, and took a first reclaim that did not come for a KVM that does not work. */
#define PROBE_VERSION "v2-"

static bool in_group(uid_t uid, gid_t own, gid_t group)
{
	const struct passwd *pw = getpwuid(uid);
	gid_t list[64];
	int n = ARRAY_SIZE(list);

	if (!pw || getgrouplist(pw->pw_name, own, list, &n) < 0)
		return false;
	for (int i = 0; i < n; i++)
		if (list[i] == group)
			return true;
	return false;
}

/* Could the user that QEMU will run as open it? */
static bool kvm_reachable(void)
{
	struct stat st;
	uid_t uid;
	gid_t gid;

	if (stat(KVM_DEVICE, &st) < 0)
		return false;
	if (!confine_user(&uid, &gid))
		return access(KVM_DEVICE, R_OK | W_OK) == 0;
	return (st.st_mode & 06) == 06 || (st.st_uid == uid && (st.st_mode & 0600) == 0600) ||
	       ((st.st_mode & 060) == 060 && in_group(uid, gid, st.st_gid));
}

/* This kernel file on this host: another of either asks anew. */
static char *cache_name(const char *kernel)
{
	struct stat st = { 0 };
	struct utsname u;
	uint64_t h = HASH_INIT;

	stat(kernel, &st);
	uname(&u);
	h = hash_str(hash_str(hash_str(h, kernel), u.release), u.machine);
	h = hash_bytes(h, &st.st_size, sizeof(st.st_size));
	h = hash_bytes(h, &st.st_mtim, sizeof(st.st_mtim));
	return xasprintf(PROBE_VERSION "%016" PRIx64, h);
}

void accel_probe_settings(const struct settings *like, struct settings *ret)
{
	struct settings s = *like;
	struct guest *g = &s.guest;

	s.n_loads = s.plant.n = 0;
	s.exposure_starts = EXPOSURE_BEGIN;
	s.boot.zero_errors = ZERO_ERRORS_NO;
	s.evidence.dump = DUMP_NEVER;
	s.evidence.netconsole = NETCONSOLE_NO;
	s.evidence.samples = NS_PER_S;
	s.limits.boot = 30 * NS_PER_S;
	s.limits.soak = NS_PER_S;
	g->accel = ACCEL_KVM;
	g->sysctl.n = g->sysfs.n = g->modules.n = g->panic_on.n = 0;
	g->disks.n = g->disk_faults.n = 0;
	g->mglru = MGLRU_KERNEL;
	g->watchdog.device = WATCHDOG_NONE;
	g->heartbeat = (struct heartbeat_wish){ .fsync = (char *)"", .ask = TIME_NEVER };
	g->swap.bytes = g->balloon.to = TIME_NEVER;
	*ret = s;
}

/* A trial without loads under KVM: 1 where its soak began, 0 where not, less where none was run (a
 * full disk says nothing about KVM). */
static int probe(int dirfd, const char *dir, const struct settings *like, const char *uri)
{
	struct spec spec = { .run = (char *)"probe",
			     .scenario = (char *)"probe",
			     .arm = (char *)"probe",
			     .trial = (uint64_t)getpid(),
			     .seed = 1,
			     .uri = (char *)(uintptr_t)uri };
	const char *argv[] = { "kernsoak", "trial", dir, NULL };
	_cleanup_json_ json_t *j = NULL, *jv = NULL;
	struct proc_options opt = { .death_signal = SIGTERM, .own_group = true, .self = true };
	_cleanup_close_ int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	struct proc p = PROC_INIT;
	struct verdict v;

	accel_probe_settings(like, &spec.settings);
	j = spec_to_json(&spec);
	opt.stdout_fd = opt.stderr_fd = null;
	unsetenv(TRIAL_RUNNER_ENV);
	if (json_write(dirfd, "spec.json", j, NULL) < 0 || proc_spawn(argv, &opt, &p, NULL) < 0)
		return -1;
	proc_wait(&p);
	if (json_read(dirfd, "verdict.json", &jv, NULL) < 0 ||
	    verdict_from_json(jv, &v, NULL) < 0 || !v.final)
		return -1;
	return v.exposure_ns > 0;
}

static bool probe_and_remember(int cache, const char *cache_path, const char *name,
			       const struct settings *s, const char *uri)
{
	_cleanup_free_
	char *sub = xasprintf("%s-probe-%d", name, (int)getpid());
	_cleanup_free_
	char *dir = xasprintf("%s/%s", cache_path, sub);
	_cleanup_close_ int fd = fs_make_dir(cache, sub, 0755, NULL);
	int works = fd < 0 ? -1 : probe(fd, dir, s, uri);
	const char *word = works > 0 ? "kvm\n" : "tcg\n";

	fs_remove_tree(cache, sub, NULL);
	if (works >= 0)
		fs_write(cache, name, word, strlen(word), NULL);
	return works > 0;
}

/* 1: kvm, 0: tcg; less: no probe has said (a cache that lost its power may hold empty files). */
static int remembered(int cache, const char *name)
{
	_cleanup_buf_ struct buf word = BUF_INIT;

	if (!str_after(name, PROBE_VERSION) || fs_read(cache, name, 64, &word, NULL) < 0)
		return -1;
	if (str_eq(buf_str(&word), "kvm\n"))
		return 1;
	return str_eq(buf_str(&word), "tcg\n") ? 0 : -1;
}

void accel_known(struct accel_known *ret)
{
	_cleanup_free_
	char *root = fs_cache_dir(), *path = xasprintf("%s/accel", root);
	_cleanup_strv_ struct strv names = { 0 };
	_cleanup_close_ int dir = fs_open_dir(AT_FDCWD, path, NULL);

	*ret = (struct accel_known){
		.device = access(KVM_DEVICE, F_OK) == 0,
		.reachable = kvm_reachable(),
	};
	if (dir < 0 || fs_list(dir, ".", &names, NULL) < 0)
		return;
	for (size_t i = 0; i < names.n; i++) {
		const int known = remembered(dir, names.item[i]);

		ret->kvm += known == 1;
		ret->tcg += known == 0;
	}
}

int accel_resolve(struct settings *s, const struct files *f, const char *uri, struct err *err)
{
	_cleanup_free_
	char *root = fs_cache_dir(), *path = xasprintf("%s/accel", root);
	_cleanup_free_
	char *name = NULL;
	_cleanup_close_ int dir = -1;
	int kvm;

	if (s->guest.accel != ACCEL_AUTO)
		return 0;
	s->guest.accel = ACCEL_TCG;
	if (!kvm_reachable())
		return 0;
	if (fs_mkdir_p(path, 0755, err) < 0)
		return -err->code;
	dir = fs_open_dir(AT_FDCWD, path, err);
	if (dir < 0)
		return dir;
	name = cache_name(f->kernel);
	kvm = remembered(dir, name);
	if (kvm < 0) {
		kvm = probe_and_remember(dir, path, name, s, uri);
		fprintf(stderr, "kernsoak: a probe of %s under KVM %s (remembered in %s/%s)\n",
			s->kernel, kvm ? "works" : "fails, so its guests run under TCG", path,
			name);
	}
	if (kvm)
		s->guest.accel = ACCEL_KVM;
	return 0;
}
