/* SPDX-License-Identifier: GPL-3.0-or-later */
/* kernsoak kernels show: what kernels offer, by their configurations. */
#include <stdio.h>

#include "cmd/ask.h"
#include "cmd/cmd.h"
#include "cmd/kernels.h"
#include "image/kernel_config.h"
#include "model/capabilities.h"

static void print_row(const struct capability *c, const struct kconfig *config)
{
	_cleanup_free_
	char *value = *c->shown ? xasprintf(" (%s)", kconfig_value(config, c->shown)) : NULL;
	_cleanup_free_
	char *name = xasprintf("%s%s", c->name, value ? value : "");
	enum capability_state state = capability_state(c, config);

	printf("%-9s %-24s %s\n", capability_state_name(state), name, c->sentence);
}

static void print_text(const struct kernel *k, const char *from, const struct kconfig *config)
{
	const struct capability *c;

	printf("%s: Linux %s, by %s\n", k->name, k->release, from);
	for (size_t i = 0; (c = capability_nth(i)); i++)
		print_row(c, config);
}

static json_t *symbols_to_json(const struct capability *c, const struct kconfig *config)
{
	json_t *o = json_object();

	for (const char *s = c->symbols; *s; s += *s != 0) {
		_cleanup_free_
		char *symbol = xstrndup(s, strcspn(s, " |"));

		json_set_str(o, symbol, kconfig_value(config, symbol));
		s += strlen(symbol);
	}
	if (*c->shown)
		json_set_str(o, c->shown, kconfig_value(config, c->shown));
	return o;
}

static json_t *to_json(const struct kernel *k, const char *from, const struct kconfig *config)
{
	json_t *o = json_object(), *rows = json_array();
	const struct capability *c;

	json_set_str(o, "name", k->name);
	json_set_str(o, "release", k->release);
	json_set_str(o, "config", from);
	for (size_t i = 0; (c = capability_nth(i)); i++) {
		json_t *row = json_object();

		json_set_str(row, "name", c->name);
		json_set_str(row, "state", capability_state_name(capability_state(c, config)));
		json_object_set_new(row, "symbols", symbols_to_json(c, config));
		json_set_str(row, "sentence", c->sentence);
		json_array_append_new(rows, row);
	}
	json_object_set_new(o, "capabilities", rows);
	return o;
}

static int show_one(const char *name, bool as_json)
{
	_cleanup_kernel_ struct kernel k = { 0 };
	_cleanup_kconfig_ struct kconfig config = { 0 };
	_cleanup_free_
	char *from = NULL;
	struct err err = { 0 };
	int r = kernels_find(name, false, &k);

	if (r != 0)
		return r;
	if (kernel_config(&k, &config, &from, &err) < 0)
		return cmd_fail(&err, EXIT_HOST_UNABLE);
	if (as_json)
		return ask_print_json(to_json(&k, from, &config));
	print_text(&k, from, &config);
	return 0;
}

int kernels_show(int argc, char **argv, const struct kernels_options *o)
{
	int r = 0;

	for (int i = 0; i < argc && r == 0; i++)
		r = show_one(argv[i], o->json);
	return r;
}
