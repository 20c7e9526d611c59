/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "modules.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "../kfile.h"
#include "sysctl.h"

#ifndef MODULE_INIT_COMPRESSED_FILE
#define MODULE_INIT_COMPRESSED_FILE 4
#endif

#define MAX_MODULES 512
#define MAX_DEPTH   16 /* of dependencies: a ring in the list ends here */

struct module {
	const char *name, *file, *deps; /* point into `text` */
	bool loaded;
};

static struct {
	char *text;
	struct module module[MAX_MODULES];
	size_t n;
} order;

static char *read_whole(const char *path)
{
	FILE *f = fopen(path, "re");
	char *text = NULL;
	size_t size = 0;

	if (!f)
		return NULL;
	if (getdelim(&text, &size, 0, f) < 0) {
		free(text);
		text = NULL;
	}
	fclose(f);
	return text;
}

static void add_line(char *line)
{
	char *rest = line;
	struct module m = { .name = strsep(&rest, " "), .file = strsep(&rest, " ") };

	m.deps = rest ? rest : "";
	if (m.file && *m.name && *m.file && order.n < MAX_MODULES)
		order.module[order.n++] = m;
}

void modules_init(void)
{
	char *rest = order.text = read_whole(MODULES_ORDER);
	char *line;

	while ((line = strsep(&rest, "\n")))
		add_line(line);
}

static bool same_name(const char *a, const char *b, size_t b_len)
{
	size_t i;

	for (i = 0; i < b_len && a[i]; i++)
		if ((a[i] == '-' ? '_' : a[i]) != (b[i] == '-' ? '_' : b[i]))
			return false;
	return !a[i] && i == b_len;
}

static struct module *find(const char *name, size_t len)
{
	for (size_t i = 0; i < order.n; i++)
		if (same_name(order.module[i].name, name, len))
			return &order.module[i];
	return NULL;
}

static bool is_compressed(const char *file)
{
	const char *dot = strrchr(file, '.');

	return dot && strcmp(dot, ".ko") != 0;
}

static int insert(const struct module *m, const char *args)
{
	struct utsname u;
	char path[PATH_MAX];
	int fd, r = 0;

	uname(&u);
	snprintf(path, sizeof path, "/lib/modules/%s/%s", u.release, m->file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (syscall(SYS_finit_module, fd, args,
		    is_compressed(path) ? MODULE_INIT_COMPRESSED_FILE : 0) < 0 &&
	    (errno != EEXIST || args[0]))
		r = -errno;
	close(fd);
	return r;
}

static enum module_result load(const char *name, size_t len, const char *args, unsigned depth,
			       char *why, size_t why_size)
{
	struct module *m = find(name, len);

	if (!m)
		return MODULE_NOT_LISTED;
	if (m->loaded && !args[0])
		return MODULE_LOADED;
	for (const char *dep = m->deps; *dep && depth < MAX_DEPTH;) {
		size_t n = strcspn(dep, ",");

		if (n && load(dep, n, "", depth + 1, why, why_size) == MODULE_FAILED)
			return MODULE_FAILED;
		dep += n + (dep[n] == ',');
	}
	int r = insert(m, args);
	if (r < 0) {
		snprintf(why, why_size, "module %s (%s): %s", m->name, m->file, strerror(-r));
		return MODULE_FAILED;
	}
	m->loaded = true;
	return MODULE_LOADED;
}

/* "1" is also what a bool calls Y. */
static bool same_value(const char *is, const char *wanted)
{
	static const char *const yes[] = { "1", "y", "Y", "on" }, *const no[] = { "0", "n", "N",
										  "off" };

	if (sysctl_same(is, wanted))
		return true;
	for (size_t i = 0; i < 4; i++)
		if ((is[0] == 'Y' && strcmp(wanted, yes[i]) == 0) ||
		    (is[0] == 'N' && strcmp(wanted, no[i]) == 0))
			return true;
	return false;
}

/* Of one NAME=VALUE. A parameter that /sys does not show cannot be asked. */
static int check_parameter(const char *module, char *word, char *why, size_t why_size)
{
	char path[PATH_MAX], now[512], *value = strchr(word, '=');

	if (!value)
		return 0;
	*value++ = 0;
	snprintf(path, sizeof path, "/sys/module/%s/parameters/%s", module, word);
	if (kfile_read(path, now, sizeof now) < 0 || same_value(now, value))
		return 0;
	now[strcspn(now, "\n")] = 0;
	snprintf(why, why_size, "module %s: %s should be %s, and is %s", module, word, value, now);
	return -1;
}

static int check_parameters(const char *name, const char *args, char *why, size_t why_size)
{
	char module[64], copy[1024], *rest = copy, *word;

	snprintf(module, sizeof module, "%s", name);
	for (char *p = module; *p; p++)
		*p = *p == '-' ? '_' : *p;
	snprintf(copy, sizeof copy, "%s", args);
	while ((word = strsep(&rest, " ")))
		if (check_parameter(module, word, why, why_size) < 0)
			return -1;
	return 0;
}

enum module_result module_load_with(const char *name, const char *args, char *why, size_t why_size)
{
	enum module_result r = load(name, strlen(name), args, 0, why, why_size);

	if (r == MODULE_NOT_LISTED && args[0]) {
		snprintf(
			why, why_size,
			"module %s is built in: its parameters go on the kernel's command line, as "
			"%s.NAME=VALUE",
			name, name);
		return MODULE_FAILED;
	}
	if (r == MODULE_LOADED && check_parameters(name, args, why, why_size) < 0)
		return MODULE_FAILED;
	return r;
}

enum module_result module_load(const char *name, char *why, size_t why_size)
{
	return module_load_with(name, "", why, why_size);
}
