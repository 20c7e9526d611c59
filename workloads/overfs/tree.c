/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "pattern.h"

static void stamp(struct node *n)
{
	clock_gettime(CLOCK_REALTIME, &n->st.st_mtim);
	n->st.st_ctim = n->st.st_atim = n->st.st_mtim;
}

static struct node *new_node(struct tree *t, const char *name, mode_t mode)
{
	struct node **more = realloc(t->node, (t->n + 1) * sizeof *more);
	struct node *n = calloc(1, sizeof *n);

	if (more)
		t->node = more;
	if (!more || !n || !(n->name = strdup(name))) {
		free(n);
		return NULL;
	}
	n->ino = t->n;
	n->st.st_ino = n->ino;
	n->st.st_mode = mode;
	n->st.st_nlink = S_ISDIR(mode) ? 2 : 1;
	n->st.st_blksize = PATTERN_BLOCK;
	stamp(n);
	t->node[t->n++] = n;
	return n;
}

int tree_init(struct tree *t, uint64_t capacity_bytes)
{
	*t = (struct tree){ .space.capacity = capacity_bytes / PATTERN_BLOCK };
	/* There is no number 0: FUSE's root is 1. */
	if (!new_node(t, "", 0) || !new_node(t, "", S_IFDIR | 0755))
		return -ENOMEM;
	return 0;
}

struct node *tree_node(const struct tree *t, uint64_t ino)
{
	return ino > 0 && ino < t->n ? t->node[ino] : NULL;
}

struct node *tree_find(const struct node *dir, const char *name)
{
	for (struct node *n = dir->child; n; n = n->next)
		if (strcmp(n->name, name) == 0)
			return n;
	return NULL;
}

static void hang_in(struct node *n, struct node *dir)
{
	n->parent = dir;
	n->next = dir->child;
	dir->child = n;
	stamp(dir);
}

static void take_out(struct node *n)
{
	struct node **at = &n->parent->child;

	while (*at != n)
		at = &(*at)->next;
	*at = n->next;
	stamp(n->parent);
	n->parent = NULL;
}

struct node *tree_add(struct tree *t, struct node *dir, const char *name, mode_t mode)
{
	struct node *n = new_node(t, name, mode);

	if (n)
		hang_in(n, dir);
	return n;
}

static void free_if_gone(struct tree *t, struct node *n)
{
	if (n->parent || n->lookups > 0 || n->ino == 1)
		return;
	data_cut(&n->data, &t->space, 0);
	t->node[n->ino] = NULL;
	free(n->name);
	free(n);
}

void tree_unlink(struct tree *t, struct node *n)
{
	n->st.st_nlink = 0;
	take_out(n);
	free_if_gone(t, n);
}

int tree_move(struct node *n, struct node *dir, const char *name)
{
	char *copy = strdup(name);

	if (!copy)
		return -ENOMEM;
	take_out(n);
	free(n->name);
	n->name = copy;
	hang_in(n, dir);
	return 0;
}

void tree_forget(struct tree *t, struct node *n, uint64_t lookups)
{
	n->lookups -= lookups < n->lookups ? lookups : n->lookups;
	free_if_gone(t, n);
}
