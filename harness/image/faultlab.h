/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * faultlab.ko for a kernel: built from its headers, once. A Debian kernel's headers are fetched
 * through apt as kernels are; a kernel given by its path has a build tree, or lib/modules/RELEASE
 * has a link `build` to one. Needs make and a gcc on this host.
 */
#ifndef KS_IMAGE_FAULTLAB_H
#define KS_IMAGE_FAULTLAB_H

#include "base/err.h"
#include "image/kernels.h"

/* Where the module's source is: $KERNSOAK_FAULTLAB_DIR, or beside the guest's programs, or in the
 * checkout that this program was built in. The caller frees. */
char *faultlab_source(void);

/*
 * The module's path in the cache, freed by the caller. Its name there covers the kernel and the
 * source. Fails with a sentence that says what is missing and what to do, and exit code 69.
 */
int faultlab_build(const struct kernel *k, const char *source, bool may_fetch, char **ret_path,
		   struct err *err);

#endif
