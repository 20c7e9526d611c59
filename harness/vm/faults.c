/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vm/faults.h"

#include <errno.h>

static const char *node_of(const json_t *nodes, const char *driver, const char *path)
{
	size_t i;
	json_t *node;

	json_array_foreach (nodes, i, node) {
		const char *drv = json_string_value(json_object_get(node, "drv"));
		const char *file = json_string_value(json_object_get(node, "file"));

		if (drv && file && str_eq(drv, driver) && str_eq(file, path))
			return json_string_value(json_object_get(node, "node-name"));
	}
	return NULL;
}

int faults_nodes(const json_t *answer, const struct machine_disk *d, const char **ret_format,
		 const char **ret_file, struct err *err)
{
	*ret_format = node_of(answer, "raw", d->path);
	*ret_file = node_of(answer, "file", d->path);
	if (*ret_format && *ret_file)
		return 0;
	return err_set(err, ENOENT, "QEMU does not know the disk %s (%s)", d->name, d->path);
}

static char *node_name(const struct machine_disk *d)
{
	return xasprintf("faults-%s", d->name);
}

static json_t *fault_to_json(const struct machine_fault *f)
{
	json_t *o = json_object();

	json_set_str(o, "event", "none"); /* whatever the format's driver is at */
	json_set_str(o, "iotype", f->event);
	json_set_u64(o, "errno", EIO); /* virtio-blk knows of no other */
	json_set_bool(o, "once", f->once);
	if (f->sector != UINT64_MAX)
		json_set_u64(o, "sector", f->sector);
	return o;
}

static json_t *command_of(const char *name, json_t *arguments)
{
	json_t *o = json_object();

	json_set_str(o, "execute", name);
	json_object_set_new(o, "arguments", arguments);
	return o;
}

json_t *faults_add(const struct machine_disk *d, const char *file)
{
	_cleanup_free_
	char *name = node_name(d);
	json_t *o = json_object(), *list = json_array();

	for (size_t i = 0; i < d->n_faults; i++)
		json_array_append_new(list, fault_to_json(&d->fault[i]));
	json_set_str(o, "driver", "blkdebug");
	json_set_str(o, "node-name", name);
	json_set_str(o, "image", file);
	json_object_set_new(o, "inject-error", list);
	return command_of("blockdev-add", o);
}

/* What is not said again would go back to its default. Flushes must get as far as the node that
 * fails; the file below it ignores them where the cache is unsafe. */
json_t *faults_insert(const struct machine_disk *d, const char *format)
{
	_cleanup_free_
	char *name = node_name(d);
	json_t *o = json_object(), *cache = json_object(), *list = json_array(),
	       *arguments = json_object();

	json_set_bool(cache, "direct", str_eq(d->cache, "none"));
	json_set_bool(cache, "no-flush", false);
	json_set_str(o, "driver", "raw");
	json_set_str(o, "node-name", format);
	json_set_bool(o, "read-only", d->read_only);
	json_set_str(o, "discard", "unmap");
	json_object_set_new(o, "cache", cache);
	json_set_str(o, "file", name);
	json_array_append_new(list, o);
	json_object_set_new(arguments, "options", list);
	return command_of("blockdev-reopen", arguments);
}

static int begin_one(const struct machine_disk *d, const json_t *nodes,
		     int (*ask)(void *, const json_t *, json_t **, struct err *), void *arg,
		     struct err *err)
{
	_cleanup_json_ json_t *add = NULL, *insert = NULL, *said = NULL, *done = NULL;
	const char *format, *file;
	int r = faults_nodes(nodes, d, &format, &file, err);

	if (r < 0)
		return r;
	add = faults_add(d, file);
	insert = faults_insert(d, format);
	r = ask(arg, add, &said, err);
	return r < 0 ? r : ask(arg, insert, &done, err);
}

int faults_begin(const struct machine *m,
		 int (*ask)(void *, const json_t *, json_t **, struct err *), void *arg,
		 struct err *err)
{
	_cleanup_json_ json_t *query = json_object(), *nodes = NULL;
	int r = 0;

	for (size_t i = 0; i < m->n_disks && r == 0; i++) {
		if (!m->disk[i].n_faults)
			continue;
		json_set_str(query, "execute", "query-named-block-nodes");
		if (!nodes)
			r = ask(arg, query, &nodes, err);
		if (r == 0)
			r = begin_one(&m->disk[i], nodes, ask, arg, err);
	}
	return r;
}
