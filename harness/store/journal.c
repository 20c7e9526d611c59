/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/exit.h"
#include "base/fs.h"
#include "base/json.h"
#include "store/layout.h"

enum { JOURNAL_MAX = 256 << 20 };

struct journal {
	int fd;
	uint64_t n; /* the last record's number */
	off_t end;  /* of the last whole record */
};

/* Which fields an event carries; the letters are bits so that a row reads like the header. */
enum {
	F_RUN = 1 << 0,
	F_PID = 1 << 1,
	F_TRIAL = 1 << 2,
	F_SLOT = 1 << 3,
	F_OUTCOME = 1 << 4,
	F_EXIT = 1 << 5,
	F_ARM = 1 << 6,
	F_WHY = 1 << 7,
	F_SOAK = 1 << 8,     /* left out where it is 0 */
	F_EXPOSURE = 1 << 9, /* runs of older versions have none */
	F_CASCADE = 1 << 10,
	F_PLACE = 1 << 11, /* containers, pending */
	F_AT_MS = 1 << 12,
};

static const struct event {
	const char *name;
	unsigned fields;
} events[JOURNAL_COUNT] = {
	[JOURNAL_BEGIN] = { "begin", F_RUN | F_PID },
	[JOURNAL_RESUME] = { "resume", F_PID },
	[JOURNAL_SPAWN] = { "spawn", F_TRIAL | F_SLOT | F_PID },
	[JOURNAL_END] = { "end", F_TRIAL | F_OUTCOME | F_EXPOSURE | F_EXIT },
	[JOURNAL_ADD] = { "add", F_TRIAL | F_ARM | F_SOAK | F_WHY },
	[JOURNAL_DECIDED] = { "decided", F_EXIT | F_WHY },
	[JOURNAL_STOP] = { "stop", F_WHY },
	[JOURNAL_DONE] = { "done", F_WHY },
	[JOURNAL_PLACE] = { "place", F_TRIAL | F_CASCADE | F_AT_MS | F_PLACE | F_WHY },
	[JOURNAL_CASCADE_END] = { "cascade-end", F_CASCADE | F_AT_MS | F_WHY },
};

const char *journal_event_name(enum journal_event e)
{
	return events[e].name;
}

json_t *journal_record_to_json(const struct journal_record *rec)
{
	unsigned fields = events[rec->event].fields;
	json_t *o = json_object();

	json_set_u64(o, "n", rec->n);
	json_object_set_new(o, "at_s", json_integer(rec->at_s));
	json_set_str(o, "event", events[rec->event].name);
	if (fields & F_RUN)
		json_set_str(o, "run", rec->run);
	if (fields & F_TRIAL)
		json_set_u64(o, "trial", rec->trial);
	if (fields & F_SLOT)
		json_set_u64(o, "slot", rec->slot);
	if (fields & F_PID)
		json_object_set_new(o, "pid", json_integer(rec->pid));
	if (fields & F_OUTCOME)
		json_set_str(o, "outcome", outcome_name(rec->outcome));
	if (fields & F_EXPOSURE)
		json_set_u64(o, "exposure_ns", rec->exposure_ns);
	if (fields & F_EXIT)
		json_object_set_new(o, "exit", json_integer(rec->exit));
	if (fields & F_ARM)
		json_set_str(o, "arm", rec->arm);
	if (fields & F_SOAK && rec->soak_ns)
		json_set_u64(o, "soak_ns", rec->soak_ns);
	if (fields & F_CASCADE)
		json_set_u64(o, "cascade", rec->cascade);
	if (fields & F_AT_MS)
		json_object_set_new(o, "at_ms", json_integer(rec->at_ms));
	if (fields & F_PLACE) {
		json_set_u64(o, "containers", rec->containers);
		json_set_u64(o, "pending", rec->pending);
	}
	if (fields & F_WHY)
		json_set_str(o, "why", rec->why);
	return o;
}

static int get_i64(const json_t *o, const char *key, int64_t *ret, struct err *err)
{
	const json_t *v = json_object_get(o, key);

	if (!json_is_integer(v))
		return err_set(err, EINVAL, "\"%s\" should be a whole number", key);
	*ret = json_integer_value(v);
	return 0;
}

static int get_outcome(const json_t *o, enum outcome *ret, struct err *err)
{
	const char *name = "";
	int r = json_get_str(o, "outcome", &name, err);

	if (r == 0 && !outcome_by_name(name, ret))
		return err_set(err, EINVAL, "no outcome is called '%s'", name);
	return r;
}

static int fields_from_json(const json_t *o, unsigned fields, struct journal_record *rec,
			    struct err *err)
{
	int r = 0;

	if (r == 0 && fields & F_RUN)
		r = json_get_text(o, "run", rec->run, sizeof(rec->run), err);
	if (r == 0 && fields & F_TRIAL)
		r = json_get_u64(o, "trial", &rec->trial, err);
	if (r == 0 && fields & F_SLOT)
		r = json_get_u64(o, "slot", &rec->slot, err);
	if (r == 0 && fields & F_PID)
		r = get_i64(o, "pid", &rec->pid, err);
	if (r == 0 && fields & F_OUTCOME)
		r = get_outcome(o, &rec->outcome, err);
	if (r == 0 && fields & F_EXPOSURE)
		r = json_get_u64(o, "exposure_ns", &rec->exposure_ns, err);
	if (r == 0 && fields & F_EXIT)
		r = get_i64(o, "exit", &rec->exit, err);
	if (r == 0 && fields & F_ARM)
		r = json_get_text(o, "arm", rec->arm, sizeof(rec->arm), err);
	if (r == 0 && fields & F_SOAK)
		r = json_get_u64(o, "soak_ns", &rec->soak_ns, err);
	if (r == 0 && fields & F_CASCADE)
		r = json_get_u64(o, "cascade", &rec->cascade, err);
	if (r == 0 && fields & F_AT_MS)
		r = get_i64(o, "at_ms", &rec->at_ms, err);
	if (r == 0 && fields & F_PLACE)
		r = json_get_u64(o, "containers", &rec->containers, err);
	if (r == 0 && fields & F_PLACE)
		r = json_get_u64(o, "pending", &rec->pending, err);
	if (r == 0 && fields & F_WHY)
		r = json_get_text(o, "why", rec->why, sizeof(rec->why), err);
	return r;
}

/* 0: a record; 1: a record whose event is unknown here; -EINVAL. */
static int record_from_json(const json_t *o, struct journal_record *rec, struct err *err)
{
	const char *name = "";
	int r;

	*rec = (struct journal_record){ .exit = -1 };
	r = json_get_u64(o, "n", &rec->n, err);
	if (r == 0)
		r = get_i64(o, "at_s", &rec->at_s, err);
	if (r == 0)
		r = json_get_str(o, "event", &name, err);
	if (r < 0)
		return r;
	for (int e = 0; e < JOURNAL_COUNT; e++)
		if (str_eq(events[e].name, name)) {
			rec->event = (enum journal_event)e;
			return fields_from_json(o, events[e].fields, rec, err);
		}
	return *name ? 1 : err_set(err, EINVAL, "it has no \"event\"");
}

/* One line without its newline: as record_from_json(), or -EINVAL also where it is no JSON. */
static int parse_line(const char *line, size_t n, struct journal_record *rec, struct err *err)
{
	json_error_t why;
	_cleanup_json_ json_t *o = json_loadb(line, n, JSON_REJECT_DUPLICATES, &why);

	if (!json_is_object(o))
		return err_set(err, EINVAL, "%s", o ? "not an object" : why.text);
	return record_from_json(o, rec, err);
}

struct scan {
	uint64_t n;
	size_t end; /* bytes of whole records */
};

/*
 * Is `rest`, which begins with a line that is no record, what an interrupted append leaves? Then
 * no whole record follows it. (A file system that lost power may leave a block of zeros, too.)
 */
static bool is_torn(const char *rest, size_t n)
{
	const char *line = memchr(rest, '\n', n);

	while (line && line + 1 < rest + n) {
		const char *next = line + 1, *eol = memchr(next, '\n', (size_t)(rest + n - next));
		struct journal_record rec;

		if (eol && parse_line(next, (size_t)(eol - next), &rec, NULL) >= 0)
			return false;
		line = eol;
	}
	return true;
}

static int broken(uint64_t line, const struct err *why, struct err *err)
{
	return err_set(err, EBADMSG,
		       RUN_JOURNAL
		       ":%llu: a broken record with whole ones behind it (%s); remove that "
		       "line by hand if you know why",
		       (unsigned long long)line, why->msg);
}

/* Walks the whole records of b; stops quietly at a torn tail. */
static int scan(const struct buf *b, journal_fn fn, void *arg, struct scan *ret, struct err *err)
{
	struct scan s = { 0 };
	const char *p, *eol;

	while ((p = buf_str(b) + s.end, eol = memchr(p, '\n', b->len - s.end))) {
		struct journal_record rec;
		struct err why = { 0 };
		int r = parse_line(p, (size_t)(eol - p), &rec, &why);

		if (r >= 0 && rec.n != s.n + 1)
			r = err_set(&why, EINVAL, "its number is %llu", (unsigned long long)rec.n);
		if (r < 0 && is_torn(p, b->len - s.end))
			break;
		if (r < 0)
			return broken(s.n + 1, &why, err);
		r = r == 0 && fn ? fn(arg, &rec) : 0;
		if (r != 0)
			return r;
		s.n = rec.n;
		s.end += (size_t)(eol + 1 - p);
	}
	*ret = s;
	return 0;
}

static int read_all(int run_fd, struct buf *b, struct err *err)
{
	struct err why = { 0 };
	int r = fs_read(run_fd, RUN_JOURNAL, JOURNAL_MAX, b, &why);

	return r == 0 || r == -ENOENT ? 0 : err_set(err, why.code, "%s", why.msg);
}

int journal_read(int run_fd, journal_fn fn, void *arg, struct err *err)
{
	_cleanup_buf_ struct buf b = BUF_INIT;
	struct scan s;
	int r = read_all(run_fd, &b, err);

	return r < 0 ? r : scan(&b, fn, arg, &s, err);
}

static int remember_pid(void *arg, const struct journal_record *rec)
{
	if (rec->event == JOURNAL_BEGIN || rec->event == JOURNAL_RESUME)
		*(pid_t *)arg = (pid_t)rec->pid;
	return 0;
}

/*
 * An open file description's lock, not a process's: it survives closing another descriptor of
 * the same file, and F_OFD_GETLK asks without taking it (a reader that tried LOCK_SH for a
 * moment could make a starting runner believe in another).
 */
static struct flock whole_file(void)
{
	return (struct flock){ .l_type = F_WRLCK, .l_whence = SEEK_SET };
}

int journal_holder(int run_fd, pid_t *ret)
{
	_cleanup_close_ int fd = openat(run_fd, RUN_JOURNAL, O_RDONLY | O_CLOEXEC);
	struct flock lock = whole_file();
	pid_t pid = 0;

	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	if (fcntl(fd, F_OFD_GETLK, &lock) < 0)
		return -errno;
	if (lock.l_type == F_UNLCK)
		return 0;
	journal_read(run_fd, remember_pid, &pid, NULL);
	*ret = pid;
	return 1;
}

static int take_lock(int run_fd, int fd, struct err *err)
{
	struct flock lock = whole_file();
	pid_t pid = 0;

	if (fcntl(fd, F_OFD_SETLK, &lock) == 0)
		return 0;
	if (errno != EAGAIN && errno != EACCES)
		return err_set(err, errno, "cannot lock " RUN_JOURNAL ": %s", strerror(errno));
	journal_read(run_fd, remember_pid, &pid, NULL);
	if (pid)
		return err_set(err, EBUSY, "another runner has this run: process %d", (int)pid);
	return err_set(err, EBUSY, "another runner has this run");
}

/* Where the whole records end; what is behind them goes. */
static int cut_tail(struct journal *j, int run_fd, struct err *err)
{
	_cleanup_buf_ struct buf b = BUF_INIT;
	struct scan s;
	int r = read_all(run_fd, &b, err);

	if (r == 0)
		r = scan(&b, NULL, NULL, &s, err);
	if (r < 0)
		return r;
	j->n = s.n;
	j->end = (off_t)s.end;
	if (s.end < b.len && ftruncate(j->fd, j->end) < 0) {
		err_set(err, errno, "cannot cut the torn end off " RUN_JOURNAL ": %s",
			strerror(errno));
		return err_exit(err, EXIT_CANNOT_WRITE);
	}
	return 0;
}

int journal_open(int run_fd, struct journal **ret, struct err *err)
{
	struct journal *j = xcalloc(1, sizeof(*j));
	int r;

	j->fd = openat(run_fd, RUN_JOURNAL, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (j->fd < 0) {
		err_set(err, errno, "cannot open " RUN_JOURNAL ": %s", strerror(errno));
		r = err_exit(err, EXIT_CANNOT_WRITE);
	} else {
		r = take_lock(run_fd, j->fd, err);
	}
	if (r == 0)
		r = cut_tail(j, run_fd, err);
	if (r < 0) {
		journal_free(j);
		return r;
	}
	fsync(run_fd); /* the file's name; some file systems refuse, and the name stands all the
			  same */
	*ret = j;
	return 0;
}

struct journal *journal_free(struct journal *j)
{
	if (j && j->fd >= 0)
		close(j->fd);
	free(j);
	return NULL;
}

static int write_at_end(struct journal *j, const char *line, size_t n)
{
	int r = lseek(j->fd, j->end, SEEK_SET) < 0 ? -errno : fs_write_all(j->fd, line, n);

	if (r == 0 && fdatasync(j->fd) < 0)
		r = -errno;
	return r;
}

int journal_append(struct journal *j, const struct journal_record *rec, struct err *err)
{
	struct journal_record full = *rec;
	_cleanup_json_ json_t *o = NULL;
	_cleanup_free_
	char *text = NULL;
	_cleanup_free_
	char *line = NULL;
	size_t n;
	int r;

	full.n = j->n + 1;
	full.at_s = rec->at_s ? rec->at_s : clock_wall_s();
	o = journal_record_to_json(&full);
	text = json_dumps(o, 0);
	line = xasprintf("%s\n", text);
	n = strlen(line);
	r = write_at_end(j, line, n);
	if (r < 0) {
		if (ftruncate(j->fd, j->end) < 0)
			(void)0; /* then the tail is torn, which every reader copes with */
		err_set(err, -r, "cannot write " RUN_JOURNAL ": %s", strerror(-r));
		return err_exit(err, EXIT_CANNOT_WRITE);
	}
	j->n++;
	j->end += (off_t)n;
	return 0;
}
