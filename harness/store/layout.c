/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/layout.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>

#include "base/exit.h"
#include "base/fs.h"

enum { STAMP_LEN = 15, SAME_SECOND_MAX = 10000 };

void run_dir_done(struct run_dir *r)
{
	free(r->path);
	if (r->fd >= 0)
		close(r->fd);
	*r = (struct run_dir)RUN_DIR_INIT;
}

const char *results_path(const char *option)
{
	const char *env = getenv("KERNSOAK_RESULTS");

	if (option && *option)
		return option;
	return env && *env ? env : "results";
}

static bool is_word(const char *s)
{
	static const char letters[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

	if (!*s || !strchr(letters, *s))
		return false;
	for (; *s; s++)
		if (!strchr(letters, *s) && !strchr("-_.", *s))
			return false;
	return true;
}

bool run_name_ok(const char *name)
{
	return strlen(name) <= RUN_NAME_LEN && is_word(name);
}

/* "20261121-142233-" and more behind it. */
static bool is_run_id(const char *id)
{
	for (size_t i = 0; i < STAMP_LEN; i++)
		if (i == 8 ? id[i] != '-' : !isdigit((unsigned char)id[i]))
			return false;
	return id[STAMP_LEN] == '-' && strlen(id) < RUN_ID_LEN && is_word(id + STAMP_LEN + 1);
}

int64_t run_id_started(const char *id)
{
	struct tm tm = { 0 };

	if (!is_run_id(id))
		return -1;
	if (sscanf(id, "%4d%2d%2d-%2d%2d%2d", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour,
		   &tm.tm_min, &tm.tm_sec) != 6)
		return -1;
	tm.tm_year -= 1900;
	tm.tm_mon--;
	return timegm(&tm);
}

/* Opens results/id, whose name is settled. */
static int open_id(const char *results, const char *id, struct run_dir *ret, struct err *err)
{
	_cleanup_free_
	char *path = xasprintf("%s/%s", results, id);
	int fd = fs_open_dir(AT_FDCWD, path, err);

	if (fd < 0)
		return fd;
	*ret = (struct run_dir){ .path = TAKE(path, NULL), .fd = fd };
	snprintf(ret->id, sizeof(ret->id), "%s", id);
	return 0;
}

static int make_unique(int results_fd, const char *base, char id[static RUN_ID_LEN],
		       struct err *err)
{
	for (int i = 1; i <= SAME_SECOND_MAX; i++) {
		if (i == 1)
			snprintf(id, RUN_ID_LEN, "%s", base);
		else
			snprintf(id, RUN_ID_LEN, "%s-%d", base, i);
		if (mkdirat(results_fd, id, 0755) == 0)
			return 0;
		if (errno != EEXIST)
			break;
	}
	err_set(err, errno, "cannot make the run's folder %s: %s", id, strerror(errno));
	return err_exit(err, EXIT_CANNOT_WRITE);
}

int run_dir_create(const char *results, const char *name, int64_t wall_s, struct run_dir *ret,
		   struct err *err)
{
	_cleanup_close_ int results_fd = -1;
	char base[STAMP_LEN + RUN_NAME_LEN + 2], stamp[STAMP_LEN + 1], id[RUN_ID_LEN];
	_cleanup_free_
	char *trials = NULL;
	time_t t = (time_t)wall_s;
	struct tm tm;
	int r;

	if (!run_name_ok(name))
		return err_set(
			err, EINVAL,
			"\"%s\" cannot name a run: letters, digits, '-', '_' and '.', at most "
			"%d of them, starting with a letter or a digit",
			name, RUN_NAME_LEN);
	strftime(stamp, sizeof(stamp), "%Y%m%d-%H%M%S", gmtime_r(&t, &tm));
	snprintf(base, sizeof(base), "%s-%s", stamp, name);
	if (fs_mkdir_p(results, 0755, err) < 0)
		return err_exit(err, EXIT_CANNOT_WRITE);
	results_fd = fs_open_dir(AT_FDCWD, results, err);
	if (results_fd < 0)
		return err_exit(err, EXIT_CANNOT_WRITE);
	r = make_unique(results_fd, base, id, err);
	if (r < 0)
		return r;
	trials = xasprintf("%s/" RUN_TRIALS, id);
	if (mkdirat(results_fd, trials, 0755) < 0) {
		unlinkat(results_fd, id, AT_REMOVEDIR);
		err_set(err, errno, "cannot make %s/%s: %s", results, trials, strerror(errno));
		return err_exit(err, EXIT_CANNOT_WRITE);
	}
	fsync(results_fd); /* the folder's own name survives a power cut, as the journal in it does
			    */
	return open_id(results, id, ret, err);
}

int run_dir_list(const char *results, struct strv *ret, struct err *err)
{
	_cleanup_strv_ struct strv names = { 0 };
	struct err why = { 0 };
	int r = fs_list(AT_FDCWD, results, &names, &why);

	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return err_set(err, why.code, "%s", why.msg);
	for (size_t i = 0; i < names.n; i++)
		if (is_run_id(names.item[i]))
			strv_add(ret, names.item[i]);
	strv_sort(ret, str_version_cmp);
	return 0;
}

static int64_t changed_ns(const char *results, const char *id)
{
	_cleanup_free_
	char *path = xasprintf("%s/%s", results, id);
	struct stat st;

	if (stat(path, &st) < 0)
		return 0;
	return st.st_mtim.tv_sec * (int64_t)NS_PER_S + st.st_mtim.tv_nsec;
}

/* The newest; of those that began in the same second (a script's), the one touched last. */
static const char *newest(const char *results, const struct strv *ids)
{
	const char *best = NULL;

	for (size_t i = ids->n; i-- > 0;) {
		const char *id = ids->item[i];

		if (!best) {
			best = id;
			continue;
		}
		if (strncmp(id, best, STAMP_LEN) != 0)
			break;
		if (changed_ns(results, id) > changed_ns(results, best))
			best = id;
	}
	return best;
}

static int no_such_run(const char *results, const char *ref, const struct strv *ids,
		       struct err *err)
{
	const char *near;

	if (ids->n == 0)
		return err_set(
			err, ENOENT,
			"there is no run under %s yet (kernsoak run makes one; --results DIR or "
			"$KERNSOAK_RESULTS says where to look)",
			results);
	near = strv_nearest(ids, ref);
	return err_set(err, ENOENT, "there is no run '%s' under %s; %s %s (kernsoak ls lists them)",
		       ref, results, near ? "did you mean" : "the last one is",
		       near ? near : newest(results, ids));
}

static int several_runs(const char *ref, const struct strv *fit, struct err *err)
{
	_cleanup_buf_ struct buf names = BUF_INIT;

	for (size_t i = 0; i < fit->n && i < 4; i++)
		buf_printf(&names, "%s%s", i ? ", " : "", fit->item[i]);
	return err_set(err, EEXIST, "'%s' fits %zu runs: %s%s", ref, fit->n, buf_str(&names),
		       fit->n > 4 ? ", ..." : "");
}

static int open_prefix(const char *results, const char *ref, struct run_dir *ret, struct err *err)
{
	_cleanup_strv_ struct strv ids = { 0 }, fit = { 0 };
	int r = run_dir_list(results, &ids, err);

	if (r < 0)
		return r;
	if (str_eq(ref, "last") && ids.n)
		return open_id(results, newest(results, &ids), ret, err);
	if (strv_has(&ids, ref))
		return open_id(results, ref, ret, err);
	for (size_t i = 0; i < ids.n && *ref; i++)
		if (str_after(ids.item[i], ref))
			strv_add(&fit, ids.item[i]);
	if (fit.n == 0)
		return no_such_run(results, ref, &ids, err);
	if (fit.n > 1)
		return several_runs(ref, &fit, err);
	return open_id(results, fit.item[0], ret, err);
}

/* A run's folder wherever it lies; its id is the last part of its real name ("." has one too). */
static int open_path(const char *ref, struct run_dir *ret, struct err *err)
{
	_cleanup_close_ int fd = fs_open_dir(AT_FDCWD, ref, err);
	_cleanup_free_
	char *real = NULL;
	const char *base;

	if (fd < 0)
		return fd;
	if (faccessat(fd, RUN_TRIALS, F_OK, 0) < 0)
		return err_set(err, ENOENT,
			       "%s is not the folder of a run: it has no " RUN_TRIALS "/", ref);
	real = realpath(ref, NULL);
	base = real ? strrchr(real, '/') : NULL;
	*ret = (struct run_dir){ .path = xstrdup(ref), .fd = TAKE(fd, -1) };
	for (size_t n = strlen(ret->path); n > 1 && ret->path[n - 1] == '/'; n--)
		ret->path[n - 1] = 0;
	snprintf(ret->id, sizeof(ret->id), "%s", base && base[1] ? base + 1 : "run");
	return 0;
}

int run_dir_open(const char *results, const char *ref, struct run_dir *ret, struct err *err)
{
	if (!ref)
		ref = "last";
	if (strchr(ref, '/') || str_eq(ref, ".") || str_eq(ref, ".."))
		return open_path(ref, ret, err);
	return open_prefix(results, ref, ret, err);
}

void trial_name(uint64_t trial, char ret[static TRIAL_NAME_LEN])
{
	snprintf(ret, TRIAL_NAME_LEN, RUN_TRIALS "/%06llu", (unsigned long long)trial);
}

int trial_dir_create(int run_fd, uint64_t trial, struct err *err)
{
	char name[TRIAL_NAME_LEN];

	if (trial == 0 || trial > TRIAL_NUMBER_MAX)
		return err_set(err, EINVAL, "a trial's number is 1 to %d, not %llu",
			       TRIAL_NUMBER_MAX, (unsigned long long)trial);
	trial_name(trial, name);
	return fs_make_dir(run_fd, name, 0755, err);
}

int trial_dir_open(int run_fd, uint64_t trial, struct err *err)
{
	char name[TRIAL_NAME_LEN];

	trial_name(trial, name);
	if (faccessat(run_fd, name, F_OK, 0) < 0 && errno == ENOENT)
		return err_set(err, ENOENT, "the run has no trial %llu", (unsigned long long)trial);
	return fs_open_dir(run_fd, name, err);
}

/* "000017": exactly what trial_name() writes. */
static bool parse_trial(const char *name, uint64_t *ret)
{
	return strlen(name) == 6 && str_to_u64(name, TRIAL_NUMBER_MAX, ret) == 0 && *ret > 0;
}

int trial_dir_list(int run_fd, uint64_t **ret, size_t *ret_n, struct err *err)
{
	_cleanup_strv_ struct strv names = { 0 };
	struct err why = { 0 };
	uint64_t *list;
	size_t n = 0;
	int r = fs_list(run_fd, RUN_TRIALS, &names, &why);

	if (r < 0 && r != -ENOENT) /* killed between the two mkdirs: a run without trials */
		return err_set(err, why.code, "%s", why.msg);
	list = xcalloc(names.n + 1, sizeof(*list));
	for (size_t i = 0; i < names.n; i++)
		if (parse_trial(names.item[i], &list[n]))
			n++;
	*ret = list;
	*ret_n = n;
	return 0;
}

/* ".../RUN/trials/000017" as a path that exists: its run's folder is two above. */
static bool is_trial_path(const char *ref, uint64_t *ret_trial, char **ret_run)
{
	_cleanup_free_
	char *real = realpath(ref, NULL);
	char *slash = real ? strrchr(real, '/') : NULL;

	if (!slash || !parse_trial(slash + 1, ret_trial))
		return false;
	*slash = 0;
	slash = strrchr(real, '/');
	if (!slash || !str_eq(slash + 1, RUN_TRIALS))
		return false;
	slash[slash == real] = 0;
	*ret_run = TAKE(real, NULL);
	return true;
}

/* Cuts "RUN/17", "RUN/trials/17" or "17" in two; *ret_run is NULL for the last run. */
static int split_ref(const char *ref, uint64_t *ret_trial, char **ret_run, struct err *err)
{
	const char *slash = strrchr(ref, '/'), *number = slash ? slash + 1 : ref;
	size_t n = slash ? (size_t)(slash - ref) : 0;

	if (str_to_u64(number, TRIAL_NUMBER_MAX, ret_trial) < 0 || *ret_trial == 0)
		return err_set(
			err, EINVAL,
			"'%s' names no trial; RUN/NUMBER does, as in last/17, or a path to its "
			"folder",
			ref);
	if (n > strlen("/" RUN_TRIALS) &&
	    strncmp(ref + n - strlen("/" RUN_TRIALS), "/" RUN_TRIALS, strlen("/" RUN_TRIALS)) == 0)
		n -= strlen("/" RUN_TRIALS);
	*ret_run = slash ? xstrndup(ref, n) : NULL;
	return 0;
}

int trial_ref_open(const char *results, const char *ref, struct run_dir *ret_run,
		   uint64_t *ret_trial, struct err *err)
{
	_cleanup_run_dir_ struct run_dir run = RUN_DIR_INIT;
	_cleanup_free_
	char *run_ref = NULL;
	_cleanup_close_ int fd = -1;
	uint64_t trial = 0;
	int r = 0;

	if (!is_trial_path(ref, &trial, &run_ref))
		r = split_ref(ref, &trial, &run_ref, err);
	if (r == 0)
		r = run_dir_open(results, run_ref, &run, err);
	if (r < 0)
		return r;
	fd = trial_dir_open(run.fd, trial, err);
	if (fd < 0)
		return err_wrap(err, "%s", run.id);
	*ret_run = TAKE(run, (struct run_dir)RUN_DIR_INIT);
	*ret_trial = trial;
	return 0;
}
