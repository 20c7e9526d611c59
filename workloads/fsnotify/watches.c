/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "churn.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/fanotify.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "../load.h"

#define WATCHES 32 /* that one watcher holds, at most */

/* A watcher: an inotify instance, and a fanotify group of one kind or the other. */
struct watcher {
	struct churner *churner;
	struct churn *churn;
	int inotify, fanotify;
	bool with_fid; /* events name files by handle, not by descriptor */
	int wd[WATCHES];
	uint64_t due_ns;
};

static void begin_op(struct watcher *w)
{
	load_count(++w->churn->watch_ops);
}

/* ---- inotify ---- */

static void open_inotify(struct watcher *w)
{
	if (w->inotify >= 0)
		close(w->inotify); /* all of its watches go at once */
	w->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (w->inotify < 0 && errno != ENOMEM) /* then the next one may be had */
		load_fail("inotify_init1: %s", strerror(errno));
	memset(w->wd, -1, sizeof w->wd);
	w->churn->instances++;
}

static void add_watch(struct watcher *w, size_t i)
{
	static const uint32_t masks[] = { IN_ALL_EVENTS,
					  IN_MODIFY | IN_DELETE_SELF,
					  IN_ALL_EVENTS | IN_DONT_FOLLOW,
					  IN_ALL_EVENTS | IN_ONESHOT,
					  IN_MOVE | IN_MASK_ADD,
					  IN_ALL_EVENTS | IN_EXCL_UNLINK };
	char path[CHURN_PATH];

	churn_any_path(w->churner, path);
	w->wd[i] = inotify_add_watch(w->inotify, path,
				     masks[churn_below(w->churner, sizeof masks / sizeof *masks)]);
	if (w->wd[i] < 0 && errno == ENOSPC)
		load_fail("inotify_add_watch: fs.inotify.max_user_watches is reached");
	w->churn->inotify++;
}

static void remove_watch(struct watcher *w, size_t i)
{
	inotify_rm_watch(w->inotify, w->wd[i]); /* its inode may be gone, and the watch with it */
	w->wd[i] = -1;
	w->churn->inotify++;
}

static void inotify_op(struct watcher *w)
{
	size_t i = churn_below(w->churner, WATCHES);

	begin_op(w);
	if (churn_below(w->churner, 256) == 0)
		open_inotify(w);
	else if (w->wd[i] < 0)
		add_watch(w, i);
	else
		remove_watch(w, i);
}

/* ---- fanotify ---- */

static void open_fanotify(struct watcher *w)
{
	unsigned flags = FAN_CLASS_NOTIF | FAN_CLOEXEC | FAN_NONBLOCK | FAN_UNLIMITED_MARKS;

	if (w->fanotify >= 0)
		close(w->fanotify);
	if (w->with_fid)
		flags |= FAN_REPORT_FID;
	w->fanotify = fanotify_init(flags, O_RDONLY | O_CLOEXEC);
	if (w->fanotify < 0 && errno != ENOMEM)
		load_fail("fanotify_init: %s", strerror(errno));
	w->churn->instances++;
}

/*
 * Of an inode, of its mount, of its file system; flushing takes away all of a kind. Modifications
 * only, as reads of our own events would feed groups with descriptors for ever.
 */
static void fanotify_op(struct watcher *w)
{
	static const unsigned kinds[] = { 0, 0, 0, FAN_MARK_MOUNT, FAN_MARK_FILESYSTEM };
	unsigned kind = kinds[churn_below(w->churner, sizeof kinds / sizeof *kinds)];
	uint64_t mask = FAN_MODIFY | FAN_CLOSE_WRITE | FAN_EVENT_ON_CHILD;
	char path[CHURN_PATH];

	begin_op(w);
	if (w->with_fid && !(kind & FAN_MARK_MOUNT))
		mask |= FAN_DELETE_SELF | FAN_ATTRIB | FAN_MOVE_SELF;
	churn_any_path(w->churner, path);
	switch (churn_below(w->churner, 16)) {
	case 0: fanotify_mark(w->fanotify, FAN_MARK_FLUSH | kind, 0, AT_FDCWD, NULL); break;
	case 1: open_fanotify(w); break;
	case 2:
	case 3:
	case 4:
	case 5:
	case 6: fanotify_mark(w->fanotify, FAN_MARK_REMOVE | kind, mask, AT_FDCWD, path); break;
	default: fanotify_mark(w->fanotify, FAN_MARK_ADD | kind, mask, AT_FDCWD, path);
	}
	w->churn->fanotify_marks++;
}

/* ---- both ---- */

/* Whoever does not read keeps inodes and memory: up to 16384 events a group. */
static void drain_inotify(struct watcher *w)
{
	char events[4096] __attribute__((aligned(8)));

	while (read(w->inotify, events, sizeof events) > 0)
		w->churn->events++;
}

static void drain_fanotify(struct watcher *w)
{
	char events[4096] __attribute__((aligned(8)));
	ssize_t n;

	while (w->fanotify >= 0 && (n = read(w->fanotify, events, sizeof events)) > 0) {
		struct fanotify_event_metadata *e = (void *)events;

		for (; FAN_EVENT_OK(e, n); e = FAN_EVENT_NEXT(e, n)) {
			if (e->fd >= 0)
				close(e->fd);
			w->churn->events++;
		}
	}
}

/* Between half and one and a half of the interval; who is a second late forgets it. */
static void keep_pace(struct watcher *w)
{
	uint64_t now_ns = load_now_ns(), interval_ns = w->churn->interval_ns;

	w->due_ns += interval_ns / 2 + churn_below(w->churner, interval_ns + 1);
	if (w->due_ns > now_ns)
		load_pause(w->due_ns - now_ns);
	else if (now_ns - w->due_ns > 1000000000u)
		w->due_ns = now_ns;
}

void *churn_watch(void *churner)
{
	struct watcher w = { .churner = churner, .inotify = -1, .fanotify = -1 };

	w.churn = w.churner->churn;
	w.with_fid = churn_below(w.churner, 2);
	w.due_ns = load_now_ns();
	open_inotify(&w);
	if (w.churn->fanotify)
		open_fanotify(&w);
	for (;;) {
		if (w.churn->fanotify && churn_below(w.churner, 2))
			fanotify_op(&w);
		else
			inotify_op(&w);
		drain_inotify(&w);
		drain_fanotify(&w);
		keep_pace(&w);
	}
	return NULL;
}
