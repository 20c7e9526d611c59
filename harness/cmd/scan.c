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
#include "cmd/args.h"
#include "cmd/cmd.h"
#include "cmd/places.h"
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
	json_t *located; /* "frames" and "symbols", when its kernel was at hand; NULL: not asked for
			  */
};

struct scan {
	const char *name;
	bool json;
	unsigned found; /* of severity crash or worse, and not ignored */
	struct scenario scenario;
	const struct detection *detect; /* of it; NULL: none was named */
	const char *scenario_path;
	struct buf tail;
	uint64_t tail_offset; /* of tail.data[0] in the log */
	struct held *held;
	size_t n_held;
	struct symbol_sources symbols;
	struct places *places; /* NULL: not asked for */
	size_t complaints;     /* said of this log */
	struct strv files;
};

static void print_json(const struct scan *sc, const struct held *held)
{
	const struct sighting *s = &held->s;
	_cleanup_json_ json_t *o = sighting_to_json(s);
	char type[COMPAT_TYPE_LEN];
	_cleanup_free_
	char *text = NULL;

	compat_type(s, type);
	json_set_str(o, "file", sc->name);
	json_set_str(o, "frame", s->function);
	json_set_str(o, "type", type);
	if (held->located)
		json_object_update(o, held->located);
	text = json_dumps(o, JSON_COMPACT);
	puts(text);
}

static void release(struct scan *sc, size_t i)
{
	if (sc->json)
		print_json(sc, &sc->held[i]);
	else if (sc->held[i].s.repeats > 0)
		printf("%s: %llu more of: %s\n", sc->name,
		       (unsigned long long)sc->held[i].s.repeats, sc->held[i].s.title);
	json_decref(sc->held[i].located);
	memmove(&sc->held[i], &sc->held[i + 1], (sc->n_held - i - 1) * sizeof(*sc->held));
	sc->n_held--;
}

/* Takes `located`. */
static void hold(struct scan *sc, uint64_t serial, const struct sighting *s, json_t *located)
{
	for (size_t i = 0; i < sc->n_held; i++)
		if (sc->held[i].serial == serial) {
			sc->held[i].s = *s;
			return;
		}
	if (sc->n_held == HELD_MAX)
		release(sc, 0);
	sc->held[sc->n_held++] = (struct held){ serial, *s, located };
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
static void print_line(const struct scan *sc, const struct sighting *s, const char *line, size_t n,
		       bool *marked)
{
	_cleanup_buf_ struct buf out = BUF_INIT;
	bool guilty;

	while (n > 0 && (line[n - 1] == '\r' || line[n - 1] == '\n'))
		n--;
	guilty = !*marked && s->function[0] && memmem(line, n, s->function, strlen(s->function));
	*marked |= guilty;
	str_sanitise(&out, line, n, false);
	printf("%s %s\n", guilty ? ">>>" : "   ", buf_str(&out));
	if (!sc->places)
		return;
	buf_clear(&out);
	places_beneath(sc->places, line, n, "            ", &out);
	fputs(buf_str(&out), stdout);
}

/* What is still at hand of a report's bytes: [*ret, the end returned). */
static const char *report_bytes(const struct scan *sc, const struct sighting *s, const char **ret)
{
	*ret = sc->tail.data;
	if (s->offset >= sc->tail_offset)
		*ret += s->offset - sc->tail_offset;
	if (s->end >= sc->tail_offset)
		return sc->tail.data + MIN((size_t)(s->end - sc->tail_offset), sc->tail.len);
	return sc->tail.data + sc->tail.len;
}

static void print_report(const struct scan *sc, const struct sighting *s)
{
	const char *p, *end = report_bytes(sc, s, &p);
	bool marked = false;

	if (s->offset < sc->tail_offset)
		puts("    (the report's first lines are no longer at hand)");
	while (p < end) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		const char *next = nl ? nl + 1 : end;

		print_line(sc, s, p, (size_t)(next - p), &marked);
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

/* Whose report this is, before any of it is shown. */
static void learn(struct scan *sc, const struct sighting *s)
{
	const char *p, *end = report_bytes(sc, s, &p);

	if (p < end)
		places_learn(sc->places, p, (size_t)(end - p), s);
	cmd_places_complain(sc->places, sc->name, &sc->complaints);
}

/* The places of its frames, before the log goes on with another kernel. */
static json_t *locate(struct scan *sc, const struct sighting *s)
{
	static const char *const keys[] = { "frames", "symbols" };
	_cleanup_json_ json_t *whole = sighting_to_json(s);
	json_t *o = json_object();

	places_to_json(sc->places, s, whole);
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (json_object_get(whole, keys[i]))
			json_object_set(o, keys[i], json_object_get(whole, keys[i]));
	return o;
}

static void on_sighting(void *arg, enum sighting_phase phase, uint64_t serial,
			const struct sighting *s)
{
	struct scan *sc = arg;
	json_t *located = NULL;

	if (phase == SIGHTING_OPENED)
		return;
	if (phase == SIGHTING_CLOSED) {
		sc->found += s->severity >= SEVERITY_CRASH && !s->ignored[0];
		if (sc->places)
			learn(sc, s);
		if (sc->places && sc->json)
			located = locate(sc, s);
		if (!sc->json)
			print_text(sc, s);
	}
	hold(sc, serial, s, located);
}

static void keep_tail(struct scan *sc, const char *data, size_t n)
{
	if (sc->json && !sc->places)
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
	if (sc->places)
		cmd_places_complain(sc->places, sc->name, &sc->complaints);
	return n < 0 ? -err->code : 0;
}

static int scan_file(struct scan *sc, const char *path, struct err *err)
{
	_cleanup_close_ int fd = -1;

	sc->name = str_eq(path, "-") ? "stdin" : path;
	buf_clear(&sc->tail);
	sc->tail_offset = 0;
	sc->complaints = 0;
	if (sc->places)
		places_new_log(sc->places);
	if (str_eq(path, "-"))
		return scan_fd(sc, STDIN_FILENO, err);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_set(err, errno, "%s: %s", path, strerror(errno));
	return scan_fd(sc, fd, err);
}

static int take_scenario(struct scan *sc, struct err *err)
{
	const struct scenario_options opt = { .signature = signature_word };
	int r = scenario_read(sc->scenario_path, &opt, &sc->scenario, err);

	if (r == 0)
		sc->detect = &sc->scenario.arm[0].settings.detect;
	return r;
}

static int scan_files(struct scan *sc)
{
	int code = 0;

	for (size_t i = 0; i < sc->files.n; i++) {
		struct err err = { 0 };

		if (scan_file(sc, sc->files.item[i], &err) < 0)
			code = cmd_fail(&err, EXIT_BAD_USAGE);
	}
	return code;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct scan *sc = state->input;

	switch (key) {
	case ARGP_KEY_INIT: state->child_inputs[0] = &sc->symbols; return 0;
	case 'j': sc->json = true; return 0;
	case 's': sc->scenario_path = arg; return 0;
	case ARGP_KEY_ARG: strv_add(&sc->files, arg); return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

static void parse(int argc, char **argv, struct scan *sc)
{
	static const struct argp_option options[] = {
		{ "json", 'j', 0, 0, "one object a sighting", 0 },
		{ "scenario", 's', "SCENARIO", 0,
		  "adds, ignores and weighs signatures as `detect` of its first arm does", 0 },
		{ 0 },
	};
	static const struct argp argp = {
		options,
		parse_option,
		"[FILE|-]...",
		"Names the crashes in console logs (standard input without a FILE): what failed, "
		"in which function, and the report with the guilty line marked.\v"
		"Exit status: 0 whatever was found; 64 bad usage, or a file that cannot be "
		"read; 65 a scenario that is not right.\n\n"
		"Example: kernsoak scan --debug-dir /usr/lib/debug console.log",
		cmd_places_children,
		0,
		0,
	};

	cmd_parse(&argp, argc, argv, sc);
	if (sc->files.n == 0)
		strv_add(&sc->files, "-");
}

int cmd_scan(int argc, char **argv)
{
	struct scan sc = { .held = xcalloc(HELD_MAX, sizeof(struct held)) };
	struct err err = { 0 };
	int code;

	parse(argc, argv, &sc);
	if (sc.scenario_path && take_scenario(&sc, &err) < 0)
		code = cmd_fail(&err, EXIT_BAD_SCENARIO);
	else if (cmd_places_open(&sc.symbols, &sc.places, &err) < 0)
		code = cmd_fail(&err, EXIT_BAD_USAGE);
	else
		code = scan_files(&sc);
	places_free(sc.places);
	strv_done(&sc.files);
	buf_done(&sc.tail);
	scenario_done(&sc.scenario);
	free(sc.held);
	return code;
}
