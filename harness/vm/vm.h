/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A virtual machine as the trial sees it, and the contract of its backends.
 *
 * A machine is data; a vm is that machine being run by a backend over the process's loop. All
 * callbacks come from the loop, never from inside a call of the trial's. Nothing here knows what a
 * crash is: bytes, lines and states go out, somebody else says what they mean.
 *
 * What every backend owes:
 *  - start() returns once the guest executes, or fails with a sentence that says what to do; exit
 *    code 69 when the host cannot (no QEMU, no libvirt), and leaves nothing running behind.
 *  - console bytes arrive in order, complete, stamped with the loop's time at their reading. A slow
 *    reader must not slow the guest.
 *  - agent lines arrive complete, without their newline, at most VM_LINE_MAX long (longer ones are
 *    dropped and counted in stats.dropped_lines).
 *  - each change of state is told once. After VM_GONE nothing more comes but console bytes that
 * were already written.
 *  - send() never blocks: -EAGAIN while the guest does not read.
 *  - monitor() appends the emulator's own answer to a command that changes nothing ("info
 *    registers -a"). dump() writes the guest's memory to a new file, kdump-compressed, and blocks
 * until that is done, limit_ns at most: who has waited so long has no guest any more.
 *  - destroy() ends it whatever its state, within seconds, and is idempotent; free() implies it.
 */
#ifndef KS_VM_VM_H
#define KS_VM_VM_H

#include "base/loop.h"
#include "model/settings.h"

enum { VM_LINE_MAX = 16384, VM_VCPUS_MAX = 64 };

enum vm_state {
	VM_RUNNING,
	VM_PAUSED,    /* by us */
	VM_PANICKED,  /* pvpanic said so; a hint, the console is the truth */
	VM_RESET,     /* the guest rebooted (or tried to) */
	VM_SHUT_DOWN, /* the guest powered off; a panic with panic=-1 can look like this */
	VM_ERROR,     /* QEMU lives but cannot go on: internal-error, I/O error */
	VM_GONE,      /* QEMU ended without being asked to: the host's fault */
};

/* What a disk is to fail at: EIO, as virtio-blk has no other error. */
struct machine_fault {
	const char *event; /* read, write, flush, discard */
	uint64_t sector;   /* of 512 bytes; UINT64_MAX: any */
	bool once;
};

/* A disk of the guest (virtio-blk, raw). */
struct machine_disk {
	const char
		*name; /* its serial number in the guest: /sys/block/vdX/serial; 20 bytes at most */
	const char *path;  /* of a file that exists */
	const char *cache; /* QEMU's mode: unsafe, writeback, writethrough, none */
	bool read_only;
	bool temporary;                    /* the file's name goes as soon as QEMU has it open */
	const struct machine_fault *fault; /* from vm_begin_faults() on */
	size_t n_faults;
};

/* Strings are borrowed and must outlive the vm. */
struct machine {
	const char *name;   /* kernsoak-RUN-000017, letters digits - _ . + only */
	const char *uuid;   /* 36 characters; of run, trial and owner: how the backend knows its own
			       QEMU */
	const char *kernel; /* path of an ELF vmlinux with PVH note or of a bzImage */
	const char *initrd;
	const char *cmdline;
	uint64_t memory_bytes;
	uint64_t vcpus;
	uint64_t numa;        /* nodes; 0 and 1: one */
	const char *type;     /* QEMU's machine: "q35" (also NULL), "pc" */
	const char *watchdog; /* an i6300esb's action, as libvirt calls it; NULL: none */
	bool balloon;         /* vm_balloon() will be called */
	bool netconsole;      /* a network card for the guest's netconsole, and nothing else */
	bool kvm;
	const char
		*console; /* file that exists and that the guest's serial console is appended to */
	const char *gdb;  /* where a debugger may connect: a unix socket to be made; NULL: none */
	bool paused;      /* start() leaves it stopped: the debugger lets it go */
	const char *work; /* existing private folder for sockets and libvirt's root; a short path */
	const struct machine_disk *disk; /* in the order of their slots */
	size_t n_disks;
	const char *uri;         /* "" the default: qemu:///embed?root=WORK/libvirt */
	const char *run, *trial; /* for the domain's metadata: who owns it */
	uint64_t owner_pid;
	const struct fake *fake; /* fake backend only */
	uint64_t seed;
};

struct vm_callbacks {
	void (*console)(void *arg, const void *data, size_t n, uint64_t at_ns);
	void (*agent)(void *arg, const char *line, size_t n,
		      uint64_t at_ns); /* NUL behind the n bytes */
	void (*state)(void *arg, enum vm_state state, const char *detail); /* detail: a few words */
	/* A message of the guest's netconsole, as it came; NULL: nobody listens. */
	void (*netconsole)(void *arg, const void *data, size_t n, uint64_t at_ns);
};

struct vm_stats {
	uint64_t cpu_ns; /* CPU time of the guest so far; 0 unknown */
	uint64_t lag_ns; /* largest time seen between a console byte's writing and its reading */
	uint64_t dropped_lines;
	int64_t pid; /* of QEMU; 0: none */
	size_t n_vcpus;
	uint64_t vcpu_ns[VM_VCPUS_MAX];   /* how long each has run on the host so far */
	uint64_t wanted_ns[VM_VCPUS_MAX]; /* and how long it has run or waited for a processor */
};

struct vm;

struct vm_backend {
	const char *name, *sentence;
	int (*check)(const char *uri, struct err *err);
	int (*new)(struct loop *loop, const struct machine *m, const struct vm_callbacks *cb,
		   void *arg, struct vm **ret, struct err *err);
	int (*start)(struct vm *vm, struct err *err);
	int (*send)(struct vm *vm, const char *line, size_t n); /* with its newline */
	int (*pause)(struct vm *vm, struct err *err);
	int (*nmi)(struct vm *vm, struct err *err);
	int (*balloon)(struct vm *vm, uint64_t bytes, uint64_t *ret_now, struct err *err);
	int (*begin_faults)(struct vm *vm, struct err *err); /* of the machine's disks */
	/* A look at a guest that has failed; NULL where the backend has none (vm_can_look). */
	int (*monitor)(struct vm *vm, const char *command, struct buf *out, struct err *err);
	int (*dump)(struct vm *vm, const char *path, uint64_t limit_ns, struct err *err);
	void (*stats)(struct vm *vm, struct vm_stats *ret);
	void (*destroy)(struct vm *vm);
	void (*free)(struct vm *vm);
	int (*describe)(const struct machine *m, struct buf *out,
			struct err *err); /* for --dry-run */
};

/* Every backend's struct vm begins with this. */
struct vm {
	const struct vm_backend *backend;
};

const struct vm_backend *vm_backend_by_name(const char *name); /* NULL where there is none */

/* Could this host run guests at all? Looks only, and leaves nothing behind; exit code 69 and what
 * to install where it could not. What one guest needs beyond that, start() says. */
int vm_check(const struct vm_backend *b, const char *uri, struct err *err);

/* Thin calls through the backend; vm_free(NULL) is fine and returns NULL. `m` and `cb` are
 * borrowed. */
int vm_new(const struct vm_backend *b, struct loop *loop, const struct machine *m,
	   const struct vm_callbacks *cb, void *arg, struct vm **ret, struct err *err);
int vm_start(struct vm *vm, struct err *err);
int vm_send(struct vm *vm, const char *line, size_t n);
int vm_pause(struct vm *vm, struct err *err);
int vm_nmi(struct vm *vm, struct err *err);
/* The guest is to have so many bytes of its memory; *ret_now: so many it has yet. -ENOTSUP where
 * the backend has no balloon. */
int vm_balloon(struct vm *vm, uint64_t bytes, uint64_t *ret_now, struct err *err);
int vm_begin_faults(struct vm *vm, struct err *err); /* 0 where the backend has no disks */
bool vm_can_look(const struct vm *vm);
int vm_monitor(struct vm *vm, const char *command, struct buf *out, struct err *err);
int vm_dump(struct vm *vm, const char *path, uint64_t limit_ns, struct err *err);
void vm_stats(struct vm *vm, struct vm_stats *ret);
void vm_destroy(struct vm *vm);
struct vm *vm_free(struct vm *vm);

const char *vm_state_name(enum vm_state s); /* "running", "paused", ... */

#endif
