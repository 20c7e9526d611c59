/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The schema for people and for editors: `kernsoak check --schema`, the lists of
 * kernsoak-scenario(5), and JSON Schema. Pure; all of it comes from the tables.
 */
#ifndef KS_MODEL_SCHEMA_TEXT_H
#define KS_MODEL_SCHEMA_TEXT_H

#include "base/json.h"
#include "model/schema.h"

enum schema_format { SCHEMA_PLAIN, SCHEMA_MDOC };

/* The keys below `key` and itself (NULL: all); false where there is none. */
bool schema_write_keys(enum schema_format format, const char *key, struct buf *out);
void schema_write_loads(enum schema_format format, struct buf *out);
void schema_write_plants(enum schema_format format, struct buf *out);
void schema_write_classes(enum schema_format format, struct buf *out);

/* A draft-07 JSON Schema, as yaml-language-server and other editors take it. */
json_t *schema_to_json(void);

#endif
