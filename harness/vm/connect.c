/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vm/connect.h"

#include <dlfcn.h>
#include <errno.h>
#include <libvirt/virterror.h>
#include <libxml/uri.h>
#include <pwd.h>
#include <sched.h>
#include <sys/un.h>

#include "base/exit.h"
#include "vm/embed.h"
#include "vm/virt_loop.h"

#define DRIVER "libvirt_driver_qemu.so"

static char *embed_root; /* of this process, for its life: libvirt opens no second one */

static int unable(struct err *err)
{
	return err_exit(err, EXIT_HOST_UNABLE);
}

bool connect_is_embedded(const char *uri)
{
	return !uri || !uri[0] || str_after(uri, "qemu:///embed");
}

/* "qemu+ssh://host/system": console and channel would be on that host, and out of our reach. */
static int check_uri(const char *uri, struct err *err)
{
	const char *host = strstr(uri, "://");

	if (!host || host[3] == '/' || !host[3])
		return 0;
	err_set(err, ENOTSUP,
		"the libvirt URI %s names another host, but the console's file and the agent's "
		"socket are on this one: run kernsoak there",
		uri);
	return unable(err);
}

/* libvirt looks the user up whatever its configuration says. */
static int check_user(struct err *err)
{
	if (geteuid() != 0 || getpwnam("libvirt-qemu"))
		return 0;
	err_set(err, EPERM,
		"as root libvirt needs a user and a group called libvirt-qemu: apt-get install "
		"libvirt-daemon-system, or start kernsoak as an ordinary user");
	return unable(err);
}

/* QEMU's monitor listens at ROOT/lib/qemu/domain-N-NAME/monitor.sock, the name cut at 20 bytes. */
static int check_root_length(const char *root, struct err *err)
{
	size_t n = strlen(root) + strlen("/lib/qemu/domain-999-/monitor.sock") + 20;

	if (n < sizeof(((struct sockaddr_un *)NULL)->sun_path))
		return 0;
	err_set(err, ENAMETOOLONG,
		"QEMU's sockets would have names that are too long below %s: "
		"use a work folder with a shorter name",
		root);
	return unable(err);
}

static int prepare_root(const char *root, struct err *err)
{
	int r = check_user(err);

	if (r == 0)
		r = check_root_length(root, err);
	if (r == 0)
		r = embed_prepare(root, err);
	if (r == 0)
		embed_root = xstrdup(root);
	return r;
}

static int open_failed(const char *uri, struct err *err)
{
	virErrorPtr e = virGetLastError();

	if (e && e->code == VIR_ERR_NO_CONNECT)
		err_set(err, EIO,
			"libvirt has no driver for %s: apt-get install libvirt-daemon-driver-qemu",
			uri);
	else
		virt_error(err, EIO, "libvirt cannot open %s", uri);
	return unable(err);
}

/*
 * libvirt's cache of QEMU's capabilities also compares CPUID leaf 0x1f, which differs from core to
 * core: opened on another one than last time it probes for half a second. So always the first.
 */
static virConnectPtr open_pinned(const char *uri)
{
	cpu_set_t all, one;
	virConnectPtr conn;
	int cpu = 0;

	if (sched_getaffinity(0, sizeof(all), &all) < 0)
		return virConnectOpen(uri);
	while (cpu < CPU_SETSIZE - 1 && !CPU_ISSET(cpu, &all))
		cpu++;
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	sched_setaffinity(0, sizeof(one), &one);
	conn = virConnectOpen(uri);
	sched_setaffinity(0, sizeof(all), &all);
	return conn;
}

/* The root's path as it may stand in a URI. */
static char *embed_uri(const char *root)
{
	xmlChar *escaped = xmlURIEscapeStr(BAD_CAST root, BAD_CAST "/");
	char *uri = xasprintf("qemu:///embed?root=%s", escaped ? (char *)escaped : root);

	xmlFree(escaped);
	return uri;
}

static int connect_embedded(const char *root, virConnectPtr *ret, struct err *err)
{
	_cleanup_free_
	char *uri = NULL;
	int r = embed_root ? 0 : prepare_root(root, err);

	if (r == 0)
		r = virt_loop_start(err);
	if (r < 0)
		return unable(err);
	uri = embed_uri(embed_root);
	*ret = open_pinned(uri);
	return *ret ? 0 : open_failed(uri, err);
}

static int connect_daemon(const char *uri, virConnectPtr *ret, struct err *err)
{
	int r = check_uri(uri, err);

	if (r == 0)
		r = virt_loop_start(err);
	if (r < 0)
		return unable(err);
	*ret = virConnectOpen(uri);
	return *ret ? 0 : open_failed(uri, err);
}

int connect_open(const char *uri, const char *root, virConnectPtr *ret, struct err *err)
{
	return connect_is_embedded(uri) ? connect_embedded(root, ret, err)
					: connect_daemon(uri, ret, err);
}

void connect_publish(void)
{
	if (embed_root)
		embed_publish(embed_root);
}

/* Where libvirt looks for its driver of QEMU: beside the library itself. */
static char *driver_path(void)
{
	const char *given = getenv("LIBVIRT_DRIVER_DIR");
	_cleanup_free_
	char *lib = NULL;
	Dl_info info;
	char *slash;

	if (given && given[0])
		return xasprintf("%s/" DRIVER, given);
	if (!dladdr((void *)(uintptr_t)virConnectOpen, &info) ||
	    !(lib = realpath(info.dli_fname, NULL)) || !(slash = strrchr(lib, '/')))
		return NULL;
	*slash = 0;
	return xasprintf("%s/libvirt/connection-driver/" DRIVER, lib);
}

static int check_driver(struct err *err)
{
	_cleanup_free_
	char *path = driver_path();

	if (!path || access(path, R_OK) == 0)
		return 0;
	err_set(err, errno,
		"no guest can be started: libvirt has no driver for QEMU: %s: %s (apt-get install "
		"libvirt-daemon-driver-qemu)",
		path, strerror(errno));
	return unable(err);
}

int connect_check(const char *uri, struct err *err)
{
	virConnectPtr conn;
	int r;

	if (connect_is_embedded(uri))
		return check_driver(err);
	r = check_uri(uri, err);
	if (r < 0)
		return r;
	virt_hush();
	conn = virConnectOpen(uri);
	if (!conn)
		return open_failed(uri, err);
	virConnectClose(conn);
	return 0;
}
