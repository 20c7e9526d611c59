/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vm/look.h"

#include <errno.h>
#include <libvirt/libvirt-qemu.h>

#include "vm/virt_loop.h"

int look_monitor(virDomainPtr dom, int pidfd, const char *command, struct buf *out, struct err *err)
{
	char *answer = NULL;
	int r;

	virt_call_begin(pidfd);
	r = virDomainQemuMonitorCommand(dom, command, &answer, VIR_DOMAIN_QEMU_MONITOR_COMMAND_HMP);
	virt_call_end();
	if (r < 0)
		return virt_error(err, EIO, "QEMU does not answer \"%.60s\"", command);
	buf_puts(out, answer);
	free(answer);
	return 0;
}

static int answer_of(const char *name, const char *text, json_t **ret, struct err *err)
{
	_cleanup_json_ json_t *j = text ? json_loads(text, 0, NULL) : NULL;
	const json_t *returned = json_object_get(j, "return");
	const char *why = json_string_value(json_at(j, "error.desc"));

	if (!returned)
		return err_set(err, EIO, "QEMU refuses %s: %s", name, why ? why : "(no reason)");
	*ret = json_incref((json_t *)(uintptr_t)returned);
	return 0;
}

int look_ask(virDomainPtr dom, int pidfd, const json_t *command, json_t **ret, struct err *err)
{
	const char *name = json_string_value(json_object_get(command, "execute"));
	_cleanup_free_
	char *text = json_dumps(command, JSON_COMPACT);
	char *answer = NULL;
	int r;

	virt_call_begin(pidfd);
	r = virDomainQemuMonitorCommand(dom, text, &answer, 0);
	virt_call_end();
	if (r < 0)
		return virt_error(err, EIO, "QEMU does not answer %s", name);
	r = answer_of(name, answer, ret, err);
	free(answer);
	return r;
}

#define IOHELPER "/usr/lib/libvirt/libvirt_iohelper"

/* Through libvirt, although QEMU could do it unwatched: libvirt 9.0 takes QEMU's word that a dump
 * is done for the end of a job of its own, and dies where it has none. */
int look_dump(virDomainPtr dom, int pidfd, const char *path, uint64_t limit_ns, struct err *err)
{
	int r;

	if (access(IOHELPER, X_OK) < 0)
		return err_set(err, errno,
			       "libvirt writes the guest's memory through " IOHELPER
			       " (apt-get install libvirt-daemon)");
	virt_call_begin_for(pidfd, limit_ns);
	r = virDomainCoreDumpWithFormat(dom, path, VIR_DOMAIN_CORE_DUMP_FORMAT_KDUMP_ZLIB,
					VIR_DUMP_MEMORY_ONLY);
	virt_call_end();
	return r == 0 ? 0 : virt_error(err, EIO, "the guest's memory could not be written");
}
