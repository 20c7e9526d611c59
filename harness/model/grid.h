/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A grid: up to three keys of a scenario, each with the values that it takes; every combination is
 * an arm. The first key is the slowest to change. A cell is named by its values, joined, so that a
 * report finds the arms of cells by name, whatever others (controls) stand beside them.
 */
#ifndef KS_MODEL_GRID_H
#define KS_MODEL_GRID_H

#include "base/json.h"
#include "base/str.h"

struct node; /* model/yaml.h */
struct trees;

enum { GRID_AXES = 3 };

struct grid_axis {
	char *key; /* "load.overcopy.policy" */
	struct strv value;
};

struct grid { /* n is 0 where there is none */
	struct grid_axis axis[GRID_AXES];
	size_t n;
};

#define _cleanup_grid_ _cleanup_(grid_done)
void grid_done(struct grid *g);

size_t grid_cells(const struct grid *g); /* 0 where there is no grid */
/* Which value of each axis the cell has. */
void grid_place(const struct grid *g, size_t cell, size_t ret[GRID_AXES]);
/* "retry-140-16MiB"; what a name may not hold is a -, and no name begins with one. The caller
 * frees. */
char *grid_cell_name(const struct grid *g, size_t cell);

/*
 * From a scenario. grid_check() says whether the map is one and each value fits its key;
 * grid_read() also whether the cells can be arms, and builds them: there are not too many, and
 * their names are names and differ.
 */
int grid_check(struct trees *y, const struct node *map, struct err *err);
int grid_read(struct trees *y, const struct node *map, struct grid *ret, struct err *err);
/* What the cell lays over the scenario. */
const struct node *grid_overlay(struct trees *y, const struct node *map, const struct grid *g,
				size_t cell);

/* As in plan.json: [{"key": ..., "values": [...]}, ...]. Nothing (NULL) is no grid. */
json_t *grid_to_json(const struct grid *g);
int grid_from_json(const json_t *j, struct grid *ret, struct err *err);

#endif
