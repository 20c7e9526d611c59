/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tune.h"

#include <stdio.h>
#include <string.h>

/* The first token that is not the load's name. */
static int find_value(const char *tokens, char *key, size_t key_size, uint64_t *ret)
{
	char copy[256], *rest = copy, *token, *equals;

	snprintf(copy, sizeof copy, "%s", tokens);
	while ((token = wire_token(&rest))) {
		equals = strchr(token, '=');
		if (!equals || strncmp(token, "load=", 5) == 0)
			continue;
		*equals = 0;
		snprintf(key, key_size, "%s", token);
		return wire_number(equals + 1, ret);
	}
	return -1;
}

int tune(struct child *load, size_t n, const char *tokens, char *said, size_t size)
{
	char name[64] = "", key[CHILD_TUNABLE] = "", why[256];
	uint64_t value;

	wire_get(tokens, "load", name, sizeof name);
	if (find_value(tokens, key, sizeof key, &value) < 0) {
		snprintf(said, size, "tune: no number");
		return -1;
	}
	for (size_t i = 0; i < n; i++) {
		if (strcmp(load[i].name, name) != 0)
			continue;
		if (child_tune(&load[i], key, value, why, sizeof why) < 0) {
			snprintf(said, size, "tune: %s", why);
			return -1;
		}
		snprintf(said, size, "%s: %s is %llu now", name, key, (unsigned long long)value);
		return 0;
	}
	snprintf(said, size, "tune: there is no load %s", name);
	return -1;
}
