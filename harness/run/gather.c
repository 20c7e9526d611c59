/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "run/gather.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/fs.h"
#include "base/json.h"

#define LOOK_NS  (250 * NS_PER_MS)  /* between two looks at a rung */
#define QUIET_NS (1500 * NS_PER_MS) /* the console has said all it had to say */
#define DUMP_NS  (300 * NS_PER_S)   /* a dump blocks as long as this */
#define DIR_NAME "evidence"
enum { REGISTER_READS = 3 };

enum rung {
#define RUNG(id, name, limit, sentence) RUNG_##id,
#include "run/rungs.def"
#undef RUNG
	RUNG_COUNT
};

struct gather {
	struct gather_env env;
	void (*done)(void *arg);
	void *arg;
	int dir; /* evidence/; -1: it could not be made */
	struct loop_source *timer;
	json_t *ledger;

	enum rung rung;
	uint64_t began_ns, began_bytes; /* of this rung */
	uint64_t bytes, sound_ns;       /* of the console: how many, and when the last came */
	unsigned reads;
	struct err why; /* of this rung's failure; code 0: none */
};

static uint64_t now(const struct gather *g)
{
	return loop_now(g->env.loop);
}

static bool failed(const struct gather *g)
{
	return g->why.code != 0;
}

static bool quiet(const struct gather *g)
{
	return now(g) >= MAX(g->sound_ns, g->began_ns) + QUIET_NS;
}

/* ---- the rungs: wanted() says whether, look() begins and goes on with it until it is done ---- */

static bool always(const struct gather *g)
{
	(void)g;
	return true;
}

static void append(struct gather *g, const char *name, const struct buf *text)
{
	_cleanup_close_ int fd =
		openat(g->dir, name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	int r = fd < 0 ? -errno : fs_write_all(fd, text->data, text->len);

	if (r < 0)
		err_set(&g->why, -r, "cannot write " DIR_NAME "/%s: %s", name, strerror(-r));
}

static bool read_registers(struct gather *g)
{
	_cleanup_buf_ struct buf text = BUF_INIT;

	buf_printf(&text, "# reading %u, at %llu ns\n", g->reads + 1, (unsigned long long)now(g));
	if (vm_monitor(g->env.vm, "info registers -a", &text, &g->why) == 0)
		append(g, "registers.txt", &text);
	return ++g->reads == REGISTER_READS;
}

static bool hangs_with_agent(const struct gather *g)
{
	return g->env.hang && g->env.agent;
}

/* The tasks' stacks (t) come last: they are the longest. */
static bool ask_sysrq(struct gather *g)
{
	static const char line[] = "sysrq keys=lwmt\n";

	if (g->reads++ == 0 && vm_send(g->env.vm, line, sizeof(line) - 1) < 0)
		err_set(&g->why, EPIPE, "the agent's channel does not take our words");
	return quiet(g);
}

static bool hangs_without_agent(const struct gather *g)
{
	return g->env.hang && !g->env.agent;
}

static bool send_nmi(struct gather *g)
{
	if (g->reads++ == 0)
		vm_nmi(g->env.vm, &g->why);
	return quiet(g);
}

static bool wants_memory(const struct gather *g)
{
	enum dump_when when = g->env.settings->evidence.dump;

	return when == DUMP_FAILURES || (when == DUMP_HANGS && g->env.silent);
}

static bool dump_memory(struct gather *g)
{
	const char *console = g->env.console, *slash = strrchr(console, '/');
	_cleanup_free_
	char *path = xasprintf("%.*s" DIR_NAME "/memory.kdump",
			       slash ? (int)(slash - console) + 1 : 0, console);
	uint64_t most = g->env.settings->evidence.dump_max;

	if (g->env.settings->guest.memory_bytes > most)
		err_set(&g->why, EFBIG, "the guest has %llu MiB, evidence.dump-max is %llu MiB",
			(unsigned long long)(g->env.settings->guest.memory_bytes >> 20),
			(unsigned long long)(most >> 20));
	else
		vm_dump(g->env.vm, path, DUMP_NS, &g->why);
	return true;
}

static const struct {
	const char *name;
	uint64_t limit_ns;
	bool (*wanted)(const struct gather *g);
	bool (*look)(struct gather *g);
	const char *file; /* NULL: what it brings stands on the console */
} rungs[RUNG_COUNT] = {
#define RUNG(id, name, limit, sentence) [RUNG_##id] = { name, limit, RUNG_OF_##id },
#define RUNG_OF_REGISTERS               always, read_registers, "registers.txt"
#define RUNG_OF_SYSRQ                   hangs_with_agent, ask_sysrq, NULL
#define RUNG_OF_NMI                     hangs_without_agent, send_nmi, NULL
#define RUNG_OF_MEMORY                  wants_memory, dump_memory, "memory.kdump"
#include "run/rungs.def"
#undef RUNG
};

/* ---- the ladder ---- */

static void write_ledger(struct gather *g)
{
	_cleanup_json_ json_t *o = json_object();

	json_object_set(o, "rungs", g->ledger);
	if (g->dir >= 0)
		json_write(g->dir, "ledger.json", o, NULL); /* its lack costs the ledger only */
}

static void enter_in_ledger(struct gather *g)
{
	const char *file = rungs[g->rung].file;
	json_t *o = json_object();

	json_set_str(o, "rung", rungs[g->rung].name);
	json_set_bool(o, "ok", !failed(g));
	if (failed(g))
		json_set_str(o, "why", g->why.msg);
	json_set_u64(o, "at_ns", g->began_ns);
	json_set_u64(o, "took_ns", now(g) - g->began_ns);
	if (file)
		json_set_str(o, "file", file);
	else
		json_set_u64(o, "console_from", g->began_bytes);
	if (!file)
		json_set_u64(o, "console_to", g->bytes);
	json_array_append_new(g->ledger, o);
	write_ledger(g);
}

static void on_look(void *arg);

/* From `at` on, the next rung that is wanted. */
static void begin(struct gather *g, enum rung at)
{
	while (at < RUNG_COUNT && !rungs[at].wanted(g))
		at++;
	g->rung = at;
	g->began_ns = now(g);
	g->began_bytes = g->bytes;
	g->reads = 0;
	g->why = (struct err){ 0 };
	g->timer = loop_add_timer(g->env.loop, g->began_ns, on_look, g);
}

static void on_look(void *arg)
{
	struct gather *g = arg;
	bool over;

	g->timer = NULL;
	if (g->rung == RUNG_COUNT) {
		g->done(g->arg); /* may free g */
		return;
	}
	over = rungs[g->rung].look(g);
	if (!over && !failed(g) && now(g) >= g->began_ns + rungs[g->rung].limit_ns)
		err_set(&g->why, ETIMEDOUT, "not done after %llu s",
			(unsigned long long)(rungs[g->rung].limit_ns / NS_PER_S));
	if (over || failed(g)) {
		enter_in_ledger(g);
		begin(g, g->rung + 1);
		return;
	}
	g->timer = loop_add_timer(g->env.loop, now(g) + LOOK_NS, on_look, g);
}

struct gather *gather_start(const struct gather_env *env, void (*done)(void *arg), void *arg)
{
	struct gather *g = xcalloc(1, sizeof(*g));

	g->env = *env;
	g->done = done;
	g->arg = arg;
	g->bytes = env->console_bytes;
	g->sound_ns = loop_now(env->loop);
	g->ledger = json_array();
	mkdirat(env->dirfd, DIR_NAME, 0755);
	g->dir = openat(env->dirfd, DIR_NAME, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	begin(g, (enum rung)0);
	return g;
}

void gather_console(struct gather *g, uint64_t end)
{
	g->bytes = end;
	g->sound_ns = now(g);
}

struct gather *gather_free(struct gather *g)
{
	if (!g)
		return NULL;
	if (g->timer && g->rung < RUNG_COUNT) {
		err_set(&g->why, ECANCELED, "it was broken off");
		enter_in_ledger(g);
	}
	loop_remove(g->env.loop, g->timer);
	if (g->dir >= 0)
		close(g->dir);
	json_decref(g->ledger);
	free(g);
	return NULL;
}
