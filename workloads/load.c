/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "load.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "wire.h"

#define TENTH_NS 100000000ull

static struct {
	int argc;
	char **argv;
	uint64_t random;
} self;

static struct {
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool flusher; /* the thread is running */
	uint64_t now, printed;
	uint64_t printed_at_ns;
} counter = { .lock = PTHREAD_MUTEX_INITIALIZER };

uint64_t load_now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000ull + (uint64_t)t.tv_nsec;
}

/* Call with the lock held. */
static void print_count(uint64_t at_ns)
{
	char line[32];
	int n = snprintf(line, sizeof line, "count %llu\n", (unsigned long long)counter.now);

	counter.printed = counter.now;
	counter.printed_at_ns = at_ns;
	if (write(STDOUT_FILENO, line, (size_t)n) < 0)
		_exit(1);
}

/* A load that ends, well or not, has told all that it counted. */
static void flush_count(void)
{
	pthread_mutex_lock(&counter.lock);
	if (counter.now != counter.printed)
		print_count(load_now_ns());
	pthread_mutex_unlock(&counter.lock);
}

/* One write a line, so that lines of several threads do not mix; longer ones are cut. */
static void say(const char *word, const char *fmt, va_list ap)
{
	char line[1024];
	int n = snprintf(line, sizeof line, "%s ", word);

	vsnprintf(line + n, sizeof line - (size_t)n - 1, fmt, ap);
	for (char *p = line; *p; p++)
		if (*p == '\n')
			*p = ' ';
	strcat(line, "\n");
	if (write(STDOUT_FILENO, line, strlen(line)) < 0)
		_exit(1); /* the agent is gone */
}

void load_armed(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say("armed", fmt, ap);
	va_end(ap);
}

void load_note(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say("note", fmt, ap);
	va_end(ap);
}

static void say_fmt(const char *word, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void say_fmt(const char *word, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(word, fmt, ap);
	va_end(ap);
}

void load_overdue(const char *name, uint64_t waited_ns)
{
	say_fmt("overdue", "%s %llu", name, (unsigned long long)(waited_ns / 1000000));
}

void load_finding(const char *name)
{
	say_fmt("finding", "%s 1", name);
}

void load_fail(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	flush_count();
	say("fail", fmt, ap);
	va_end(ap);
	_exit(1);
}

static const char *find_param(const char *key)
{
	size_t n = strlen(key);

	for (int i = 1; i < self.argc; i++)
		if (strncmp(self.argv[i], key, n) == 0 && self.argv[i][n] == '=')
			return self.argv[i] + n + 1;
	return NULL;
}

bool load_has_param(const char *key)
{
	return find_param(key) != NULL;
}

const char *load_param_text(const char *key)
{
	const char *value = find_param(key);

	if (!value)
		load_fail("the parameter `%s` is missing", key);
	return value;
}

uint64_t load_param_u64(const char *key)
{
	uint64_t v;

	if (wire_number(load_param_text(key), &v) < 0)
		load_fail("the parameter `%s=%s` is not a number", key, load_param_text(key));
	return v;
}

bool load_param_bool(const char *key)
{
	uint64_t v = load_param_u64(key);

	if (v > 1)
		load_fail("the parameter `%s=%s` is neither 0 nor 1", key, load_param_text(key));
	return v;
}

void load_init(int argc, char **argv)
{
	self.argc = argc;
	self.argv = argv;
	atexit(flush_count);
	for (int i = 1; i < argc; i++) {
		char *value = strchr(argv[i], '=');
		if (!value || wire_decode(value + 1) < 0)
			load_fail("the argument `%s` is not key=value", argv[i]);
	}
	self.random = load_has_param("seed") ? load_param_u64("seed") : 0;
	for (const char *p = argv[0]; *p; p++)
		self.random = (self.random ^ (unsigned char)*p) * 0x100000001b3ull;
}

uint64_t load_random_from(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15ull;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

uint64_t load_random(void)
{
	return load_random_from(&self.random);
}

/* ---- what the agent says ---- */

#define TUNABLES 4

static struct {
	struct tunable {
		const char *key;
		void (*fn)(void *arg, uint64_t value);
		void *arg;
	} item[TUNABLES];
	size_t n;
} tunables;

void load_tunable(const char *key, void (*fn)(void *arg, uint64_t value), void *arg)
{
	if (tunables.n == TUNABLES)
		load_fail("`%s` is one tunable parameter too many", key);
	tunables.item[tunables.n++] = (struct tunable){ key, fn, arg };
	say_fmt("tunable", "%s", key);
}

/* One line without its newline; false at the end, which is the agent's. */
static bool hear(char *line, size_t size)
{
	for (size_t n = 0; n < size;) {
		ssize_t r = read(STDIN_FILENO, line + n, 1);

		if (r < 0 && errno == EINTR)
			continue;
		if (r <= 0)
			return false;
		if (line[n++] != '\n')
			continue;
		line[n - 1] = 0;
		return true;
	}
	return false;
}

/* "KEY VALUE" */
static bool tune(const char *words)
{
	const size_t n = strcspn(words, " ");
	uint64_t v;

	if (!words[n] || wire_number(words + n + 1, &v) < 0)
		return false;
	for (size_t i = 0; i < tunables.n; i++)
		if (strlen(tunables.item[i].key) == n &&
		    memcmp(tunables.item[i].key, words, n) == 0) {
			tunables.item[i].fn(tunables.item[i].arg, v);
			return true;
		}
	return false;
}

static void *listen_to_agent(void *arg)
{
	char line[128];

	(void)arg;
	while (hear(line, sizeof line))
		if (strncmp(line, "tune ", 5) != 0 || !tune(line + 5))
			load_note("not understood: %s", line);
	return NULL;
}

void load_wait_go(void)
{
	pthread_t thread;
	char line[128];

	do {
		if (!hear(line, sizeof line))
			_exit(1);
	} while (strncmp(line, "tune ", 5) == 0 && tune(line + 5));
	if (strcmp(line, "go") != 0)
		load_fail("expected `go` on stdin");
	if (tunables.n && pthread_create(&thread, NULL, listen_to_agent, NULL) != 0)
		load_fail("no thread to listen to the agent");
}

void load_pause(uint64_t ns)
{
	struct timespec t = { .tv_sec = (time_t)(ns / 1000000000ull),
			      .tv_nsec = (long)(ns % 1000000000ull) };

	while (ns && clock_nanosleep(CLOCK_MONOTONIC, 0, &t, &t) == EINTR)
		;
}

void load_pause_about(uint64_t ns)
{
	load_pause(ns ? ns / 2 + load_random() % ns : 0);
}

/* Prints what a fast loop counted since its last line, even when that loop hangs from then on. */
static void *flush_counts(void *arg)
{
	(void)arg;
	pthread_mutex_lock(&counter.lock);
	for (;;) {
		while (counter.now == counter.printed)
			pthread_cond_wait(&counter.wake, &counter.lock);
		uint64_t due_ns = counter.printed_at_ns + TENTH_NS;
		uint64_t now_ns = load_now_ns();
		if (now_ns >= due_ns) {
			print_count(now_ns);
			continue;
		}
		pthread_mutex_unlock(&counter.lock);
		load_pause(due_ns - now_ns);
		pthread_mutex_lock(&counter.lock);
	}
	return NULL;
}

static void start_flusher(void)
{
	pthread_t thread;

	counter.flusher = pthread_create(&thread, NULL, flush_counts, NULL) == 0;
	if (!counter.flusher)
		load_fail("no thread for the counter");
}

void load_count(uint64_t n)
{
	pthread_mutex_lock(&counter.lock);
	if (!counter.flusher)
		start_flusher();
	if (n > counter.now) {
		bool idle = counter.now == counter.printed;
		uint64_t now_ns = load_now_ns();

		counter.now = n;
		if (now_ns - counter.printed_at_ns >= TENTH_NS)
			print_count(now_ns);
		else if (idle)
			pthread_cond_signal(&counter.wake);
	}
	pthread_mutex_unlock(&counter.lock);
}
