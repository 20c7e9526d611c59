/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A folder of a test's own, which goes with all that is in it when the test ends. */
#ifndef KS_TESTS_FOLDER_H
#define KS_TESTS_FOLDER_H

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fs.h"

struct folder {
	char path[32];
	int fd;
};

/* 0, or -1: as fixtures of cmocka say it. */
static inline int folder_make(struct folder *f)
{
	strcpy(f->path, "/tmp/kernsoak-test-XXXXXX");
	f->fd = mkdtemp(f->path) ? fs_open_dir(AT_FDCWD, f->path, NULL) : -1;
	return f->fd < 0 ? -1 : 0;
}

static inline int folder_remove(struct folder *f)
{
	close(f->fd);
	return fs_remove_tree(AT_FDCWD, f->path, NULL);
}

static inline int folder_setup(void **state)
{
	static struct folder f;

	*state = &f;
	return folder_make(&f);
}

static inline int folder_teardown(void **state)
{
	return folder_remove(*state);
}

/* The test's state is a struct folder. */
#define with_folder(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)

#endif
