/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/loads.h"

#include "base/buf.h"
#include "base/clock.h"
#include "model/units.h"

#define SECOND NS_PER_S
#define MICRO  UINT64_C(1000000) /* of a rate: its unit */

static const struct load_param fib_rebalance[] = {
	{ "pause", PARAM_DURATION, "300ms", 0, 3600 * SECOND,
	  "between two route replaces, on average (half to one and a half times as long)" },
	{ "toggle", PARAM_BOOL, "yes", 0, 1,
	  "also write ignore_routes_with_linkdown, the other half of the race (no: the "
	  "mitigation)" },
	{ 0 },
};

static const struct load_param team_mode[] = {
	{ "pause", PARAM_DURATION, "100ms", 0, 3600 * SECOND,
	  "between two changes of the mode, on average (half to one and a half times as long)" },
	{ "senders", PARAM_COUNT, "1", 1, 64, "threads that send frames through the team" },
	{ 0 },
};

static const struct load_param team_mtu[] = {
	{ "pause", PARAM_DURATION, "1s", 0, 3600 * SECOND,
	  "between two moves of the port, on average (half to one and a half times as long)" },
	{ "mtu", PARAM_COUNT, "1499", 68, 65535, "of the port; the team's is 1500" },
	{ 0 },
};

static const struct load_param mirred_loop[] = {
	{ "pause", PARAM_DURATION, "300ms", 0, 3600 * SECOND,
	  "between two datagrams, on average (half to one and a half times as long)" },
	{ 0 },
};

static const struct load_param overcopy[] = {
	{ "fs", PARAM_CHOICE, "overfs", 0, 0,
	  "what is copied to: overfs over FUSE; ext4 on a loop device whose file runs out of room; "
	  "ext4 on a device that fails (dm-error) or forgets what is written (dm-flakey) beyond "
	  "the capacity",
	  "overfs loop dm-error dm-flakey" },
	{ "dir", PARAM_TEXT, "/run/overcopy", 0, 0, "folder where all of it is made" },
	{ "capacity", PARAM_SIZE, "32MiB", 1 << 20, 1ull << 40,
	  "what it holds (of overfs: little memory; else: memory of the guest)" },
	{ "percent", PARAM_COUNT, "140", 1, 1000, "size of a copy, in percent of the capacity" },
	{ "how", PARAM_CHOICE, "file", 0, 0,
	  "one file by write(), a tree of files of 64 KiB, one file by mmap() or with O_DIRECT",
	  "file tree mmap direct" },
	{ "fsync", PARAM_BOOL, "yes", 0, 1, "the copier calls fsync() before close()" },
	{ "sync", PARAM_BOOL, "yes", 0, 1,
	  "call sync() and syncfs() after each copy, and tell what they say" },
	{ "policy", PARAM_CHOICE, "enospc", 0, 0,
	  "of overfs, with writes that do not fit: refuse them; hold them until there is room; "
	  "answer nothing any more; say yes and forget them; refuse them and all that follows",
	  "enospc eio retry stall drop fail-all" },
	{ "writeback", PARAM_BOOL, "yes", 0, 1,
	  "of overfs: the page cache accepts writes, so that the refusal comes after write()" },
	{ "statfs", PARAM_CHOICE, "true", 0, 0,
	  "of overfs: how much room it says it has (lies: all is free)", "true lies" },
	{ "latency", PARAM_DURATION, "0s", 0, 60 * SECOND,
	  "of overfs: of each read and each write of up to 128 KiB, one after the other" },
	{ "loose", PARAM_BOOL, "no", 0, 1,
	  "of overfs: may fill the page cache as a disk may (max_ratio 100, strict_limit 0)" },
	{ "errors", PARAM_CHOICE, "continue", 0, 0, "of ext4: what it does on errors",
	  "continue remount-ro panic" },
	{ "overdue", PARAM_DURATION, "10s", 100 * NS_PER_MS, 3600 * SECOND,
	  "a call that gets nowhere for half as long again is stuck" },
	{ "release", PARAM_BOOL, "no", 0, 1,
	  "of overfs: end the server when a copy is stuck, and go on with the next one, instead of "
	  "failing the trial" },
	{ "checkin", PARAM_TEXT, "", 0, 0,
	  "folder on another file system, where each second a file is written and fsynced; that "
	  "it does not come back is overdue, too (nothing: not done)" },
	{ "tell-loss", PARAM_BOOL, "no", 0, 1,
	  "a silent loss is written to the kernel's log, for the scenario's `detect`" },
	{ "pause", PARAM_DURATION, "100ms", 0, 3600 * SECOND,
	  "between two copies, on average (half to one and a half times as long)" },
	{ 0 },
};

static const struct load_need overcopy_needs[] = {
	{ "fs", "overfs", "fuse", "" },
	{ "fs", "loop", "ext4 loop", "mke2fs" },
	{ "fs", "dm-error", "ext4 loop dm_mod", "mke2fs" },
	{ "fs", "dm-flakey", "ext4 loop dm_flakey", "mke2fs" },
	{ 0 },
};

static const struct load_param fsnotify_churn[] = {
	{ "dir", PARAM_TEXT, "/run/fsnotify", 0, 0,
	  "folder for the files; a tmpfs if not a disk's" },
	{ "directories", PARAM_COUNT, "4", 1, 1024, "directories with files" },
	{ "files", PARAM_COUNT, "4", 1, 1024, "files in each; few are met often" },
	{ "threads", PARAM_COUNT, "2", 1, 64,
	  "threads that write, rename, link and delete the files" },
	{ "watchers", PARAM_COUNT, "4", 1, 64, "threads that add and remove watches" },
	{ "rate", PARAM_RATE, "5000/s", 1000000, 100000000000,
	  "watch operations of all watchers together, at most" },
	{ "fanotify", PARAM_BOOL, "yes", 0, 1, "half of the watches are fanotify marks" },
	{ "mounts", PARAM_BOOL, "yes", 0, 1,
	  "a thread mounts over a watched directory, and unmounts" },
	{ "swaps", PARAM_BOOL, "yes", 0, 1,
	  "a thread swaps links as Kubernetes does with config maps" },
	{ 0 },
};

static const struct load_param stress_ng[] = {
	{ "args", PARAM_LIST, NULL, 0, 0, "the command line of stress-ng, word by word",
	  .example = "[--vm, \"2\", --vm-bytes, 80%]" },
	{ 0 },
};

static const struct load_param shell[] = {
	{ "setup", PARAM_TEXT, "", 0, 0, "a script that must end with 0 before the soak begins" },
	{ "script", PARAM_TEXT, NULL, 0, 0,
	  "the work, for /bin/sh of busybox; a line `count N` on its stdout is progress, `finding "
	  "NAME` what an attempt came to",
	  .example = "\"n=0; while sleep 1; do n=$((n + 1)); echo count $n; done\"" },
	{ "modules", PARAM_LIST, "", 0, 0, "kernel modules that are loaded before setup" },
	{ "programs", PARAM_LIST, "", 0, 0,
	  "host programs to copy into the image; they go before busybox's applets of that name" },
	{ 0 },
};

static const struct load_param container_churn[] = {
	{ "runtime", PARAM_CHOICE, "native", 0, 0,
	  "who makes the containers: native, by system calls; crun or podman, of the image "
	  "containers (podman has its own network: hairpin, half-closed and ipv6 have to be no)",
	  "native crun podman" },
	{ "rate", PARAM_RATE, "4/s", MICRO / 10, 1000 * MICRO,
	  "containers begun, by all workers together; more than the guest can do is what it can",
	  .tunable = true },
	{ "parallel", PARAM_COUNT, "2", 1, 64, "containers at a time" },
	{ "lifetime", PARAM_DURATION, "100ms", 0, 3600 * SECOND,
	  "of a container after its work, on average (half to one and a half times as long)" },
	{ "delay", PARAM_DURATION, "0s", 0, 600 * SECOND,
	  "between a container's end and the deletion of its network (a mitigation)" },
	{ "serialise", PARAM_BOOL, "no", 0, 1, "one deletion at a time (a mitigation)" },
	{ "kill", PARAM_BOOL, "yes", 0, 1,
	  "end a container by SIGKILL while it is busy (no: it closes its sockets and exits)" },
	{ "unlink", PARAM_BOOL, "yes", 0, 1,
	  "delete the veth by its host end first, as engines do (no: it goes with its namespace)" },
	{ "hairpin", PARAM_BOOL, "yes", 0, 1,
	  "each container connects to its own service address, through the bridge and back" },
	{ "promiscuous", PARAM_BOOL, "no", 0, 1, "the bridge in promiscuous mode (a mitigation)" },
	{ "ipv6", PARAM_BOOL, "yes", 0, 1,
	  "two IPv6 addresses under duplicate address detection, one the same in all (no: IPv6 is "
	  "off, a mitigation)" },
	{ "half-closed", PARAM_BOOL, "yes", 0, 1,
	  "two half-closed connections with unread data at the container's end" },
	{ "orphan-retries", PARAM_COUNT, "1", 0, 15,
	  "of a dead container's connections, which keep its network namespace (0: the kernel's "
	  "8, a minute and more)" },
	{ "udp-burst", PARAM_COUNT, "16", 0, 10000,
	  "datagrams of 1000 bytes in a burst, again and again until the end" },
	{ "execs", PARAM_COUNT, "1", 0, 1000, "programs executed in each container" },
	{ "user-namespace", PARAM_BOOL, "no", 0, 1, "a user namespace for each container, too" },
	{ "memory", PARAM_SIZE, "16MiB", 0, 1ull << 40,
	  "limit of each container, 0B for none; any limit turns the memory controller on for "
	  "the whole guest" },
	{ "pids", PARAM_COUNT, "64", 0, 1000000, "limit of each container, 0 for none" },
	{ "check", PARAM_DURATION, "1m", 0, 86400 * SECOND,
	  "between two looks at what the containers left behind, none of them running; 0s never" },
	{ "probe", PARAM_DURATION, "5s", 0, 3600 * SECOND,
	  "between two attempts to make a namespace, a link, and to load a module; 0s none" },
	{ "probe-deadline", PARAM_DURATION, "30s", SECOND, 86400 * SECOND,
	  "for these, for each step of a container, and for what is left to go: later is the "
	  "failure probe-overdue" },
	{ 0 },
};

#define TIB (1ull << 40)

#define WEIGHT(key, fallback, what)                                                                \
	{                                                                                          \
		key, PARAM_COUNT, fallback, 0, 1000, "weight in the writers' mix: " what           \
	}

static const struct load_param ext4_extents[] = {
	{ "dir", PARAM_TEXT, "/data", 0, 0, "folder for the files, on ext4" },
	{ "hot-files", PARAM_COUNT, "8", 1, 4096, "files that the writers change" },
	{ "hot-extents", PARAM_COUNT, "64", 2, 65536,
	  "extents of a hot file when it is made; few make its tree easy to meet" },
	{ "ballast-files", PARAM_COUNT, "24", 0, 4096,
	  "files that are only read: their extents make the shrinker run often" },
	{ "ballast-extents", PARAM_COUNT, "2048", 2, 1 << 20, "extents of a ballast file" },
	{ "writers", PARAM_COUNT, "3", 1, 64, "threads that work on the hot files" },
	{ "pause", PARAM_DURATION, "0s", 0, 3600 * SECOND,
	  "rest of a writer after each operation" },
	WEIGHT("write", "30", "write of a block"),
	WEIGHT("allocate", "15", "fallocate() of a block"),
	WEIGHT("punch", "35", "a hole of a block"),
	WEIGHT("insert", "2", "FALLOC_FL_INSERT_RANGE of a block"),
	WEIGHT("collapse", "2", "FALLOC_FL_COLLAPSE_RANGE of a block"),
	WEIGHT("flush", "1", "writing a file out"),
	WEIGHT("fiemap", "5", "FIEMAP of 512 blocks"),
	WEIGHT("seek", "10", "SEEK_HOLE or SEEK_DATA"),
	{ "ballast-readers", PARAM_COUNT, "1", 0, 64,
	  "threads that read the ballast's extents (FIEMAP), file by file" },
	{ "ballast-pause", PARAM_DURATION, "10ms", 0, 3600 * SECOND,
	  "rest of a ballast reader after each file" },
	{ 0 },
};

static const struct load_param memory_pressure[] = {
	{ "dir", PARAM_TEXT, "/data", 0, 0,
	  "folder for the sparse files, on a file system with a page cache (not tmpfs)" },
	{ "page-cache", PARAM_SIZE, "1GiB", 0, 16 * TIB,
	  "size of the sparse files that are read over and over; more than memory: all of it "
	  "churns" },
	{ "readers", PARAM_COUNT, "1", 1, 64, "threads that read, each a file of its own" },
	{ "read-pause", PARAM_DURATION, "0s", 0, 3600 * SECOND,
	  "rest of a reader after each 64KiB" },
	{ "anonymous", PARAM_SIZE, "0B", 0, 16 * TIB,
	  "anonymous memory that a process of its own holds; less where more would not leave "
	  "keep-free" },
	{ "anonymous-percent", PARAM_COUNT, "0", 0, 95,
	  "the same in percent of the guest's memory, and added to it" },
	{ "touch", PARAM_CHOICE, "sequential", 0, 0,
	  "how it is used: when it is taken and not again, page by page, or at random",
	  "once sequential random" },
	{ "touch-pause", PARAM_DURATION, "20ms", 0, 3600 * SECOND,
	  "rest between two passes over it" },
	{ "mlock", PARAM_BOOL, "no", 0, 1, "lock it: neither reclaimed nor swapped out" },
	{ "keep-free", PARAM_SIZE, "24MiB", 1 << 20, 16 * TIB,
	  "what the anonymous memory leaves of MemAvailable, and of free swap where it may use "
	  "it" },
	{ "memcg-max", PARAM_SIZE, "0B", 0, 16 * TIB,
	  "hard limit of the load's own cgroup (memory.max); 0B: none" },
	{ "memcg-high", PARAM_SIZE, "0B", 0, 16 * TIB,
	  "soft limit of the load's own cgroup (memory.high); 0B: none" },
	{ "swap", PARAM_CHOICE, "allow", 0, 0,
	  "whether the guest's swap is used as it is (`allow`), must be there (`require`), or is "
	  "not for this load (`forbid`)",
	  "allow require forbid" },
	{ "count", PARAM_CHOICE, "kswapd", 0, 0,
	  "whose scanning is its work: of kswapd alone, of direct reclaim too (`all`), or "
	  "anybody's in the load's own cgroup (`memcg`)",
	  "kswapd all memcg" },
	{ 0 },
};

static const struct load_param stack[] = {
	{ "clients", PARAM_COUNT, "2", 1, 256, "that ask for pages, each one after another" },
	{ "pause", PARAM_DURATION, "0s", 0, 3600 * SECOND, "rest of a client between two pages" },
	{ "write", PARAM_SIZE, "200B", 0, 60000,
	  "of the row that each page writes into the database; 0B: pages only read it" },
	{ 0 },
};

static const struct load_def loads[] = {
	{ "fib-rebalance", "replaces",
	  "replaces a two-path route while the rule for dead next hops is toggled (divide error in "
	  "fib_rebalance)",
	  "veth", "", 2, fib_rebalance, .capabilities = "veth multipath" },
	{ "team-mode", "mode changes",
	  "changes a team device's mode while frames are sent through it",
	  "team team_mode_roundrobin team_mode_broadcast team_mode_activebackup team_mode_random",
	  "", 2, team_mode, .capabilities = "team" },
	{ "team-mtu", "moves",
	  "moves a team's port to a network namespace and deletes it there (a reference is lost)",
	  "team dummy", "", 1, team_mtu },
	{ "mirred-loop", "datagrams",
	  "sends through a device that redirects its output to itself (a lock is taken twice)",
	  "dummy sch_htb cls_matchall act_mirred", "", 2, mirred_loop, .capabilities = "mirred" },
	{ "container-churn", "deletions",
	  "creates containers (namespaces, control group, overlay, veth in a bridge), executes in "
	  "them and deletes them, at a rate; tries what must always be possible",
	  "veth bridge overlay ip_tables", "", 1, container_churn,
	  .capabilities = "namespaces overlayfs veth bridge cgroup-memory" },
	{ "overcopy", "bytes",
	  "copies more than fits, and tells who learnt of it, where, and what hangs or is lost", "",
	  "", 1, overcopy, .need = overcopy_needs },
	{ "fsnotify-churn", "watch operations",
	  "adds and removes watches of inodes that others change, mount over and swap", "", "", 2,
	  fsnotify_churn, .capabilities = "inotify" },
	{ "stress-ng", "cpu-ms",
	  "any stressors of stress-ng(1); its work is the CPU time they used", "", "stress-ng", 1,
	  stress_ng },
	{ "ext4-extents", "extents shrunk",
	  "changes the extents of small ext4 files while much ballast keeps the shrinker of cached "
	  "extents at work; needs memory pressure beside it",
	  "", "", 2, ext4_extents },
	{ "memory-pressure", "pages scanned",
	  "page cache that is read through, anonymous memory, limits of a cgroup: each can be off",
	  "", "", 1, memory_pressure },
	{ "stack", "requests answered",
	  "MariaDB, redis, PHP and nginx in containers of podman's, and clients that ask for pages",
	  "", "", 1, stack, true },
	{ "shell", "counts", "a script written in the scenario", "", "", 1, shell },
};

bool load_param_allows(const struct load_param *p, const char *word)
{
	const size_t n = strlen(word);

	for (const char *w = p->words; *w; w += strcspn(w, " "), w += *w == ' ')
		if (n > 0 && strcspn(w, " ") == n && memcmp(w, word, n) == 0)
			return true;
	return false;
}

/* "a, b or c" from "a b c" */
static void put_words(struct buf *out, const char *words)
{
	for (const char *w = words; *w;) {
		const size_t n = strcspn(w, " ");

		buf_puts(out, w == words ? "" : w[n] ? ", " : " or ");
		buf_append(out, w, n);
		w += n + (w[n] == ' ');
	}
}

char *load_param_range(const struct load_param *p)
{
	char a[UNIT_TEXT], b[UNIT_TEXT];
	struct buf out = BUF_INIT;

	switch (p->type) {
	case PARAM_DURATION:
		buf_printf(&out, "%s to %s", duration_format(a, p->min),
			   duration_format(b, p->max));
		break;
	case PARAM_SIZE:
		buf_printf(&out, "%s to %s", size_format(a, p->min), size_format(b, p->max));
		break;
	case PARAM_COUNT:
		buf_printf(&out, "%llu to %llu", (unsigned long long)p->min,
			   (unsigned long long)p->max);
		break;
	case PARAM_RATE:
		buf_printf(&out, "%s to %s", rate_format(a, (double)p->min / 1e6),
			   rate_format(b, (double)p->max / 1e6));
		break;
	case PARAM_CHOICE: put_words(&out, p->words); break;
	case PARAM_BOOL:
	case PARAM_TEXT:
	case PARAM_LIST: break;
	}
	return buf_steal(&out);
}

const struct load_def *load_nth(size_t i)
{
	return i < ARRAY_SIZE(loads) ? &loads[i] : NULL;
}

const struct load_def *load_by_name(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(loads); i++)
		if (str_eq(loads[i].name, name))
			return &loads[i];
	return NULL;
}
