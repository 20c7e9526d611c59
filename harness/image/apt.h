/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What apt knows of Debian's kernels. Everything here works as an ordinary user. */
#ifndef KS_IMAGE_APT_H
#define KS_IMAGE_APT_H

#include "base/err.h"
#include "base/str.h"

struct apt_package {
	char *name, *version, *sha256;
	uint64_t size_bytes;      /* of the .deb */
	uint64_t installed_bytes; /* of what is in it */
};

struct apt_packages {
	struct apt_package *item;
	size_t n;
};

#define _cleanup_apt_packages_ _cleanup_(apt_packages_done)
void apt_packages_done(struct apt_packages *p);

/*
 * The signed kernel packages of this machine's architecture that can be had, sorted by version.
 * Empty lists are an error that says what to do (exit code 69).
 */
int apt_kernels(struct strv *ret, struct err *err);

/* Appends the candidate version of each package that apt has. */
int apt_show(const struct strv *names, struct apt_packages *ret, struct err *err);

/*
 * Appends where apt has the suite (and its -updates and -security) from, as one-line sources: "deb
 * [signed-by=...] http://deb.debian.org/debian/ bookworm main". Only Debian's own archives: what
 * else this machine installs from would make another image of the same recipe.
 */
int apt_sources(const char *suite, struct strv *ret, struct err *err);

/*
 * Downloads that version into the directory `dir` and checks it against the signed index's SHA256
 * once more. ret_path is the file's, freed by the caller. Failures carry exit code 69.
 */
int apt_download(const struct apt_package *p, const char *dir, char **ret_path, struct err *err);

#endif
