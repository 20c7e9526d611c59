/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Keeps ext4's cache of extents busy from both sides: writers change the trees of a few small hot
 * files while readers fill the cache with the extents of ballast files, which gives the shrinker
 * much to count and so makes it run often. It frees 128 at a call, wherever it stands, so the hot
 * trees must be small to be met. It knows nothing of memory cgroups: the pressure must be global,
 * and comes from elsewhere (memory-pressure). Without any, nothing is shrunk and nothing counted.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "eshrink.h"
#include "files.h"
#include "kfile.h"
#include "load.h"

#define LOOK_NS     100000000ull
#define NOTE_LOOKS  50 /* 5 s */
#define DROP        "/proc/sys/vm/drop_caches"
#define MIB         (1024 * 1024ull)
#define FIEMAP_ROOM 256 /* extents of an answer */

struct file {
	int fd;
	_Atomic uint64_t blocks; /* about: writers insert and collapse */
};

struct set {
	const char *name;
	struct file *file;
	uint64_t n, extents; /* files, and extents of each when made */
};

static struct {
	struct set hot, ballast;
	uint64_t block; /* bytes */
	uint64_t pause_ns, ballast_pause_ns;
	uint64_t weights; /* sum over the operations */
	atomic_bool no_room_told;
} self;

/* ---- what is done to hot files ---- */

struct op {
	const char *param; /* its weight */
	int (*run)(struct file *f, uint64_t at);
	uint64_t weight;
	_Atomic uint64_t done;
};

static off_t bytes(uint64_t blocks)
{
	return (off_t)(blocks * self.block);
}

static int result(int r)
{
	return r < 0 ? -errno : 0;
}

static int op_write(struct file *f, uint64_t at)
{
	static const char data[65536]; /* zeros: nobody reads them */

	return result(pwrite(f->fd, data, self.block, bytes(at)) < 0 ? -1 : 0);
}

static int op_allocate(struct file *f, uint64_t at)
{
	return result(fallocate(f->fd, FALLOC_FL_KEEP_SIZE, bytes(at), bytes(1)));
}

static int op_punch(struct file *f, uint64_t at)
{
	const int mode = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;

	return result(fallocate(f->fd, mode, bytes(at), bytes(1)));
}

/* The file stays between half and twice as long as it was made. */
static int shift(struct file *f, uint64_t at, bool longer)
{
	const uint64_t made = 2 * self.hot.extents;
	struct stat st;
	int r;

	if (f->blocks >= 2 * made)
		longer = false;
	else if (f->blocks <= made / 2)
		longer = true;
	r = result(fallocate(f->fd, longer ? FALLOC_FL_INSERT_RANGE : FALLOC_FL_COLLAPSE_RANGE,
			     bytes(at), bytes(1)));
	if (fstat(f->fd, &st) == 0)
		f->blocks = (uint64_t)st.st_size / self.block;
	return r == -EINVAL ? 0 : r; /* another writer's collapse moved the end before `at` */
}

static int op_insert(struct file *f, uint64_t at)
{
	return shift(f, at, true);
}

static int op_collapse(struct file *f, uint64_t at)
{
	return shift(f, at, false);
}

static int op_flush(struct file *f, uint64_t at)
{
	(void)at;
	return result(sync_file_range(f->fd, 0, 0, SYNC_FILE_RANGE_WRITE));
}

static int op_seek(struct file *f, uint64_t at)
{
	const off_t r = lseek(f->fd, bytes(at), at & 1 ? SEEK_HOLE : SEEK_DATA);

	return r < 0 && errno != ENXIO ? -errno : 0; /* ENXIO: nothing behind */
}

static int op_fiemap(struct file *f, uint64_t at)
{
	union {
		struct fiemap map;
		char room[sizeof(struct fiemap) + FIEMAP_ROOM * sizeof(struct fiemap_extent)];
	} u;

	u.map = (struct fiemap){ .fm_start = at * self.block,
				 .fm_length = 2 * FIEMAP_ROOM * self.block,
				 .fm_extent_count = FIEMAP_ROOM };
	return result(ioctl(f->fd, FS_IOC_FIEMAP, &u.map));
}

static struct op ops[] = {
	{ "write", op_write, 0, 0 },       { "allocate", op_allocate, 0, 0 },
	{ "punch", op_punch, 0, 0 },       { "insert", op_insert, 0, 0 },
	{ "collapse", op_collapse, 0, 0 }, { "flush", op_flush, 0, 0 },
	{ "fiemap", op_fiemap, 0, 0 },     { "seek", op_seek, 0, 0 },
};
#define N_OPS (sizeof ops / sizeof *ops)

static void read_ops(void)
{
	for (size_t i = 0; i < N_OPS; i++) {
		ops[i].weight = load_param_u64(ops[i].param);
		self.weights += ops[i].weight;
	}
	if (!self.weights)
		load_fail("every operation has the weight 0");
}

static struct op *choose_op(uint64_t *random)
{
	uint64_t left = load_random_from(random) % self.weights;
	size_t i = 0;

	while (left >= ops[i].weight)
		left -= ops[i++].weight;
	return &ops[i];
}

static void check_op(const struct op *op, int r)
{
	if (r == 0 || r == -EINTR)
		return;
	if (r != -ENOSPC)
		load_fail("%s: %s", op->param, strerror(-r));
	if (!atomic_exchange(&self.no_room_told, true))
		load_note("%s: no space left, though there was enough: something else writes there",
			  op->param);
}

static void *write_for_ever(void *arg)
{
	uint64_t random = (uint64_t)(uintptr_t)arg;

	prctl(PR_SET_NAME, "extents");
	for (;;) {
		struct file *f = &self.hot.file[load_random_from(&random) % self.hot.n];
		struct op *op = choose_op(&random);

		check_op(op, op->run(f, load_random_from(&random) % (f->blocks + !f->blocks)));
		op->done++;
		load_pause(self.pause_ns);
	}
	return NULL;
}

static void note_ops(void)
{
	char text[512];
	int n = 0;

	for (size_t i = 0; i < N_OPS; i++)
		n += snprintf(text + n, sizeof text - (size_t)n, " %s %llu", ops[i].param,
			      (unsigned long long)ops[i].done);
	load_note("operations so far:%s", text);
}

/* ---- ballast ---- */

static void read_extents(struct file *f)
{
	for (uint64_t at = 0; at < f->blocks; at += 2 * FIEMAP_ROOM) {
		int r = op_fiemap(f, at);

		if (r < 0 && r != -EINTR)
			load_fail("FIEMAP of a ballast file: %s", strerror(-r));
	}
}

static void *read_for_ever(void *arg)
{
	uint64_t i = (uint64_t)(uintptr_t)arg;

	prctl(PR_SET_NAME, "ballast");
	for (;; i++) {
		read_extents(&self.ballast.file[i % self.ballast.n]);
		load_pause(self.ballast_pause_ns);
	}
	return NULL;
}

/* ---- making ready ---- */

static uint64_t extents_of(const struct set *s)
{
	return s->n * s->extents;
}

/* Hot files may grow to twice their length with no hole left; a file is allocated whole at first.
 */
static void prove_room(int dir, const char *path)
{
	const uint64_t blocks = 4 * extents_of(&self.hot) + extents_of(&self.ballast) +
				self.ballast.extents + self.hot.extents;
	const uint64_t need = blocks * self.block / 50 * 51 + 4 * MIB, room = files_room(dir);

	if (room < need)
		load_fail("%s has room for %llu MiB; %llu MiB are needed: fewer files or extents, "
			  "or a larger disk",
			  path, (unsigned long long)(room / MIB), (unsigned long long)(need / MIB));
}

static void prove_ext4(int dir, const char *path)
{
	char type[32];
	struct statfs st;

	files_fs_type(dir, type, sizeof type);
	if (fstatfs(dir, &st) < 0)
		load_fail("%s: %s", path, strerror(errno));
	if (st.f_type != EXT4_SUPER_MAGIC || strcmp(type, "ext4") != 0)
		load_fail("%s is on %s and must be on ext4: give the guest a disk (guest.disks)",
			  path, type);
	self.block = (uint64_t)st.f_bsize;
}

static void make_file(int dir, const struct set *s, uint64_t i)
{
	struct file *f = &s->file[i];
	char name[48];
	int flags = 0;

	snprintf(name, sizeof name, "%s-%llu", s->name, (unsigned long long)i);
	f->fd = files_new(dir, name);
	f->blocks = 2 * s->extents;
	if (ioctl(f->fd, FS_IOC_GETFLAGS, &flags) < 0 || !(flags & FS_EXTENT_FL))
		load_fail("%s has no extents: the file system was made without them", name);
	files_fragment(f->fd, name, s->extents, self.block);
	uint64_t n = files_extents(f->fd, name);
	if (n < s->extents)
		load_fail("%s has %llu extents instead of %llu", name, (unsigned long long)n,
			  (unsigned long long)s->extents);
}

static void init_set(struct set *s, const char *name, uint64_t n, uint64_t extents)
{
	*s = (struct set){ .name = name, .n = n, .extents = extents };
	s->file = calloc(n + 1, sizeof *s->file);
	if (!s->file)
		load_fail("no memory for %llu files", (unsigned long long)n);
}

static void make_files(int dir, const struct set *s)
{
	for (uint64_t i = 0; i < s->n; i++)
		make_file(dir, s, i);
}

static void fill_cache(void)
{
	const struct set *sets[] = { &self.hot, &self.ballast };

	for (size_t k = 0; k < 2; k++)
		for (uint64_t i = 0; i < sets[k]->n; i++)
			read_extents(&sets[k]->file[i]);
}

/*
 * The shrinker is made to run once: what then is missing in the cache must have been counted, and
 * comes back by reading. 4 drops nothing: it spares the console a line.
 */
static void prove_counter(uint64_t *ret_cached, uint64_t *ret_shrunk)
{
	const uint64_t want = (extents_of(&self.hot) + extents_of(&self.ballast)) / 2;
	const uint64_t before = eshrink_cached();
	int r = kfile_write(DROP, "4");

	if (r == 0)
		r = kfile_write(DROP, "2");
	if (r < 0)
		load_fail(DROP ": %s", strerror(-r));
	const uint64_t after = eshrink_cached();
	*ret_shrunk = eshrink_total();
	if (*ret_shrunk == 0 || *ret_shrunk < (before > after ? before - after : 0) / 2)
		load_fail("drop_caches took %lld extents out of the cache and the kernel counted "
			  "%llu",
			  (long long)(before - after), (unsigned long long)*ret_shrunk);
	fill_cache();
	*ret_cached = eshrink_cached();
	if (*ret_cached < want)
		load_fail("after reading all files only %llu extents are cached, not %llu or more",
			  (unsigned long long)*ret_cached, (unsigned long long)want);
}

static void start(void *(*run)(void *), uint64_t arg)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, run, (void *)(uintptr_t)arg) != 0)
		load_fail("no thread");
}

static void soak(uint64_t writers, uint64_t readers)
{
	const uint64_t before = eshrink_total();

	for (uint64_t i = 0; i < writers; i++)
		start(write_for_ever, load_random());
	for (uint64_t i = 0; self.ballast.n && i < readers; i++)
		start(read_for_ever, i * self.ballast.n / readers);
	for (uint64_t look = 1;; look++) {
		const uint64_t n = eshrink_total() - before;

		if (n)
			load_count(n);
		if (look % NOTE_LOOKS == 0)
			note_ops();
		load_pause(LOOK_NS);
	}
}

int main(int argc, char **argv)
{
	uint64_t cached, shrunk;

	load_init(argc, argv);
	const char *path = load_param_text("dir");
	self.pause_ns = load_param_u64("pause");
	self.ballast_pause_ns = load_param_u64("ballast-pause");
	read_ops();
	int dir = files_dir(path);
	prove_ext4(dir, path);
	init_set(&self.hot, "hot", load_param_u64("hot-files"), load_param_u64("hot-extents"));
	init_set(&self.ballast, "ballast", load_param_u64("ballast-files"),
		 load_param_u64("ballast-extents"));
	prove_room(dir, path);
	eshrink_open(dir);
	make_files(dir, &self.hot);
	make_files(dir, &self.ballast);
	prove_counter(&cached, &shrunk);
	load_armed("%llu hot files with %llu extents and %llu of ballast with %llu on ext4 of %s; "
		   "%llu are cached; drop_caches took out as many as the kernel counted, %llu",
		   (unsigned long long)self.hot.n, (unsigned long long)extents_of(&self.hot),
		   (unsigned long long)self.ballast.n,
		   (unsigned long long)extents_of(&self.ballast), eshrink_device(),
		   (unsigned long long)cached, (unsigned long long)shrunk);
	load_wait_go();
	soak(load_param_u64("writers"), load_param_u64("ballast-readers"));
}
