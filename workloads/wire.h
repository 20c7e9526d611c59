/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The words of docs/PROTOCOL.md on the guest's side: a line is a word and key=value tokens, with
 * %XX in the values. Fixed buffers, no allocation: the agent must work when memory has run out.
 */
#ifndef KS_WORKLOADS_WIRE_H
#define KS_WORKLOADS_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WIRE_LINE_MAX 16384 /* with its newline */

/* A line being written. What does not fit is left out whole, key and value, and counted. */
struct wire {
	size_t n;
	unsigned left_out;
	char text[WIRE_LINE_MAX];
};

void wire_begin(struct wire *w, const char *word);
void wire_text(struct wire *w, const char *key, const char *value);
void wire_u64(struct wire *w, const char *key, uint64_t value);
/* Ends the line with its newline; text[0..n) is what goes out. */
void wire_end(struct wire *w);

/* Undoes %XX in place; -1 where a % has no two hexadecimal digits behind it or is %00. */
int wire_decode(char *s);

/* The whole of s as a decimal number; -1 where it is not one, or too large. */
int wire_number(const char *s, uint64_t *ret);

/*
 * Takes the next token from *rest, which is moved behind it: NULL at the end. Works in place. The
 * line's word is its first token.
 */
char *wire_token(char **rest);

/* The value of `key` among the tokens, still encoded, or NULL. Leaves `tokens` as it is. */
const char *wire_find(const char *tokens, const char *key, size_t *ret_len);

/* The same, decoded into ret: 0; -1 where the key is missing, broken, or longer than size - 1. */
int wire_get(const char *tokens, const char *key, char *ret, size_t size);

#endif
