/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image/apt.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>

#include "base/exit.h"
#include "base/fs.h"
#include "base/proc.h"
#include "base/sha256.h"
#include "image/unpack.h"

#define OUTPUT_MAX ((size_t)16 << 20)

static void package_done(struct apt_package *p)
{
	free(p->name);
	free(p->version);
	free(p->sha256);
}

void apt_packages_done(struct apt_packages *p)
{
	for (size_t i = 0; i < p->n; i++)
		package_done(&p->item[i]);
	free(p->item);
	*p = (struct apt_packages){ 0 };
}

/* The lines of apt that say what went wrong ("E: ..."), or its last words. */
static void complaint(const char *output, struct buf *out)
{
	const char *last = "";

	for (const char *line = output; *line; line += strspn(line, "\n")) {
		size_t n = strcspn(line, "\n");

		if (str_after(line, "E: ")) {
			buf_puts(out, out->len ? "; " : "");
			str_sanitise(out, line + 3, n - 3, false);
		}
		last = line;
		line += n;
	}
	if (!out->len)
		str_sanitise(out, last, strcspn(last, "\n"), false);
}

static int apt_run(const char *const *argv, const char *cwd, struct buf *out, struct err *err)
{
	_cleanup_buf_ struct buf said = BUF_INIT, why = BUF_INIT;
	int status = proc_transcript(argv, cwd, OUTPUT_MAX, &said, err);

	if (status == -ENOENT) {
		err_set(err, ENOENT,
			"there is no %s here, and Debian's kernels come through it; name a bzImage "
			"or a .deb by its path instead",
			argv[0]);
		return err_exit(err, EXIT_HOST_UNABLE);
	}
	if (status < 0)
		return status;
	if (status > 0) {
		complaint(buf_str(&said), &why);
		err_set(err, EIO, "%s %s failed: %.900s", argv[0], argv[1], buf_str(&why));
		return err_exit(err, EXIT_HOST_UNABLE);
	}
	buf_append(out, said.data, said.len);
	return 0;
}

/* linux-image-6.1.0-54-cloud-amd64, but not the metapackages linux-image-6.12-amd64. */
static bool names_a_kernel(const char *name, size_t n)
{
	static const char prefix[] = "linux-image-", suffix[] = "-amd64";
	const char *version = name + sizeof(prefix) - 1;
	unsigned dots = 0;

	if (n <= sizeof(prefix) + sizeof(suffix) ||
	    strncmp(name, prefix, sizeof(prefix) - 1) != 0 ||
	    strncmp(name + n - (sizeof(suffix) - 1), suffix, sizeof(suffix) - 1) != 0)
		return false;
	for (const char *p = version; isdigit((unsigned char)*p) || *p == '.'; p++)
		dots += *p == '.';
	return isdigit((unsigned char)*version) && dots >= 2;
}

int apt_kernels(struct strv *ret, struct err *err)
{
	static const char *const argv[] = { "apt-cache", "pkgnames", "linux-image-", NULL };
	_cleanup_strv_ struct strv names = { 0 };
	_cleanup_buf_ struct buf out = BUF_INIT;
	int r = apt_run(argv, NULL, &out, err);

	if (r < 0)
		return r;
	for (const char *line = buf_str(&out); *line; line += strspn(line, "\n")) {
		size_t n = strcspn(line, "\n");

		if (names_a_kernel(line, n))
			strv_take(&names, xstrndup(line, n));
		line += n;
	}
	if (!names.n) {
		err_set(err, ENOENT,
			"apt knows of no kernel: its lists are empty or old; run "
			"`apt-get update` as root");
		return err_exit(err, EXIT_HOST_UNABLE);
	}
	strv_sort(&names, str_version_cmp);
	*ret = TAKE(names, (struct strv){ 0 });
	return 0;
}

static uint64_t number_field(const char *text, const char *field)
{
	_cleanup_free_
	char *value = deb_field(text, field);
	uint64_t n = 0;

	if (value)
		str_to_u64(value, UINT64_C(1) << 50, &n);
	return n;
}

static void add_stanza(const char *text, struct apt_packages *list)
{
	struct apt_package p = {
		.name = deb_field(text, "Package"),
		.version = deb_field(text, "Version"),
		.sha256 = deb_field(text, "SHA256"),
		.size_bytes = number_field(text, "Size"),
		.installed_bytes = number_field(text, "Installed-Size") << 10,
	};

	if (!p.name || !p.version || !p.sha256) { /* installed, but from no archive: of no use */
		package_done(&p);
		return;
	}
	list->item = xrealloc(list->item, (list->n + 1) * sizeof(*list->item));
	list->item[list->n++] = p;
}

int apt_show(const struct strv *names, struct apt_packages *ret, struct err *err)
{
	_cleanup_buf_ struct buf out = BUF_INIT;
	_cleanup_free_
	const char **argv = xcalloc(names->n + 4, sizeof(*argv));
	struct err why = { 0 };
	int r;

	argv[0] = "apt-cache";
	argv[1] = "show";
	argv[2] = "--no-all-versions";
	for (size_t i = 0; i < names->n; i++)
		argv[3 + i] = names->item[i];
	r = apt_run(argv, NULL, &out, &why);
	/* It fails where it knows none of them, and leaves out what it does not know of several. */
	if (r < 0 && !strstr(why.msg, "No packages found")) {
		if (err)
			*err = why;
		return r;
	}
	for (char *p = out.data; p && *p;) {
		char *end = strstr(p, "\n\n");

		if (end)
			*end = 0;
		add_stanza(p, ret);
		p = end ? end + 2 + strspn(end + 2, "\n") : NULL;
	}
	return 0;
}

/* "Debian bookworm-updates main http://deb.debian.org/debian/ amd64" */
static void add_source(char *line, const char *suite, struct strv *ret)
{
	char *save = NULL, *word[4] = { NULL };
	const char *tail;
	_cleanup_free_
	char *source = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(word); i++)
		word[i] = strtok_r(i ? NULL : line, "\t", &save);
	if (!word[3] || !str_eq(word[0], "Debian"))
		return;
	tail = str_after(word[1], suite);
	if (!tail || (*tail && !str_eq(tail, "-updates") && !str_eq(tail, "-security")))
		return;
	source = xasprintf("deb %s %s %s", word[3], word[1], word[2]);
	if (!strv_has(ret, source))
		strv_add(ret, source);
}

int apt_sources(const char *suite, struct strv *ret, struct err *err)
{
	static const char *const argv[] = { "apt-get",
					    "indextargets",
					    "Created-By: Packages",
					    "--format",
					    "$(ORIGIN)\t$(RELEASE)\t$(COMPONENT)\t$(REPO_URI)",
					    NULL };
	_cleanup_strv_ struct strv found = { 0 };
	_cleanup_buf_ struct buf out = BUF_INIT;
	int r = apt_run(argv, NULL, &out, err);
	char *rest = out.data, *line;

	if (r < 0)
		return r;
	while ((line = strsep(&rest, "\n")))
		add_source(line, suite, &found);
	if (!found.n) {
		err_set(err, ENOENT,
			"apt has nothing of Debian's %s: neither its sources nor its lists name it "
			"(`apt-get update` as root fetches the lists)",
			suite);
		return err_exit(err, EXIT_HOST_UNABLE);
	}
	*ret = TAKE(found, (struct strv){ 0 });
	return 0;
}

/* The only .deb in the directory; apt writes "%3a" where a version has a colon. */
static char *find_deb(const char *dir)
{
	_cleanup_strv_ struct strv names = { 0 };

	if (fs_list(AT_FDCWD, dir, &names, NULL) < 0)
		return NULL;
	for (size_t i = 0; i < names.n; i++) {
		size_t n = strlen(names.item[i]);

		if (n > 4 && str_eq(names.item[i] + n - 4, ".deb"))
			return xasprintf("%s/%s", dir, names.item[i]);
	}
	return NULL;
}

int apt_download(const struct apt_package *p, const char *dir, char **ret_path, struct err *err)
{
	_cleanup_free_
	char *what = xasprintf("%s=%s", p->name, p->version);
	/* As root apt would complain that its user _apt cannot reach the folder. */
	const char *argv[] = { "apt-get", "download", "-q", "-o", "APT::Sandbox::User=root",
			       what,      NULL };
	_cleanup_buf_ struct buf out = BUF_INIT;
	_cleanup_free_
	char *path = NULL;
	char sum[SHA256_HEX];
	int r = apt_run(argv, dir, &out, err);

	if (r < 0)
		return err_wrap(err,
				"cannot fetch %s (if the lists are old, run `apt-get update` "
				"as root)",
				what);
	path = find_deb(dir);
	if (!path) {
		err_set(err, EIO, "apt-get download %s ended well but left no package", what);
		return err_exit(err, EXIT_HOST_UNABLE);
	}
	r = sha256_file(AT_FDCWD, path, sum, err);
	if (r < 0)
		return r;
	if (!str_eq(sum, p->sha256)) {
		err_set(err, EBADMSG, "%s: its SHA256 is %s, the signed index says %s", what, sum,
			p->sha256);
		return err_exit(err, EXIT_HOST_UNABLE);
	}
	*ret_path = TAKE(path, NULL);
	return 0;
}
