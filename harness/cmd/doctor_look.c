/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <fcntl.h>
#include <stdio.h>
#include <sys/statvfs.h>
#include <sys/sysinfo.h>

#include "base/fs.h"
#include "base/user.h"
#include "cmd/doctor.h"
#include "cmd/image.h"
#include "image/initramfs.h"
#include "image/kernels.h"
#include "image/rootfs.h"
#include "model/units.h"
#include "run/accel.h"
#include "run/confine.h"
#include "vm/vm.h"

static char *apt_install(const char *packages)
{
	return xasprintf("%sapt-get install -y %s", geteuid() == 0 ? "" : "sudo ", packages);
}

/* ---- programs ---- */

static const struct need {
	const char *program, *package, *why;
	bool vital;    /* no guest runs without it */
	bool for_user; /* root can do without it */
} needs[] = {
	{ "/usr/bin/qemu-system-x86_64", "qemu-system-x86", "boots the guests", true },
	{ "/usr/bin/busybox", "busybox-static", "the guest's shell and tools", true },
	{ "stress-ng", "stress-ng", "the load stress-ng" },
	{ "apt-get", "apt", "fetches Debian kernels" },
	{ "mke2fs", "e2fsprogs", "disks with ext4" },
	{ "mkfs.xfs", "xfsprogs", "disks with XFS" },
	{ "mkfs.btrfs", "btrfs-progs", "disks with Btrfs" },
	{ "make", "make", "planted faults: their module is built for the kernel" },
	{ "gcc", "gcc", "planted faults, too" },
	{ "mmdebstrap", "mmdebstrap", "builds the image containers" },
	{ "mkfs.erofs", "erofs-utils", "packs it" },
	{ "newuidmap", "uidmap", "lets an ordinary user build it", .for_user = true },
};

static void look_at_program(const struct need *n, struct findings *f)
{
	_cleanup_free_
	char *path = fs_which_admin(n->program);

	if (n->for_user && geteuid() == 0)
		return;
	finding_add(f,
		    path       ? FINDING_OK
		    : n->vital ? FINDING_MISSING
			       : FINDING_LACK,
		    n->program, xstrdup(n->why), path ? NULL : apt_install(n->package));
}

static void look_at_guest_programs(struct findings *f)
{
	_cleanup_free_
	char *dir = image_guest_dir(), *init = xasprintf("%s/init", dir);
	bool ok = access(init, X_OK) == 0;

	finding_add(f, ok ? FINDING_OK : FINDING_MISSING, "guest programs",
		    ok ? xasprintf("agent and loads in %s", dir)
		       : xasprintf("there is no %s", init),
		    ok ? NULL : xstrdup("make all install"));
}

/* ---- libvirt, privileges, the user ---- */

static void look_at_libvirt(struct findings *f)
{
	struct err err = { 0 };
	int r = vm_check(vm_backend_by_name("libvirt"), "", &err);

	finding_add(f, r < 0 ? FINDING_MISSING : FINDING_OK, "libvirt",
		    xstrdup(r < 0 ? err.msg : "its driver runs QEMU without a daemon"),
		    r < 0 ? apt_install("libvirt-daemon libvirt-daemon-driver-qemu") : NULL);
}

/* Whom guests run as; NULL: somebody without a name. */
static const struct passwd *guests_user(void)
{
	return geteuid() == 0 ? user_of_guests() : getpwuid(geteuid());
}

static void look_at_user(struct findings *f)
{
	const struct passwd *pw = guests_user();
	_cleanup_free_
	char *name = xstrdup(pw ? pw->pw_name : "a user without a name");
	struct err err = { 0 };
	int r = confine_check(&err);

	if (r < 0)
		finding_add(f, FINDING_MISSING, "privileges", xstrdup(err.msg),
			    getenv("KERNSOAK_USER") ? xstrdup("unset KERNSOAK_USER") : NULL);
	else if (geteuid() != 0)
		finding_add(f, FINDING_OK, "privileges",
			    xasprintf("guests run as you are, %s", name), NULL);
	else
		finding_add(f, FINDING_OK, "privileges",
			    xasprintf("trials give root up: guests run as %s", name), NULL);
}

/* ---- acceleration ---- */

static char *kvm_module(void)
{
	_cleanup_buf_ struct buf cpu = BUF_INIT;

	if (fs_read(AT_FDCWD, "/proc/cpuinfo", 1 << 22, &cpu, NULL) < 0)
		return NULL;
	return strstr(buf_str(&cpu), " vmx")   ? xstrdup("modprobe kvm_intel")
	       : strstr(buf_str(&cpu), " svm") ? xstrdup("modprobe kvm_amd")
					       : NULL;
}

/* Debian's libvirt-qemu is in the group kvm; nobody should not be. */
static char *mend_kvm_access(const char *user)
{
	if (!user)
		return NULL;
	return str_eq(user, "nobody")
		       ? apt_install("libvirt-daemon-system")
		       : xasprintf("%susermod -aG kvm %s", geteuid() == 0 ? "" : "sudo ", user);
}

/* A device that opens proves nothing: what counts is how many kernels booted under it. */
static void look_at_kvm(struct findings *f)
{
	const struct passwd *pw = guests_user();
	const char *user = pw ? pw->pw_name : NULL;
	struct accel_known k;
	char *text, *mend = NULL;

	accel_known(&k);
	if (!k.device) {
		text = xstrdup("there is no /dev/kvm: guests run under TCG, several times slower");
		mend = kvm_module();
	} else if (!k.reachable) {
		text = xasprintf("%s may not open /dev/kvm: guests run under TCG, several times "
				 "slower",
				 user ? user : "you");
		mend = mend_kvm_access(user);
	} else if (k.kvm) {
		text = xasprintf("proven: %zu of %zu kernels tried booted under it", k.kvm,
				 k.kvm + k.tcg);
	} else if (k.tcg) {
		text = xasprintf(
			"/dev/kvm opens, and none of %zu kernels booted under it: they run "
			"under TCG",
			k.tcg);
	} else {
		text = xstrdup("not proven yet: the first run tries each of its kernels under it");
	}
	finding_add(f, k.reachable && (k.kvm || !k.tcg) ? FINDING_OK : FINDING_LACK, "KVM", text,
		    mend);
}

static void look_at_processors(struct findings *f)
{
	struct sysinfo si = { 0 };
	char memory[UNIT_TEXT];

	sysinfo(&si);
	finding_add(f, FINDING_OK, "processors, memory",
		    xasprintf("%d, %s: so many guests of one vCPU run at once", get_nprocs(),
			      size_human(memory, (uint64_t)si.totalram * si.mem_unit)),
		    NULL);
}

/* ---- kernels, images, room ---- */

static void look_at_kernels(struct findings *f)
{
	_cleanup_kernel_list_ struct kernel_list all = { 0 };
	struct err why = { 0 }, err = { 0 };
	const char *newest = "";
	size_t cached = 0, offered = 0;

	kernel_list(&all, &why, &err);
	for (size_t i = 0; i < all.n; i++) {
		cached += all.row[i].cached;
		offered += all.row[i].available;
		if (all.row[i].cached)
			newest = all.row[i].name;
	}
	if (cached)
		finding_add(f, FINDING_OK, "kernels in the cache",
			    xasprintf("%zu, the newest is %s", cached, newest), NULL);
	else
		finding_add(f, FINDING_LACK, "kernels in the cache",
			    xstrdup("none; a run fetches those that it names"),
			    xstrdup("kernsoak kernels fetch " IMAGE_KERNEL));
	if (offered)
		finding_add(f, FINDING_OK, "kernels of apt", xasprintf("%zu", offered), NULL);
	else
		finding_add(f, FINDING_LACK, "kernels of apt", xstrdup(why.code ? why.msg : "none"),
			    xasprintf("%sapt-get update", geteuid() == 0 ? "" : "sudo "));
}

static void look_at_image(struct findings *f)
{
	_cleanup_recipe_ struct recipe recipe = { 0 };
	_cleanup_root_image_ struct root_image root = { 0 };
	struct err err = { 0 };
	char size[UNIT_TEXT];

	if (recipe_get("containers", &recipe, &err) == 0 &&
	    root_find("containers", &recipe, &root, &err) == 0)
		finding_add(f, FINDING_OK, "image containers",
			    xasprintf("built, %s", size_human(size, root.bytes)), NULL);
	else
		finding_add(
			f, FINDING_LACK, "image containers",
			xstrdup("not built; only scenarios with guest.image: containers need it"),
			xstrdup("kernsoak image build containers"));
}

/* The nearest folder above that exists, and its file system; false where even that is gone. */
static bool nearest(char *at, struct statvfs *ret)
{
	while (statvfs(at, ret) < 0) {
		char *slash = strrchr(at, '/');

		if (!slash || !at[1])
			return false;
		slash[slash == at] = 0;
	}
	return true;
}

static void look_at_room(const char *what, const char *path, uint64_t enough, const char *elsewhere,
			 struct findings *f)
{
	_cleanup_free_
	char *at = xasprintf("%s%s", *path == '/' ? "" : "./", path);
	char have[UNIT_TEXT], want[UNIT_TEXT];
	struct statvfs fs = { 0 };
	const bool there = nearest(at, &fs);
	uint64_t bytes;

	bytes = (uint64_t)fs.f_bavail * fs.f_frsize;
	size_human(have, bytes);
	if (!there || access(at, W_OK) < 0)
		finding_add(f, FINDING_MISSING, what,
			    xasprintf("%s: you may not write there", path), xstrdup(elsewhere));
	else if (bytes < enough)
		finding_add(f, FINDING_LACK, what,
			    xasprintf("%s: %s left; %s is little", path, have,
				      size_human(want, enough)),
			    xstrdup(elsewhere));
	else
		finding_add(f, FINDING_OK, what, xasprintf("%s: %s left", path, have), NULL);
}

void doctor_look(const char *results, struct findings *ret)
{
	_cleanup_free_
	char *cache = fs_cache_dir();

	for (size_t i = 0; i < ARRAY_SIZE(needs); i++)
		look_at_program(&needs[i], ret);
	look_at_guest_programs(ret);
	look_at_libvirt(ret);
	look_at_user(ret);
	look_at_kvm(ret);
	look_at_processors(ret);
	look_at_kernels(ret);
	look_at_image(ret);
	look_at_room("room for the cache", cache, UINT64_C(2) << 30,
		     "export XDG_CACHE_HOME=/where/there/is/room", ret);
	look_at_room("room for results", results, UINT64_C(1) << 30,
		     "export KERNSOAK_RESULTS=/where/there/is/room", ret);
}
