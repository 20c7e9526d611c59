/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The files and directories of overfs, by number: 1 is the root. */
#ifndef KS_WORKLOADS_OVERFS_TREE_H
#define KS_WORKLOADS_OVERFS_TREE_H

#include <sys/stat.h>

#include "data.h"

struct node {
	uint64_t ino;
	struct node *parent, *child, *next; /* next: in the parent's list; parent NULL: unlinked */
	char *name;
	struct stat st;   /* mode, owner, size, times */
	uint64_t lookups; /* what the kernel holds of it */
	struct data data;
};

struct tree {
	struct node **node; /* by number; NULL: gone */
	size_t n;
	struct space space;
};

int tree_init(struct tree *t, uint64_t capacity_bytes);
struct node *tree_node(const struct tree *t, uint64_t ino); /* NULL: none */
struct node *tree_find(const struct node *dir, const char *name);
struct node *tree_add(struct tree *t, struct node *dir, const char *name, mode_t mode);
/* Takes it out of its directory; it lives on while the kernel holds it. */
void tree_unlink(struct tree *t, struct node *n);
int tree_move(struct node *n, struct node *dir, const char *name); /* 0 or -ENOMEM */
void tree_forget(struct tree *t, struct node *n, uint64_t lookups);

#endif
