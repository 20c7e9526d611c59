/* SPDX-License-Identifier: GPL-3.0-or-later */
/* kernsoak kernels list: what apt has, what is cached, and what was built. */
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "cmd/ask.h"
#include "cmd/cmd.h"
#include "cmd/kernels.h"
#include "image/kbuild.h"

static json_t *row_to_json(const struct kernel_row *row)
{
	json_t *o = json_object();

	json_set_str(o, "name", row->name);
	json_set_str(o, "package", row->package);
	if (row->version)
		json_set_str(o, "version", row->version);
	json_set_bool(o, "cached", row->cached);
	json_set_bool(o, "available", row->available);
	if (row->available)
		json_set_u64(o, "download-bytes", row->size_bytes);
	return o;
}

static void print_rows(const struct kernel_list *l)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct kernel_row *row = &l->row[i];

		printf("%-6s %-32s %-22s", row->cached ? "cached" : "", row->name,
		       row->version ? row->version : "");
		if (row->available)
			printf(" %4llu MiB\n", (unsigned long long)row->size_bytes >> 20);
		else
			puts(" (apt no longer has it)");
	}
}

/* ---- those that were built ---- */

static json_t *built_to_json(const struct kbuild_row *row)
{
	json_t *o = json_object();

	json_set_str(o, "name", row->name);
	json_set_str(o, "release", row->release);
	json_set_str(o, "source", row->source);
	json_set_bool(o, "cached", true);
	json_set_bool(o, "built", true);
	json_set_u64(o, "bytes", row->size_bytes);
	json_set_u64(o, "built-at", row->built_at_s);
	json_set_u64(o, "took-s", row->took_s);
	return o;
}

static void print_built(const struct kbuild_list *l)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct kbuild_row *row = &l->row[i];
		time_t at = (time_t)row->built_at_s;
		char when[32] = "";
		struct tm tm;

		if (gmtime_r(&at, &tm))
			strftime(when, sizeof(when), "%Y-%m-%d %H:%M UTC", &tm);
		printf("built  %-32s %-22s %4" PRIu64 " MiB, %s, of %s\n", row->name, row->release,
		       row->size_bytes >> 20, when, row->source);
	}
}

static int print_json(const struct kernel_list *l, const struct kbuild_list *built)
{
	json_t *rows = json_array();

	for (size_t i = 0; i < l->n; i++)
		json_array_append_new(rows, row_to_json(&l->row[i]));
	for (size_t i = 0; i < built->n; i++)
		json_array_append_new(rows, built_to_json(&built->row[i]));
	return ask_print_json(rows);
}

int kernels_list(int argc, char **argv, const struct kernels_options *o)
{
	_cleanup_kernel_list_ struct kernel_list l = { 0 };
	_cleanup_kbuild_list_ struct kbuild_list built = { 0 };
	struct err err = { 0 }, why = { 0 };

	(void)argc;
	(void)argv;
	kbuild_list(&built);
	if (kernel_list(&l, &why, &err) < 0) {
		if (!built.n)
			return cmd_fail(&err, EXIT_HOST_UNABLE);
		why = err;
	}
	if (why.code)
		fprintf(stderr, "kernsoak: only what is cached: %s\n", why.msg);
	if (o->json)
		return print_json(&l, &built);
	print_rows(&l);
	print_built(&built);
	return 0;
}
