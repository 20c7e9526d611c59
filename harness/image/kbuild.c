/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image/kbuild.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/exit.h"
#include "base/fs.h"
#include "base/proc.h"
#include "image/cache.h"
#include "image/kbuild_parts.h"
#include "image/kernel_config.h"
#include "image/kernel_parts.h"

#define ASKED  "asked.config"
#define LAYOUT "1" /* of the entry, and how it is made: another one is another kernel */

struct build {
	const struct kernel_recipe *r;
	const struct build_watch *w;
	unsigned jobs;
	int log;
	struct source source;
	struct kconfig base, asked; /* the configuration it is laid over, and what is */
	char *compiler, *log_path;
	char *entry; /* its name in the cache */
	char digest[SHA256_HEX];
};

static void build_done(struct build *b)
{
	if (b->log > 0)
		close(b->log);
	source_done(&b->source);
	kconfig_done(&b->base);
	kconfig_done(&b->asked);
	free(b->compiler);
	free(b->log_path);
	free(b->entry);
}
#define _cleanup_build_ _cleanup_(build_done)

char *kbuild_recipe_dir(void)
{
	/* In the checkout above build/, or below share/ where it is installed. */
	static const char *const places[] = { "../images/kernels", "../share/kernsoak/kernels" };

	return fs_beside_program(getenv("KERNSOAK_RECIPE_DIR"), places, ARRAY_SIZE(places));
}

/* ---- make ---- */

/* What kbuild would hear of from outside, make check's own make included, is no part of the digest
 * and so must not be heard. */
static void clean_environment(void)
{
	_cleanup_strv_ struct strv heard = { 0 };

	strv_add_words(&heard, "MAKEFLAGS MFLAGS GNUMAKEFLAGS MAKELEVEL MAKEFILES MAKEOVERRIDES "
			       "ARCH SUBARCH CROSS_COMPILE LLVM LLVM_IAS LOCALVERSION EXTRAVERSION "
			       "KBUILD_OUTPUT KBUILD_EXTMOD KBUILD_VERBOSE KCFLAGS KCPPFLAGS "
			       "KAFLAGS HOSTCFLAGS KCONFIG_CONFIG KCONFIG_ALLCONFIG "
			       "INSTALL_PATH INSTALL_MOD_PATH");
	for (size_t i = 0; i < heard.n; i++)
		unsetenv(heard.item[i]);
	setenv("LC_ALL", "C", 1);
	setenv("CCACHE_NOHASHDIR", "1", 0); /* what another folder compiled is as good */
}

static int run_make(const struct build *b, const char *what, const char *dir,
		    const char *const *targets, struct err *err)
{
	_cleanup_free_
	char *ccache = fs_which("ccache"), *jobs = xasprintf("-j%u", b->jobs),
	     *tree = xasprintf("%s/" KBUILD_TREE, dir);
	const char *argv[24] = { "make", "O=obj", jobs, ccache ? "CC=ccache gcc" : "CC=gcc",
				 ccache ? "HOSTCC=ccache gcc" : "HOSTCC=gcc",
				 /* the same inputs give the same kernel */
				 "KBUILD_BUILD_TIMESTAMP=2026-01-01", "KBUILD_BUILD_USER=kernsoak",
				 "KBUILD_BUILD_HOST=kernsoak", "KBUILD_BUILD_VERSION=1" };
	size_t n = 9;

	while (*targets && n < ARRAY_SIZE(argv) - 1)
		argv[n++] = *targets++;
	return build_run(b->w, what, argv, tree, b->log, err);
}

/* ---- the configuration ---- */

static int read_config(int dirfd, const char *path, struct kconfig *c, struct err *err)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	int r = fs_read(dirfd, path, KCONFIG_MAX_BYTES, &text, err);

	return r < 0 ? r : kconfig_read("base", buf_str(&text), text.len, c, err);
}

/* What the fragments are laid over, where it does not come from the source. */
static int read_base(const struct kernel_recipe *r, struct kconfig *c, struct err *err)
{
	/* Debian's configurations name keys that its source does not have. */
	static const char no_keys[] = "CONFIG_SYSTEM_TRUSTED_KEYS=\"\"\n";
	_cleanup_kernel_ struct kernel k = { 0 };
	int x = 0;

	if (r->base == RECIPE_ALLNOCONFIG || r->base == RECIPE_DEFCONFIG)
		return 0;
	if (r->base == RECIPE_CONFIG)
		x = read_config(AT_FDCWD, r->config, c, err);
	else
		x = kernel_find(r->config, true, &k, err);
	if (x == 0 && r->base == RECIPE_KERNEL)
		x = kernel_config(&k, c, NULL, err);
	return x < 0 ? x : kconfig_read("base", no_keys, strlen(no_keys), c, err);
}

/* The later text counts. */
static int write_config(int dirfd, const char *name, const struct kconfig *base,
			const struct kconfig *asked, struct err *err)
{
	_cleanup_buf_ struct buf text = BUF_INIT;

	kconfig_write(base, &text);
	kconfig_write(asked, &text);
	return fs_write(dirfd, name, buf_str(&text), text.len, err);
}

/* allnoconfig takes what is asked as it goes; the others are completed by olddefconfig. */
static int configure_by(const struct build *b, const char *dir, int obj, struct err *err)
{
	const char *nothing[] = { "KCONFIG_ALLCONFIG=" ASKED, "allnoconfig", NULL };
	const char *usual[] = { "defconfig", NULL }, *rest[] = { "olddefconfig", NULL };
	_cleanup_kconfig_ struct kconfig made = { 0 };
	const struct kconfig *base = &b->base;
	int r = 0;

	if (b->r->base == RECIPE_ALLNOCONFIG) {
		r = write_config(obj, ASKED, base, &b->asked, err);
		return r < 0 ? r : run_make(b, "make allnoconfig", dir, nothing, err);
	}
	if (b->r->base == RECIPE_DEFCONFIG) {
		r = run_make(b, "make defconfig", dir, usual, err);
		if (r == 0)
			r = read_config(obj, ".config", &made, err);
		base = &made;
	}
	if (r == 0)
		r = write_config(obj, ".config", base, &b->asked, err);
	return r < 0 ? r : run_make(b, "make olddefconfig", dir, rest, err);
}

static int configure(const struct build *b, const char *dir, int dirfd, bool *ret_modules,
		     struct err *err)
{
	_cleanup_kconfig_ struct kconfig got = { 0 };
	_cleanup_close_ int obj = fs_open_dir(dirfd, KBUILD_OBJ, err);
	int r = obj < 0 ? obj : 0;

	build_say(b->w, false, "configuring: %zu symbols are asked for", b->asked.n);
	if (r == 0)
		r = configure_by(b, dir, obj, err);
	if (r == 0)
		r = read_config(obj, ".config", &got, err);
	if (r < 0)
		return r;
	if (kconfig_took_effect(&b->asked, &got, err) < 0) {
		err_exit(err, EXIT_BAD_SCENARIO);
		return -EINVAL;
	}
	*ret_modules = str_eq(kconfig_value(&got, "MODULES"), "y");
	return 0;
}

/* ---- the build ---- */

static int compile(const struct build *b, const char *dir, bool modules, struct err *err)
{
	const char *what[] = { "bzImage", modules ? "modules" : NULL, NULL };
	/* obj/../.. is the entry */
	const char *install[] = { "INSTALL_MOD_PATH=../..", "INSTALL_MOD_STRIP=1", "DEPMOD=true",
				  "modules_install", NULL };
	int r;

	build_say(b->w, false, "building, %u jobs at once%s", b->jobs,
		  modules ? "" : ", without modules");
	r = run_make(b, "make", dir, what, err);
	return r < 0 || !modules ? r : run_make(b, "make modules_install", dir, install, err);
}

/* Under the entry's lock: who waits for it writes no log. */
static int open_log(struct build *b, struct err *err)
{
	_cleanup_free_
	char *cache = fs_cache_dir(), *dir = xasprintf("%s/logs", cache);
	int r = fs_mkdir_p(dir, 0755, err);

	b->log_path = xasprintf("%s/%s.log", dir, b->entry);
	if (r == 0)
		b->log = open(b->log_path, O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644);
	if (r == 0 && b->log < 0)
		r = err_set(err, errno, "cannot write %s: %s", b->log_path, strerror(errno));
	if (r < 0)
		return err_exit(err, EXIT_CANNOT_WRITE);
	build_say(b->w, false, "%s of %s; the log is %s", b->r->name, b->source.id, b->log_path);
	return 0;
}

static int make_kernel(const char *dir, int dirfd, const void *arg, struct err *err)
{
	struct build *b = *(struct build *const *)arg;
	_cleanup_free_
	char *tree = xasprintf("%s/" KBUILD_TREE, dir),
	     *name = xasprintf(KBUILD_SCHEME "%s@%.8s", b->r->name, b->digest);
	const struct kbuild_facts facts = { .recipe = b->r->name,
					    .source = b->source.id,
					    .compiler = b->compiler,
					    .name = name,
					    .began_s = (uint64_t)clock_wall_s() };
	bool modules = false;
	int r = open_log(b, err);

	if (r == 0)
		r = fs_mkdir_p(tree, 0755, err);
	if (r == 0)
		r = source_copy(b->r, &b->source, b->w, b->log, tree, err);
	if (r == 0 && mkdirat(dirfd, KBUILD_OBJ, 0755) < 0)
		r = err_set(err, errno, "cannot make %s/obj: %s", tree, strerror(errno));
	if (r == 0)
		r = configure(b, dir, dirfd, &modules, err);
	if (r == 0)
		r = compile(b, dir, modules, err);
	return r < 0 ? r : kbuild_keep(dirfd, &facts, err);
}

/* ---- which build it is ---- */

static int find_compiler(char **ret, struct err *err)
{
	static const char *const argv[] = { "gcc", "--version", NULL };
	_cleanup_buf_ struct buf out = BUF_INIT;
	int r = proc_output(argv, 4096, &out, err);

	if (r < 0)
		return r;
	*ret = xstrndup(buf_str(&out), strcspn(buf_str(&out), "\n"));
	return 0;
}

static int digest(struct build *b, struct err *err)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	struct sha256 sum;
	int r;

	sha256_init(&sum);
	sha256_str(&sum, LAYOUT);
	kconfig_write(&b->base, &text);
	kconfig_write(&b->asked, &text);
	sha256_str(&sum, buf_str(&text));
	sha256_str(&sum, b->r->base == RECIPE_DEFCONFIG ? "defconfig" : "");
	sha256_str(&sum, b->source.id);
	sha256_str(&sum, b->compiler);
	r = kernel_recipe_add_patches(b->r, &sum, err);
	if (r < 0)
		return r;
	sha256_hex(&sum, b->digest);
	b->entry = xasprintf(KBUILD_ENTRY "%s-%.16s", b->r->name, b->digest);
	return 0;
}

static int identify(struct build *b, struct err *err)
{
	int r = source_identify(b->r, &b->source, err);

	if (r == 0)
		r = find_compiler(&b->compiler, err);
	if (r == 0)
		r = read_base(b->r, &b->base, err);
	if (r == 0)
		r = kernel_recipe_asked(b->r, &b->asked, err);
	if (r == 0)
		r = digest(b, err);
	if (r == 0 && b->source.changed)
		build_say(b->w, false,
			  "note: %s has changes that are not committed, and so not built",
			  b->r->source);
	return r;
}

/* ---- the whole ---- */

static int failed(const struct build *b, struct err *err)
{
	_cleanup_free_
	char *why = xstrdup(err ? err->msg : "");

	return err_set(err, EIO, "%s (all of it: %s)", why, b->log_path);
}

static int build(struct build *b, const char *cache, struct err *err)
{
	int r;

	clean_environment();
	r = cache_make(cache, b->entry, KERNEL_BY_PATH, make_kernel, &b, err);
	if (r < 0 && build_stopped(b->w, NULL) < 0)
		r = build_stopped(b->w, err); /* Ctrl-C reached somebody else first */
	if (r == -EIO && b->log_path)
		failed(b, err);
	else if (b->log_path)
		unlink(b->log_path);
	return r < 0 ? err_exit(err, EXIT_HOST_UNABLE) : 0;
}

static int read_recipe(const struct kbuild_request *q, struct kernel_recipe *ret, struct err *err)
{
	_cleanup_free_
	char *shipped = kbuild_recipe_dir();
	int r = kernel_recipe_read(q->recipe, shipped, ret, err);

	return r < 0 || !q->source ? r : kernel_recipe_set_source(ret, q->source, err);
}

int kbuild(const struct kbuild_request *q, const struct build_watch *w, struct kernel *ret,
	   struct err *err)
{
	_cleanup_kernel_recipe_ struct kernel_recipe recipe = { 0 };
	_cleanup_build_ struct build b = { .r = &recipe, .w = w, .jobs = q->jobs, .log = -1 };
	_cleanup_free_
	char *cache = kernel_cache_dir(), *dir = NULL;
	int r = read_recipe(q, &recipe, err);

	if (r == 0)
		r = kbuild_check_tools(&recipe, err);
	if (r == 0)
		r = identify(&b, err);
	if (r == 0 && !cache_use(cache, b.entry))
		r = build(&b, cache, err);
	if (r < 0)
		return r;
	dir = xasprintf("%s/%s", cache, b.entry);
	return kernel_entry_load(dir, q->recipe, ret, err);
}
