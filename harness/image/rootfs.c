/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image/rootfs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/exit.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/proc.h"
#include "image/apt.h"
#include "image/cache.h"

#define FILE_NAME "root.erofs"
#define META      "meta.json"
#define LOG_TAIL  8192
/* Every time in the image, so that two builds give the same bytes; 2023-11-14. */
#define EPOCH "1700000000"
/* Of the file system: fixed, for the same reason. */
#define UUID "6b736f6b-0000-8000-8000-000000000001"

void root_image_done(struct root_image *r)
{
	free(r->entry);
	free(r->path);
	free(r->digest);
	free(r->recipe);
	*r = (struct root_image){ 0 };
}

void root_list_done(struct root_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		root_image_done(&l->item[i]);
	free(l->item);
	*l = (struct root_list){ 0 };
}

static char *roots_dir(void)
{
	_cleanup_free_
	char *cache = fs_cache_dir();

	return xasprintf("%s/roots", cache);
}

/* ---- what is in the cache ---- */

static int read_entry(const char *roots, const char *entry, struct root_image *ret)
{
	_cleanup_free_
	char *file = xasprintf("%s/%s/" META, roots, entry);
	_cleanup_json_ json_t *j = NULL;
	struct root_image r = { 0 };
	const char *recipe = "", *digest = "";
	uint64_t made = 0;

	if (json_read(AT_FDCWD, file, &j, NULL) < 0 ||
	    json_get_str(j, "recipe", &recipe, NULL) < 0 ||
	    json_get_str(j, "sha256", &digest, NULL) < 0 ||
	    json_get_u64(j, "made", &made, NULL) < 0 ||
	    json_get_u64(j, "bytes", &r.bytes, NULL) < 0 ||
	    json_get_u64(j, "build-ns", &r.build_ns, NULL) < 0)
		return -EINVAL;
	r.entry = xstrdup(entry);
	r.path = xasprintf("%s/%s/" FILE_NAME, roots, entry);
	r.recipe = xstrdup(recipe);
	r.digest = xstrdup(digest);
	r.made_s = (int64_t)made;
	*ret = r;
	return 0;
}

static int newer_first(const void *a, const void *b)
{
	const struct root_image *x = a, *y = b;

	return (x->made_s < y->made_s) - (x->made_s > y->made_s);
}

int root_list(struct root_list *ret, struct err *err)
{
	_cleanup_free_
	char *roots = roots_dir();
	_cleanup_strv_ struct strv names = { 0 };
	struct root_list l = { 0 };
	int r = access(roots, F_OK) < 0 ? 0 : fs_list(AT_FDCWD, roots, &names, err);

	if (r < 0)
		return r;
	l.item = xcalloc(names.n + 1, sizeof(*l.item));
	for (size_t i = 0; i < names.n; i++)
		if (names.item[i][0] != '.' && read_entry(roots, names.item[i], &l.item[l.n]) == 0)
			l.n++;
	qsort(l.item, l.n, sizeof(*l.item), newer_first);
	*ret = l;
	return 0;
}

/* containers-0123456789abcdef- */
static char *prefix_of(const char *name, const struct recipe *recipe)
{
	return xasprintf("%s-%.16s-", name, recipe->digest);
}

int root_find(const char *name, const struct recipe *recipe, struct root_image *ret,
	      struct err *err)
{
	_cleanup_root_list_ struct root_list l = { 0 };
	_cleanup_free_
	char *prefix = prefix_of(name, recipe);
	int r = root_list(&l, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < l.n; i++)
		if (str_after(l.item[i].entry, prefix)) {
			*ret = TAKE(l.item[i], (struct root_image){ 0 });
			return 0;
		}
	err_set(err, ENOENT,
		"the image %s has not been built here (`kernsoak image build %s`, some minutes)",
		name, name);
	return err_exit(err, EXIT_HOST_UNABLE);
}

/* ---- how it is made ---- */

static void put_quoted(struct buf *out, const char *s)
{
	buf_putc(out, '\'');
	for (; *s; s++)
		if (*s == '\'')
			buf_puts(out, "'\\''");
		else
			buf_putc(out, *s);
	buf_putc(out, '\'');
}

/* mmdebstrap runs it as `sh -c HOOK exec ROOT` when all packages are installed. The image is then
 * taken out by mmdebstrap itself: in a user namespace the hook could not write where we can. */
static void put_hooks(const struct recipe *recipe, const char *out, struct strv *ret)
{
	_cleanup_buf_ struct buf hook = BUF_INIT;

	buf_puts(&hook, "--customize-hook=set -e; export LC_ALL=C; R=$1; "
			"trap 'umount -R \"$R.pack\"; rmdir \"$R.pack\"; rm -f \"$R.erofs\"' EXIT; "
			"chroot \"$R\" dpkg-query -W; cd \"$R\"; rm -rf");
	for (size_t i = 0; i < recipe->remove.n; i++)
		buf_printf(&hook, " ./%s", recipe->remove.item[i]);
	buf_puts(&hook, "; cd /; ");
	for (size_t i = 0; i < recipe->run.n; i++) {
		buf_puts(&hook, "chroot \"$R\" /bin/sh -ec ");
		put_quoted(&hook, recipe->run.item[i]);
		buf_puts(&hook, "; ");
	}
	/*
	 * Bound elsewhere, without the /proc and /sys that packages needed; /tmp is covered, not
	 * emptied: mmdebstrap keeps the configuration there that turns its apt to this root. /dev
	 * is covered for the same bytes from whoever builds: in a user namespace its nodes are
	 * files for the host's to be bound over. The guest has its own devtmpfs there.
	 */
	buf_puts(&hook, "mkdir \"$R.pack\"; mount --bind \"$R\" \"$R.pack\"; "
			"mount -t tmpfs -o mode=1777 tmpfs \"$R.pack/tmp\"; "
			"mount -t tmpfs -o mode=755 tmpfs \"$R.pack/dev\"; "
			"mkfs.erofs --quiet -T " EPOCH " -U " UUID " \"$R.erofs\" \"$R.pack\"; "
			"mv \"$R.erofs\" \"$R/" FILE_NAME "\"");
	strv_add(ret, buf_str(&hook));
	buf_clear(&hook);
	buf_puts(&hook, "--customize-hook=download /" FILE_NAME " ");
	put_quoted(&hook, out);
	strv_add(ret, buf_str(&hook));
}

static void add_option(struct strv *ret, const char *option, const char *value)
{
	strv_take(ret, xasprintf("--%s=%s", option, value));
}

static void add_packages(struct strv *ret, const struct strv *packages)
{
	_cleanup_buf_ struct buf list = BUF_INIT;

	for (size_t i = 0; i < packages->n; i++)
		buf_printf(&list, "%s%s", i ? "," : "", packages->item[i]);
	add_option(ret, "include", buf_str(&list));
}

void root_command(const struct recipe *recipe, const struct strv *sources, const char *out,
		  struct strv *ret)
{
	strv_add(ret, "mmdebstrap");
	add_option(ret, "mode", geteuid() == 0 ? "root" : "unshare");
	add_option(ret, "variant", "minbase");
	add_option(ret, "format", "null");
	/* What it would clean is thrown away. Its clean-up once emptied this host's own package
	 * lists: a recipe had removed tmp/ and with it the configuration that it ran under. */
	add_option(ret, "skip", "cleanup");
	add_option(ret, "aptopt", "APT::Install-Recommends \"false\"");
	/* An image that is half written when the power fails is thrown away as a whole. */
	add_option(ret, "dpkgopt", "force-unsafe-io");
	for (size_t i = 0; i < recipe->exclude.n; i++) {
		_cleanup_free_
		char *rule = xasprintf("path-exclude=%s", recipe->exclude.item[i]);

		add_option(ret, "dpkgopt", rule);
	}
	add_packages(ret, &recipe->packages);
	put_hooks(recipe, out, ret);
	strv_add(ret, recipe->suite);
	strv_add(ret, "-");
	for (size_t i = 0; i < sources->n; i++)
		strv_add(ret, sources->item[i]);
}

/* The last complaint of the log, or its last line. */
static void last_words(int logfd, struct buf *out)
{
	char text[LOG_TAIL + 1], *line, *rest = text;
	const char *best = "it said nothing";
	off_t end = lseek(logfd, 0, SEEK_END);
	ssize_t n = pread(logfd, text, LOG_TAIL, end > LOG_TAIL ? end - LOG_TAIL : 0);

	text[MAX(n, (ssize_t)0)] = 0;
	while ((line = strsep(&rest, "\n")))
		if (str_after(line, "E: ") && !strstr(line, "mmdebstrap failed"))
			best = line;
	str_sanitise(out, best, strlen(best), false);
}

static int run_builder(const struct strv *command, int logfd, struct err *err)
{
	_cleanup_free_
	const char **argv = xcalloc(command->n + 1, sizeof(*argv));
	struct proc_options opt = { .stdout_fd = logfd, .stderr_fd = logfd, .cwd = "/" };
	_cleanup_buf_ struct buf why = BUF_INIT;
	struct proc p = PROC_INIT;
	int status;

	for (size_t i = 0; i < command->n; i++)
		argv[i] = command->item[i];
	setenv("SOURCE_DATE_EPOCH", EPOCH, 1);
	status = proc_spawn(argv, &opt, &p, err);
	unsetenv("SOURCE_DATE_EPOCH");
	if (status < 0)
		return status;
	status = proc_wait(&p);
	if (status == 0)
		return 0;
	last_words(logfd, &why);
	return err_set(err, EIO, "mmdebstrap ended with status %d: %.800s", status, buf_str(&why));
}

struct job {
	const struct recipe *recipe;
	const struct strv *sources;
	const char *log; /* outlives a failure */
};

static int write_meta(int dirfd, const struct job *job, uint64_t began_ns, struct err *err)
{
	const struct clock real = { 0 };
	char sum[SHA256_HEX];
	_cleanup_json_ json_t *j = json_object();
	struct stat st;
	int r = sha256_file(dirfd, FILE_NAME, sum, err);

	if (r < 0)
		return r;
	if (fstatat(dirfd, FILE_NAME, &st, 0) < 0 || st.st_size < (1 << 20))
		return err_set(err, EIO, "mmdebstrap ended well but left no image");
	json_set_str(j, "recipe", job->recipe->digest);
	json_set_str(j, "sha256", sum);
	json_set_u64(j, "bytes", (uint64_t)st.st_size);
	json_set_u64(j, "made", (uint64_t)clock_wall_s());
	json_set_u64(j, "build-ns", clock_now_ns(&real) - began_ns);
	return json_write(dirfd, META, j, err);
}

static int make_entry(const char *dir, int dirfd, const void *arg, struct err *err)
{
	const struct job *job = arg;
	const struct clock real = { 0 };
	const uint64_t began_ns = clock_now_ns(&real);
	_cleanup_strv_ struct strv command = { 0 };
	_cleanup_free_
	char *out = xasprintf("%s/" FILE_NAME, dir);
	_cleanup_close_ int logfd = open(job->log, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	int r;

	if (logfd < 0) {
		err_set(err, errno, "cannot write %s: %s", job->log, strerror(errno));
		return err_exit(err, EXIT_CANNOT_WRITE);
	}
	root_command(job->recipe, job->sources, out, &command);
	r = run_builder(&command, logfd, err);
	if (r == 0 && fchmodat(dirfd, FILE_NAME, 0644, 0) < 0)
		r = err_set(err, errno, "%s: %s", out, strerror(errno));
	if (r == 0)
		r = write_meta(dirfd, job, began_ns, err);
	if (r < 0) {
		err_wrap(err, "%s", job->log);
		return err_exit(err, EXIT_HOST_UNABLE);
	}
	return 0;
}

/* Better said before some minutes of work than in the words of a Perl script after them. */
static int check_host(struct err *err)
{
	static const struct {
		const char *program, *package;
		bool for_user;
	} need[] = {
		{ "mmdebstrap", "mmdebstrap", false },
		{ "/usr/bin/mkfs.erofs", "erofs-utils", false },
		{ "newuidmap", "uidmap", true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(need); i++) {
		_cleanup_free_
		char *path = fs_which(need[i].program);

		if (path || (need[i].for_user && geteuid() == 0))
			continue;
		err_set(err, ENOENT, "building a root image needs %s (apt-get install %s)%s",
			need[i].program, need[i].package,
			need[i].for_user ? ", or root: an ordinary user builds in a user namespace"
					 : "");
		return err_exit(err, EXIT_HOST_UNABLE);
	}
	return 0;
}

/* Of the packages that the recipe names; what those depend on is not known before it is
 * installed. */
static int versions_digest(const struct recipe *recipe, char ret[SHA256_HEX], struct err *err)
{
	_cleanup_apt_packages_ struct apt_packages got = { 0 };
	_cleanup_strv_ struct strv lines = { 0 };
	struct sha256 sum;
	int r = apt_show(&recipe->packages, &got, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < got.n; i++)
		strv_take(&lines, xasprintf("%s %s", got.item[i].name, got.item[i].version));
	strv_sort(&lines, strcmp);
	sha256_init(&sum);
	for (size_t i = 0; i < lines.n; i++)
		sha256_str(&sum, lines.item[i]);
	sha256_hex(&sum, ret);
	return 0;
}

int root_build(const char *name, const struct recipe *recipe, struct root_image *ret,
	       bool *ret_made, struct err *err)
{
	_cleanup_free_
	char *roots = roots_dir(), *prefix = prefix_of(name, recipe), *entry = NULL;
	_cleanup_free_
	char *log = xasprintf("%s/%s.log", roots, name);
	_cleanup_strv_ struct strv sources = { 0 };
	struct job job = { recipe, &sources, log };
	char versions[SHA256_HEX];
	int r = versions_digest(recipe, versions, err);

	if (r < 0)
		return r;
	entry = xasprintf("%s%.16s", prefix, versions);
	*ret_made = !cache_use(roots, entry);
	if (*ret_made) {
		r = check_host(err);
		if (r == 0)
			r = apt_sources(recipe->suite, &sources, err);
		if (r == 0)
			r = cache_make(roots, entry, "-", make_entry, &job, err);
		if (r < 0)
			return err_wrap(err, "the image %s", name);
	}
	r = read_entry(roots, entry, ret);
	return r < 0 ? err_set(err, EBADMSG, "%s/%s is damaged; remove it", roots, entry) : 0;
}
