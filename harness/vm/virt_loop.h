/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The one thread of the project, and what keeps it a secret: libvirt wants events served while a
 * call blocks, and calls back from there. Events are queued under a mutex and come out of the
 * process's own loop through an eventfd.
 */
#ifndef KS_VM_VIRT_LOOP_H
#define KS_VM_VIRT_LOOP_H

#include <libvirt/libvirt.h>

#include "base/loop.h"

enum virt_what {
	VIRT_PAUSED,
	VIRT_RESUMED,
	VIRT_PANICKED, /* a panic device said so */
	VIRT_SHUT_DOWN,
	VIRT_RESET,
	VIRT_IO_ERROR,
	VIRT_ENDED, /* QEMU is gone; the last event */
};

struct virt_event {
	enum virt_what what;
	char detail[64]; /* QEMU's or libvirt's word for why */
};

typedef void (*virt_event_fn)(void *arg, const struct virt_event *e);

/* Before the first connection is opened: silences libvirt's own printing, registers the event
 * implementation and starts the thread that runs it. Once a process; again is fine. */
int virt_loop_start(struct err *err);

/*
 * Around each call into libvirt that may block. Meanwhile the thread
 *  - reaps QEMUs that were handed to us as the subreaper: libvirt takes a zombie for a process that
 *    will not die, and waits 15 s for it;
 *  - kills `pidfd` (-1: nothing) after VIRT_CALL_MAX_NS, or limit_ns: QEMU's monitor has no
 * deadline of its own, and a QEMU that hangs must not hang us.
 */
#define VIRT_CALL_MAX_NS (20 * NS_PER_S)
void virt_call_begin(int pidfd);
void virt_call_begin_for(int pidfd, uint64_t limit_ns);
void virt_call_end(void);

struct virt_watch;

/* Tells of the domain with this uuid (36 characters), which need not exist yet. */
int virt_watch_new(struct loop *loop, virConnectPtr conn, const char *uuid, virt_event_fn fn,
		   void *arg, struct virt_watch **ret, struct err *err);
struct virt_watch *virt_watch_free(struct virt_watch *w); /* returns NULL; allowed in fn */

/* libvirt's own printing on stderr, off: the sentence is told once. virt_loop_start() does it too.
 */
void virt_hush(void);

/* err_set with libvirt's last message behind the sentence. */
int virt_error(struct err *err, int code, const char *fmt, ...) PRINTF(3, 4);

#endif
