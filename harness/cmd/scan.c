/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * kernsoak scan: what a console log tells, with the code that watches live guests. Reads in one
 * pass; keeps the last bytes to show reports from, and the sightings of which repeats may come.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/str.h"
#include "cmd/cmd.h"
#include "detect/compat.h"
#include "detect/detector.h"
#include "detect/signatures.h"
#include "model/scenario.h"

enum {
	CHUNK = 128 << 10,
	TAIL = 512 << 10, /* raw bytes kept to show a report from */
	HELD_MAX = 32,    /* sightings held back until their repeats are counted */
};

struct held {
	uint64_t serial;
	struct sighting s;
};

struct scan {
	const char *name;
	bool json;
	unsigned found; /* of severity crash or worse, and not ignored */
	struct scenario scenario;
	const struct detection *detect; /* of it; NULL: none was named */
	struct buf tail;
	uint64_t tail_offset; /* of tail.data[0] in the log */
	struct held *held;
	size_t n_held;
};

static void print_json(const struct scan *sc, const struct sighting *s)
{
	_cleanup_json_ json_t *o = sighting_to_json(s);
	char type[COMPAT_TYPE_LEN];
	_cleanup_free_
	char *text = NULL;

	compat_type(s, type);
	json_set_str(o, "file", sc->name);
	json_set_str(o, "frame", s->function);
	json_set_str(o, "type", type);
	text = json_dumps(o, JSON_COMPACT);
	puts(text);
}

static void release(struct scan *sc, size_t i)
{
	if (sc->json)
		print_json(sc, &sc->held[i].s);
	else if (sc->held[i].s.repeats > 0)
		printf("%s: %llu more of: %s\n", sc->name,
		       (unsigned long long)sc->held[i].s.repeats, sc->held[i].s.title);
	memmove(&sc->held[i], &sc->held[i + 1], (sc->n_held - i - 1) * sizeof(*sc->held));
	sc->n_held--;
}

static void hold(struct scan *sc, uint64_t serial, const struct sighting *s)
{
	for (size_t i = 0; i < sc->n_held; i++)
		if (sc->held[i].serial == serial) {
			sc->held[i].s = *s;
			return;
		}
	if (sc->n_held == HELD_MAX)
		release(sc, 0);
	sc->held[sc->n_held++] = (struct held){ serial, *s };
}

/* Failures first, in their order; then what is merely worth a note. */
static void release_all(struct scan *sc)
{
	for (size_t i = 0; i < sc->n_held;)
		if (sc->held[i].s.severity >= SEVERITY_CRASH)
			release(sc, i);
		else
			i++;
	while (sc->n_held > 0)
		release(sc, 0);
}

/* One line of the report, marked where it names the guilty function first. */
static void print_line(const struct sighting *s, const char *line, size_t n, bool *marked)
{
	_cleanup_buf_ struct buf out = BUF_INIT;
	bool guilty;

	while (n > 0 && (line[n - 1] == '\r' || line[n - 1] == '\n'))
		n--;
	guilty = !*marked && s->function[0] && memmem(line, n, s->function, strlen(s->function));
	*marked |= guilty;
	str_sanitise(&out, line, n, false);
	printf("%s %s\n", guilty ? ">>>" : "   ", buf_str(&out));
}

static void print_report(const struct scan *sc, const struct sighting *s)
{
	const char *p = sc->tail.data, *end = p + sc->tail.len;
	bool marked = false;

	if (s->offset < sc->tail_offset) {
		puts("    (the report's first lines are no longer at hand)");
	} else {
		p += s->offset - sc->tail_offset;
	}
	if (s->end >= sc->tail_offset)
		end = sc->tail.data + MIN((size_t)(s->end - sc->tail_offset), sc->tail.len);
	while (p < end) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		const char *next = nl ? nl + 1 : end;

		print_line(s, p, (size_t)(next - p), &marked);
		p = next;
	}
}

static void print_text(const struct scan *sc, const struct sighting *s)
{
	_cleanup_buf_ struct buf title = BUF_INIT;

	str_sanitise(&title, s->title, strlen(s->title), false);
	printf("%s: %s\n", sc->name, buf_str(&title));
	printf("    %s (%s), %s%s, %s%s%s, bytes %llu-%llu\n", crash_info(s->class)->name,
	       crash_info(s->class)->sentence, severity_name(s->severity),
	       s->panicked ? ", panicked" : "", integrity_name(s->integrity),
	       s->ignored[0] ? ", ignored by " : "", s->ignored, (unsigned long long)s->offset,
	       (unsigned long long)s->end);
	print_report(sc, s);
	putchar('\n');
}

static void on_sighting(void *arg, enum sighting_phase phase, uint64_t serial,
			const struct sighting *s)
{
	struct scan *sc = arg;

	if (phase == SIGHTING_OPENED)
		return;
	if (phase == SIGHTING_CLOSED) {
		sc->found += s->severity >= SEVERITY_CRASH && !s->ignored[0];
		if (!sc->json)
			print_text(sc, s);
	}
	hold(sc, serial, s);
}

static void keep_tail(struct scan *sc, const char *data, size_t n)
{
	if (sc->json)
		return;
	buf_append(&sc->tail, data, n);
	if (sc->tail.len > 2 * TAIL) {
		size_t drop = sc->tail.len - TAIL;

		buf_consume(&sc->tail, drop);
		sc->tail_offset += drop;
	}
}

static int scan_fd(struct scan *sc, int fd, struct err *err)
{
	_cleanup_free_
	char *chunk = xmalloc(CHUNK);
	struct detector *d = detector_new_for(sc->detect, on_sighting, sc, err);
	ssize_t n;

	if (!d)
		return -EINVAL;
	while ((n = read(fd, chunk, CHUNK)) > 0 || (n < 0 && errno == EINTR)) {
		if (n < 0)
			continue;
		keep_tail(sc, chunk, (size_t)n);
		detector_feed(d, chunk, (size_t)n, TIME_NEVER);
	}
	if (n < 0)
		err_set(err, errno, "%s: %s", sc->name, strerror(errno));
	detector_finish(d);
	detector_free(d);
	release_all(sc);
	return n < 0 ? -err->code : 0;
}

static int scan_file(struct scan *sc, const char *path, struct err *err)
{
	_cleanup_close_ int fd = -1;

	sc->name = str_eq(path, "-") ? "stdin" : path;
	buf_clear(&sc->tail);
	sc->tail_offset = 0;
	if (str_eq(path, "-"))
		return scan_fd(sc, STDIN_FILENO, err);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_set(err, errno, "%s: %s", path, strerror(errno));
	return scan_fd(sc, fd, err);
}

static const char help[] =
	"usage: kernsoak scan [--json] [--scenario FILE] [FILE|-]...\n\n"
	"Names the crashes in console logs (standard input without a FILE): what failed,\n"
	"in which function, and the report with the guilty line marked. --json prints one\n"
	"object a sighting. --scenario adds, ignores and weighs signatures as the\n"
	"scenario's `detect` says (of its first arm). Exit status: 0 whatever was found;\n"
	"64 bad usage, or a log that cannot be read; 65 a scenario that is not right.\n\n"
	"Example: kernsoak scan results/RUN/trials/000017/console.log\n";

static int take_scenario(struct scan *sc, const char *path, struct err *err)
{
	const struct scenario_options opt = { .signature = signature_word };
	int r;

	scenario_done(&sc->scenario);
	sc->detect = NULL;
	r = scenario_read(path, &opt, &sc->scenario, err);
	if (r == 0)
		sc->detect = &sc->scenario.arm[0].settings.detect;
	return r;
}

/* Takes an option off argv: 0 there was one, 1 there is none, -EINVAL leave with *ret_code. */
static int take_option(struct scan *sc, const char *const **file, int *n_files, int *ret_code)
{
	const char *option = *n_files > 0 ? **file : "";
	struct err err = { 0 };

	if (option[0] != '-' || !option[1])
		return 1;
	++*file;
	--*n_files;
	if (str_eq(option, "--json")) {
		sc->json = true;
		return 0;
	}
	if (str_eq(option, "--scenario") && *n_files > 0) {
		--*n_files;
		if (take_scenario(sc, *(*file)++, &err) == 0)
			return 0;
		*ret_code = cmd_fail(&err, EXIT_BAD_SCENARIO);
		return -EINVAL;
	}
	*ret_code = EXIT_BAD_USAGE;
	if (str_eq(option, "--help") || str_eq(option, "-h")) {
		*ret_code = 0;
		fputs(help, stdout);
	} else if (str_eq(option, "--scenario")) {
		fputs("kernsoak scan: --scenario needs a file\n", stderr);
	} else {
		fprintf(stderr,
			"kernsoak scan: there is no option '%s' (kernsoak scan --help lists "
			"them)\n",
			option);
	}
	return -EINVAL;
}

int cmd_scan(int argc, char **argv)
{
	static const char *const standard_input[] = { "-" };
	struct scan sc = { .held = xcalloc(HELD_MAX, sizeof(struct held)) };
	const char *const *file = (const char *const *)argv + 1;
	int n_files = argc - 1, code = 0, more;

	while ((more = take_option(&sc, &file, &n_files, &code)) == 0)
		;
	if (more > 0 && n_files == 0) {
		file = standard_input;
		n_files = 1;
	}
	for (int i = 0; more > 0 && i < n_files; i++) {
		struct err err = { 0 };

		if (scan_file(&sc, file[i], &err) < 0)
			code = cmd_fail(&err, EXIT_BAD_USAGE);
	}
	buf_done(&sc.tail);
	scenario_done(&sc.scenario);
	free(sc.held);
	return code;
}
