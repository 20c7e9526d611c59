/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Files that loads work on. What cannot be had ends the load with a sentence that names it.
 */
#ifndef KS_WORKLOADS_FILES_H
#define KS_WORKLOADS_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* The folder, made if only its last part is missing. */
int files_dir(const char *path);

/* The type that /proc/self/mountinfo says of the file system of a descriptor: "ext4"; or "?". */
void files_fs_type(int fd, char *ret, size_t size);

/* An empty file in the folder, in place of one of that name from before. */
int files_new(int dir, const char *name);

/* Bytes that the file system of the folder has for us. */
uint64_t files_room(int dir);

/* How many of the pages of a range are in the page cache. */
size_t files_cached_pages(int fd, off_t offset, size_t bytes);

/* Extents that the file system says the file has, after it wrote out what was delayed: FIEMAP. */
uint64_t files_extents(int fd, const char *name);

/*
 * Gives an empty file so many extents of one block, each with a hole before it: 2 * extents blocks
 * long. Nothing is written: the blocks are allocated and hold zeros.
 */
void files_fragment(int fd, const char *name, uint64_t extents, uint64_t block);

#endif
