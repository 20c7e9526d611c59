/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vm/vm.h"

#include <errno.h>

#include "vm/vm_fake.h"
#include "vm/vm_libvirt.h"

/* To add a backend: a file that fills in a struct vm_backend, and a row here. */
static const struct vm_backend *const backends[] = {
	&vm_libvirt,
	&vm_fake,
};

const struct vm_backend *vm_backend_by_name(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(backends); i++)
		if (str_eq(backends[i]->name, name))
			return backends[i];
	return NULL;
}

int vm_check(const struct vm_backend *b, const char *uri, struct err *err)
{
	return b->check(uri, err);
}

int vm_new(const struct vm_backend *b, struct loop *loop, const struct machine *m,
	   const struct vm_callbacks *cb, void *arg, struct vm **ret, struct err *err)
{
	int r = b->new (loop, m, cb, arg, ret, err);

	if (r == 0)
		(*ret)->backend = b;
	return r;
}

int vm_start(struct vm *vm, struct err *err)
{
	return vm->backend->start(vm, err);
}

int vm_send(struct vm *vm, const char *line, size_t n)
{
	return vm->backend->send(vm, line, n);
}

int vm_pause(struct vm *vm, struct err *err)
{
	return vm->backend->pause(vm, err);
}

int vm_nmi(struct vm *vm, struct err *err)
{
	return vm->backend->nmi(vm, err);
}

int vm_balloon(struct vm *vm, uint64_t bytes, uint64_t *ret_now, struct err *err)
{
	if (!vm->backend->balloon)
		return err_set(err, ENOTSUP, "the backend %s has no balloon", vm->backend->name);
	return vm->backend->balloon(vm, bytes, ret_now, err);
}

int vm_begin_faults(struct vm *vm, struct err *err)
{
	return vm->backend->begin_faults ? vm->backend->begin_faults(vm, err) : 0;
}

bool vm_can_look(const struct vm *vm)
{
	return vm->backend->monitor && vm->backend->dump;
}

int vm_monitor(struct vm *vm, const char *command, struct buf *out, struct err *err)
{
	return vm->backend->monitor(vm, command, out, err);
}

int vm_dump(struct vm *vm, const char *path, uint64_t limit_ns, struct err *err)
{
	return vm->backend->dump(vm, path, limit_ns, err);
}

void vm_stats(struct vm *vm, struct vm_stats *ret)
{
	*ret = (struct vm_stats){ 0 };
	vm->backend->stats(vm, ret);
}

void vm_destroy(struct vm *vm)
{
	vm->backend->destroy(vm);
}

struct vm *vm_free(struct vm *vm)
{
	if (vm)
		vm->backend->free(vm);
	return NULL;
}

const char *vm_state_name(enum vm_state s)
{
	static const char *const names[] = {
		[VM_RUNNING] = "running", [VM_PAUSED] = "paused",       [VM_PANICKED] = "panicked",
		[VM_RESET] = "reset",     [VM_SHUT_DOWN] = "shut down", [VM_ERROR] = "error",
		[VM_GONE] = "gone",
	};

	return names[s];
}
