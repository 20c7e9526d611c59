/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Files, by directory descriptor. A file appears whole or not at all: written beside its place,
 * fsynced, renamed. Every descriptor is O_CLOEXEC and never one of 0-2 (fs_reserve_std).
 */
#ifndef KS_BASE_FS_H
#define KS_BASE_FS_H

#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"

/* Opens /dev/null on whichever of 0-2 is closed: a database once opened as fd 2 was ruined by a
 * stray message. Called first in main(). */
void fs_reserve_std(void);

/* mkdir -p. 0 or -errno. */
int fs_mkdir_p(const char *path, mode_t mode, struct err *err);

/* A directory below dirfd (AT_FDCWD allowed), opened O_RDONLY|O_DIRECTORY: fd or -errno. */
int fs_open_dir(int dirfd, const char *name, struct err *err);

/* Makes the directory where it is missing, and opens it: fd or -errno. */
int fs_make_dir(int dirfd, const char *name, mode_t mode, struct err *err);

/* Appends what is left to read of fd; -EFBIG once it is over max. 0 or -errno. */
int fs_read_fd(int fd, size_t max, struct buf *out);

/* Appends the file's bytes to out; -EFBIG over max. */
int fs_read(int dirfd, const char *name, size_t max, struct buf *out, struct err *err);

/* The same of a file that a person named: where it is not, err has the nearest name in its folder.
 */
int fs_read_named(const char *path, size_t max, struct buf *out, struct err *err);

/* Appends up to n bytes from `offset` on: fewer at the end of the file, none where there is no
 * file.
 */
void fs_read_part(int dirfd, const char *name, uint64_t offset, size_t n, struct buf *out);

/* Replaces dirfd/name atomically and durably. -ENOSPC and friends carry exit code 73. */
int fs_write(int dirfd, const char *name, const void *data, size_t n, struct err *err);

/* All n bytes to fd, restarting on EINTR and short writes: 0 or -errno. */
int fs_write_all(int fd, const void *data, size_t n);

/* Copies a whole file (reflink or copy_file_range where the file system can). */
int fs_copy(int from_dir, const char *from, int to_dir, const char *to, struct err *err);

/* rm -r, without following links; a missing tree is fine. */
int fs_remove_tree(int dirfd, const char *name, struct err *err);

/* chown -R to uid:gid without following links. */
int fs_chown_tree(int dirfd, const char *name, uid_t uid, gid_t gid, struct err *err);

/* du: what the tree takes on its disk, as far as it can be read. */
uint64_t fs_tree_bytes(int dirfd, const char *name);

/* Names in the directory, sorted with strcmp, without . and .. */
struct strv;
int fs_list(int dirfd, const char *name, struct strv *out, struct err *err);

/* $XDG_CACHE_HOME/kernsoak or ~/.cache/kernsoak (not created). The caller frees. */
char *fs_cache_dir(void);

/*
 * A folder that comes with the program: `given` where the user's environment names one (not NULL,
 * not
 * ""), else the first of n places, relative to the program's own folder, that is there, else the
 * last. The caller frees.
 */
char *fs_beside_program(const char *given, const char *const *places, size_t n);

/* Is `command` on PATH (or, with a slash, executable)? Its full path, freed by the caller, or NULL.
 */
char *fs_which(const char *command);

/* The same; looks into /usr/sbin and /sbin too, which an ordinary user's PATH leaves out. */
char *fs_which_admin(const char *command);

#endif
