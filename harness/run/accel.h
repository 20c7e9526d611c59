/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which accelerator a kernel really boots under. /dev/kvm that opens proves nothing: stock kernels
 * have died under such a one with "KVM internal error, emulation failure", QEMU living on. So a
 * probe guest boots once per kernel and host, with a deadline, and the answer is kept in the cache.
 */
#ifndef KS_RUN_ACCEL_H
#define KS_RUN_ACCEL_H

#include "model/settings.h"
#include "run/files.h"

/* Turns guest.accel auto into kvm or tcg. A scenario that insists on kvm gets it unprobed. */
int accel_resolve(struct settings *s, const struct files *f, const char *uri, struct err *err);

/*
 * What a probe boots: the machine of `like` (whose words it borrows), and nothing that the scenario
 * wants of its guest. A first reclaim that never comes says nothing of KVM.
 */
void accel_probe_settings(const struct settings *like, struct settings *ret);

/* What is known without a probe. */
struct accel_known {
	bool device;     /* /dev/kvm is there */
	bool reachable;  /* the user that guests run as could open it */
	size_t kvm, tcg; /* kernels that a probe showed to boot under KVM, and not to */
};

void accel_known(struct accel_known *ret);

#endif
