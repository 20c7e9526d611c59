/* SPDX-License-Identifier: GPL-3.0-or-later */
#define FUSE_USE_VERSION 314
#include "overfs.h"

#include <errno.h>
#include <fuse3/fuse_lowlevel.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "pattern.h"
#include "tree.h"

#define MAX_WRITE (128u * 1024)
#define RETRY_MS  100
#define FOR_EVER  1e9 /* seconds: nobody but us changes anything */

/* A write that waits for room. */
struct held {
	struct held *next;
	fuse_req_t req;
	fuse_ino_t ino;
	off_t off;
	size_t n;
	char bytes[];
};

struct overfs {
	struct overfs_config config;
	struct tree tree;
	struct fuse_session *session;
	struct held *held;
	bool full;   /* a write did not fit */
	bool broken; /* fail-all: everything fails from now on */
};

static const char *const policies[] = {
	[OVERFS_ENOSPC] = "enospc", [OVERFS_EIO] = "eio",   [OVERFS_RETRY] = "retry",
	[OVERFS_STALL] = "stall",   [OVERFS_DROP] = "drop", [OVERFS_FAIL_ALL] = "fail-all",
};

int overfs_policy_by_name(const char *name)
{
	for (size_t i = 0; i < sizeof policies / sizeof *policies; i++)
		if (strcmp(policies[i], name) == 0)
			return (int)i;
	return -1;
}

static struct overfs *fs_of(fuse_req_t req)
{
	return fuse_req_userdata(req);
}

/* The node, or NULL once the request has been refused. */
static struct node *node_of(fuse_req_t req, fuse_ino_t ino)
{
	struct overfs *fs = fs_of(req);
	struct node *n = fs->broken ? NULL : tree_node(&fs->tree, ino);

	if (!n)
		fuse_reply_err(req, fs->broken ? EIO : ENOENT);
	return n;
}

static struct node *child_of(fuse_req_t req, fuse_ino_t dir, const char *name)
{
	struct node *d = node_of(req, dir), *n = d ? tree_find(d, name) : NULL;

	if (d && !n)
		fuse_reply_err(req, ENOENT);
	return n;
}

static struct stat *stat_of(struct node *n)
{
	n->st.st_blocks = (blkcnt_t)(n->data.blocks * (PATTERN_BLOCK / 512));
	return &n->st;
}

static struct fuse_entry_param entry_of(struct node *n)
{
	n->lookups++;
	return (struct fuse_entry_param){
		.ino = n->ino,
		.attr = *stat_of(n),
		.attr_timeout = FOR_EVER,
		.entry_timeout = FOR_EVER,
	};
}

static void pause_ns(uint64_t ns)
{
	struct timespec t = { .tv_sec = (time_t)(ns / 1000000000u),
			      .tv_nsec = (long)(ns % 1000000000u) };

	while (ns && nanosleep(&t, &t) < 0 && errno == EINTR)
		;
}

/* ---- names ---- */

static void op_lookup(fuse_req_t req, fuse_ino_t dir, const char *name)
{
	struct node *n = child_of(req, dir, name);

	if (!n)
		return;
	struct fuse_entry_param e = entry_of(n);
	fuse_reply_entry(req, &e);
}

static void op_forget(fuse_req_t req, fuse_ino_t ino, uint64_t lookups)
{
	struct node *n = tree_node(&fs_of(req)->tree, ino);

	if (n)
		tree_forget(&fs_of(req)->tree, n, lookups);
	fuse_reply_none(req);
}

static struct node *add_node(fuse_req_t req, fuse_ino_t dir, const char *name, mode_t mode)
{
	struct node *d = node_of(req, dir), *n;

	if (!d)
		return NULL;
	n = tree_find(d, name) ? NULL : tree_add(&fs_of(req)->tree, d, name, mode);
	if (!n)
		fuse_reply_err(req, tree_find(d, name) ? EEXIST : ENOMEM);
	return n;
}

static void op_mknod(fuse_req_t req, fuse_ino_t dir, const char *name, mode_t mode, dev_t rdev)
{
	struct node *n = add_node(req, dir, name, mode);

	(void)rdev;
	if (!n)
		return;
	struct fuse_entry_param e = entry_of(n);
	fuse_reply_entry(req, &e);
}

static void op_mkdir(fuse_req_t req, fuse_ino_t dir, const char *name, mode_t mode)
{
	op_mknod(req, dir, name, mode | S_IFDIR, 0);
}

static void op_create(fuse_req_t req, fuse_ino_t dir, const char *name, mode_t mode,
		      struct fuse_file_info *fi)
{
	struct node *n = add_node(req, dir, name, mode);

	if (!n)
		return;
	struct fuse_entry_param e = entry_of(n);
	fuse_reply_create(req, &e, fi);
}

static void op_unlink(fuse_req_t req, fuse_ino_t dir, const char *name)
{
	struct node *n = child_of(req, dir, name);

	if (!n)
		return;
	if (n->child) {
		fuse_reply_err(req, ENOTEMPTY);
		return;
	}
	tree_unlink(&fs_of(req)->tree, n);
	fuse_reply_err(req, 0);
}

static void op_rename(fuse_req_t req, fuse_ino_t dir, const char *name, fuse_ino_t to_dir,
		      const char *to_name, unsigned flags)
{
	struct node *n = child_of(req, dir, name);
	struct node *to = n ? node_of(req, to_dir) : NULL;
	struct node *old = to ? tree_find(to, to_name) : NULL;

	if (!to)
		return;
	if (flags || (old && old->child)) {
		fuse_reply_err(req, flags ? EINVAL : ENOTEMPTY);
		return;
	}
	if (old && old != n)
		tree_unlink(&fs_of(req)->tree, old);
	fuse_reply_err(req, -tree_move(n, to, to_name));
}

static void op_readdir(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off,
		       struct fuse_file_info *fi)
{
	struct node *dir = node_of(req, ino), *n;
	char *buf = dir ? malloc(size) : NULL;
	size_t used = 0;
	off_t at = 0;

	(void)fi;
	if (!dir)
		return;
	for (n = buf ? dir->child : NULL; n; n = n->next) {
		if (at++ < off)
			continue;
		size_t len = fuse_add_direntry(req, buf + used, size - used, n->name, &n->st, at);
		if (len > size - used)
			break;
		used += len;
	}
	fuse_reply_buf(req, buf, used);
	free(buf);
}

/* ---- attributes ---- */

static void op_getattr(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct node *n = node_of(req, ino);

	(void)fi;
	if (n)
		fuse_reply_attr(req, stat_of(n), FOR_EVER);
}

static void op_setattr(fuse_req_t req, fuse_ino_t ino, struct stat *st, int set,
		       struct fuse_file_info *fi)
{
	struct overfs *fs = fs_of(req);
	struct node *n = node_of(req, ino);

	(void)fi;
	if (!n)
		return;
	if (set & FUSE_SET_ATTR_SIZE) {
		if (st->st_size < n->st.st_size)
			data_cut(&n->data, &fs->tree.space, (uint64_t)st->st_size);
		n->st.st_size = st->st_size;
	}
	if (set & FUSE_SET_ATTR_MODE)
		n->st.st_mode = st->st_mode;
	if (set & FUSE_SET_ATTR_MTIME)
		n->st.st_mtim = st->st_mtim;
	fuse_reply_attr(req, stat_of(n), FOR_EVER);
}

static void op_statfs(fuse_req_t req, fuse_ino_t ino)
{
	const struct overfs *fs = fs_of(req);
	const struct space *s = &fs->tree.space;
	uint64_t used = fs->config.statfs_lies ? 0 : s->used;

	if (!node_of(req, ino))
		return;
	struct statvfs v = {
		.f_bsize = PATTERN_BLOCK,
		.f_frsize = PATTERN_BLOCK,
		.f_blocks = s->capacity,
		.f_bfree = s->capacity - used,
		.f_bavail = s->capacity - used,
		.f_files = 1 << 20,
		.f_ffree = 1 << 20,
		.f_namemax = 255,
	};
	fuse_reply_statfs(req, &v);
}

/* ---- data ---- */

static bool fits(const struct overfs *fs, const struct node *n, size_t size, off_t off)
{
	const struct space *s = &fs->tree.space;

	return s->used + data_wants(&n->data, (uint64_t)off, size) <= s->capacity;
}

/* 0, or what the writer is told. */
static int store(struct overfs *fs, struct node *n, const char *bytes, size_t size, off_t off)
{
	int r = data_write(&n->data, &fs->tree.space, bytes, size, (uint64_t)off);

	if (r == 0 && off + (off_t)size > n->st.st_size)
		n->st.st_size = off + (off_t)size;
	return -r;
}

static void reply_written(fuse_req_t req, int error, size_t size)
{
	if (error)
		fuse_reply_err(req, error);
	else
		fuse_reply_write(req, size);
}

static void hold(struct overfs *fs, fuse_req_t req, fuse_ino_t ino, const char *bytes, size_t size,
		 off_t off)
{
	struct held *h = malloc(sizeof *h + size);

	if (!h) {
		fuse_reply_err(req, ENOMEM);
		return;
	}
	*h = (struct held){ .next = fs->held, .req = req, .ino = ino, .off = off, .n = size };
	memcpy(h->bytes, bytes, size);
	fs->held = h;
}

static void retry_held(struct overfs *fs)
{
	struct held **at = &fs->held, *h;

	while ((h = *at)) {
		struct node *n = tree_node(&fs->tree, h->ino);

		if (n && !fits(fs, n, h->n, h->off)) {
			at = &h->next;
			continue;
		}
		*at = h->next;
		reply_written(h->req, n ? store(fs, n, h->bytes, h->n, h->off) : ENOENT, h->n);
		free(h);
	}
}

static void say_full(struct overfs *fs)
{
	if (!fs->full)
		dprintf(STDOUT_FILENO, "%soverfs full at=%llu policy=%s\n", fs->config.prefix,
			(unsigned long long)(fs->tree.space.used * PATTERN_BLOCK),
			policies[fs->config.policy]);
	fs->full = true;
}

static void does_not_fit(struct overfs *fs, fuse_req_t req, struct node *n, const char *bytes,
			 size_t size, off_t off)
{
	say_full(fs);
	switch (fs->config.policy) {
	case OVERFS_ENOSPC: fuse_reply_err(req, ENOSPC); break;
	case OVERFS_EIO: fuse_reply_err(req, EIO); break;
	case OVERFS_RETRY: hold(fs, req, n->ino, bytes, size, off); break;
	case OVERFS_STALL:
		for (;;)
			pause();
	case OVERFS_DROP:
		if (off + (off_t)size > n->st.st_size)
			n->st.st_size = off + (off_t)size;
		fuse_reply_write(req, size);
		break;
	case OVERFS_FAIL_ALL:
		fs->broken = true;
		fuse_reply_err(req, EIO);
		break;
	}
}

static void op_write(fuse_req_t req, fuse_ino_t ino, const char *bytes, size_t size, off_t off,
		     struct fuse_file_info *fi)
{
	struct overfs *fs = fs_of(req);
	struct node *n = node_of(req, ino);

	(void)fi;
	if (!n)
		return;
	pause_ns(fs->config.latency_ns);
	if (fits(fs, n, size, off))
		reply_written(req, store(fs, n, bytes, size, off), size);
	else
		does_not_fit(fs, req, n, bytes, size, off);
}

static void op_read(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off,
		    struct fuse_file_info *fi)
{
	static char bytes[1 << 20];
	struct overfs *fs = fs_of(req);
	struct node *n = node_of(req, ino);

	(void)fi;
	if (!n)
		return;
	pause_ns(fs->config.latency_ns);
	if (off >= n->st.st_size)
		size = 0;
	else if ((off_t)size > n->st.st_size - off)
		size = (size_t)(n->st.st_size - off);
	if (size > sizeof bytes)
		size = sizeof bytes;
	data_read(&n->data, bytes, size, (uint64_t)off);
	fuse_reply_buf(req, bytes, size);
}

static void op_open(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	if (node_of(req, ino))
		fuse_reply_open(req, fi);
}

/* Nothing is kept back here: what was acknowledged is stored. */
static void op_flush(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	(void)fi;
	if (node_of(req, ino))
		fuse_reply_err(req, 0);
}

static void op_fsync(fuse_req_t req, fuse_ino_t ino, int data_only, struct fuse_file_info *fi)
{
	(void)data_only;
	op_flush(req, ino, fi);
}

/* ---- the server ---- */

static void op_init(void *arg, struct fuse_conn_info *conn)
{
	const struct overfs *fs = arg;

	conn->max_write = MAX_WRITE;
	conn->want &= ~(unsigned)FUSE_CAP_WRITEBACK_CACHE;
	if (fs->config.writeback)
		conn->want |= conn->capable & FUSE_CAP_WRITEBACK_CACHE;
}

static const struct fuse_lowlevel_ops ops = {
	.init = op_init,
	.lookup = op_lookup,
	.forget = op_forget,
	.getattr = op_getattr,
	.setattr = op_setattr,
	.mknod = op_mknod,
	.mkdir = op_mkdir,
	.create = op_create,
	.unlink = op_unlink,
	.rmdir = op_unlink,
	.rename = op_rename,
	.readdir = op_readdir,
	.statfs = op_statfs,
	.open = op_open,
	.read = op_read,
	.write = op_write,
	.flush = op_flush,
	.release = op_flush,
	.fsync = op_fsync,
};

struct overfs *overfs_mount(const struct overfs_config *config)
{
	char *argv[] = { (char *)"overfs", (char *)"-ofsname=overfs,subtype=overfs,allow_other",
			 NULL };
	struct fuse_args args = FUSE_ARGS_INIT(2, argv);
	struct overfs *fs = calloc(1, sizeof *fs);

	if (!fs)
		return NULL;
	fs->config = *config;
	errno = 0;
	if (tree_init(&fs->tree, config->capacity_bytes) < 0 ||
	    !(fs->session = fuse_session_new(&args, &ops, sizeof ops, fs)) ||
	    fuse_session_mount(fs->session, config->mountpoint) < 0) {
		int e = errno ? errno : EIO;

		if (fs->session)
			fuse_session_destroy(fs->session);
		free(fs);
		errno = e;
		fs = NULL;
	}
	fuse_opt_free_args(&args);
	return fs;
}

/* Did anything come within the time? */
static bool wait_for_request(const struct overfs *fs)
{
	struct pollfd p = { .fd = fuse_session_fd(fs->session), .events = POLLIN };

	return poll(&p, 1, fs->held ? RETRY_MS : -1) > 0;
}

int overfs_serve(struct overfs *fs)
{
	struct fuse_buf buf = { 0 };
	int r = 1;

	while (r > 0 && !fuse_session_exited(fs->session)) {
		if (wait_for_request(fs)) {
			r = fuse_session_receive_buf(fs->session, &buf);
			if (r > 0)
				fuse_session_process_buf(fs->session, &buf);
			else if (r == -EINTR || r == -EAGAIN)
				r = 1;
		}
		retry_held(fs);
	}
	free(buf.mem);
	fuse_session_unmount(fs->session);
	fuse_session_destroy(fs->session);
	return r < 0 ? r : 0;
}
