/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hog.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kfile.h"
#include "load.h"
#include "memcg.h"
#include "values.h"

#define MEMINFO "/proc/meminfo"
#define PAGE    4096ull
#define STEP    (1024 * 1024ull) /* between two looks at what is left */
#define MIB     (1024 * 1024ull)

/* What survives the process. */
struct hog_state {
	uint64_t held, cap;
};

struct body {
	const struct hog *hog;
	struct hog_state *state;
	volatile char *map;
	uint64_t random;
	bool told; /* that it holds less than it was told to */
};

/* How much more may be taken; negative: so much is to be given back. */
static int64_t room(const struct body *b)
{
	char text[16 * 1024], path[320];
	uint64_t available = 0, swap = 0, anon = 0;
	const struct hog *h = b->hog;

	if (kfile_read(MEMINFO, text, sizeof text) < 0 ||
	    !values_find(text, "MemAvailable", &available))
		return 0;
	if (h->use_swap && values_find(text, "SwapFree", &swap))
		available += swap;
	int64_t left = (int64_t)available - (int64_t)h->keep_free;
	if (!h->limit)
		return left;
	memcg_path("memory.stat", path, sizeof path);
	if (kfile_read(path, text, sizeof text) < 0 || !values_find(text, "anon", &anon))
		return 0;
	/* An eighth stays for the cache of what runs in there. */
	int64_t in_group = (int64_t)(h->limit - h->limit / 8) - (int64_t)anon;
	return in_group < left && !h->use_swap ? in_group : left;
}

static void give_back(struct body *b, uint64_t bytes)
{
	struct hog_state *s = b->state;
	uint64_t less = (bytes + STEP - 1) / STEP * STEP;

	if (less > s->held)
		less = s->held;
	s->held -= less;
	if (b->hog->lock)
		munlock((char *)b->map + s->held, less);
	madvise((char *)b->map + s->held, less, MADV_DONTNEED);
}

static bool take_step(struct body *b)
{
	struct hog_state *s = b->state;
	uint64_t more = s->cap - s->held < STEP ? s->cap - s->held : STEP;

	if (b->hog->lock && mlock((char *)b->map + s->held, more) < 0)
		return false;
	for (uint64_t i = 0; i < more; i += PAGE)
		b->map[s->held + i] = 1;
	s->held += more;
	return true;
}

/* Once as far as this goes, and again only after it has held all. */
static void tell_if_less(struct body *b)
{
	const struct hog_state *s = b->state;

	if (s->held >= b->hog->bytes) {
		b->told = false;
	} else if (!b->told) {
		b->told = true;
		load_note("the hog holds %llu of %llu MiB: more would not leave keep-free",
			  (unsigned long long)(s->held / MIB),
			  (unsigned long long)(b->hog->bytes / MIB));
	}
}

/* A step towards what it should hold, or back from what it may not. False: nothing to change. */
static bool adapt(struct body *b)
{
	int64_t left = room(b);

	if (left < 0) {
		give_back(b, (uint64_t)-left);
		tell_if_less(b);
		return false;
	}
	if (b->state->held >= b->state->cap)
		return false;
	bool taken = left >= (int64_t)(2 * STEP) && take_step(b);
	if (!taken || b->state->held >= b->hog->bytes)
		tell_if_less(b);
	return taken;
}

static uint64_t page_to_touch(struct body *b, uint64_t i)
{
	const uint64_t pages = b->state->held / PAGE;

	return b->hog->touch == TOUCH_RANDOM ? load_random_from(&b->random) % pages : i;
}

/* Every page once, or as many at random, with a look at the room after each MiB. */
static void pass(struct body *b)
{
	for (uint64_t i = 0; i < b->state->held / PAGE; i++) {
		b->map[page_to_touch(b, i) * PAGE]++;
		if (i % (STEP / PAGE) == 0)
			adapt(b);
	}
}

_Noreturn static void run(const struct hog *h)
{
	struct body b = { .hog = h, .state = h->state, .random = h->seed };
	void *map = mmap(NULL, h->bytes, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (map == MAP_FAILED)
		load_fail("no room for %llu MiB of addresses: %s",
			  (unsigned long long)(h->bytes / MIB), strerror(errno));
	madvise(map, h->bytes, MADV_NOHUGEPAGE);
	b.map = map;
	for (;;) {
		while (adapt(&b))
			;
		if (h->touch != TOUCH_ONCE)
			pass(&b);
		load_pause(h->pause_ns ? h->pause_ns : 1000000);
	}
}

static void spawn(struct hog *h)
{
	h->state->held = 0;
	h->pid = fork();
	if (h->pid < 0)
		load_fail("no process for the hog: %s", strerror(errno));
	if (h->pid > 0)
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NAME, "hog");
	kfile_write("/proc/self/oom_score_adj", "1000");
	run(h);
}

void hog_prove(const struct hog *h)
{
	uint64_t all = values_get(MEMINFO, "MemTotal");
	const uint64_t swap = h->use_swap ? values_get(MEMINFO, "SwapTotal") : 0;
	char *page;

	if (!h->bytes)
		return;
	if (h->bytes > all + swap)
		load_fail("%llu MiB of anonymous memory are more than the guest's %llu MiB and "
			  "%llu MiB of swap",
			  (unsigned long long)(h->bytes / MIB), (unsigned long long)(all / MIB),
			  (unsigned long long)(swap / MIB));
	page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (page == MAP_FAILED || (h->lock && mlock(page, PAGE) < 0))
		load_fail("mlock: %s", strerror(errno));
	munmap(page, PAGE);
}

void hog_start(struct hog *h)
{
	if (!h->bytes)
		return;
	h->state = mmap(NULL, sizeof *h->state, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			-1, 0);
	if (h->state == MAP_FAILED)
		load_fail("shared memory: %s", strerror(errno));
	h->state->cap = h->bytes;
	spawn(h);
}

void hog_tend(struct hog *h)
{
	int status;

	if (h->pid <= 0 || waitpid(h->pid, &status, WNOHANG) != h->pid)
		return;
	if (!WIFSIGNALED(status))
		load_fail("the hog ended with status %d", WEXITSTATUS(status));
	h->state->cap = h->state->held / 4 * 3 / STEP * STEP + STEP;
	load_note("the hog was killed by signal %d at %llu MiB; the next holds %llu at most",
		  WTERMSIG(status), (unsigned long long)(h->state->held / MIB),
		  (unsigned long long)(h->state->cap / MIB));
	spawn(h);
}
