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

static const struct load_param stress_ng[] = {
	{ "args", PARAM_LIST, NULL, 0, 0, "the command line of stress-ng, word by word" },
	{ 0 },
};

static const struct load_param shell[] = {
	{ "setup", PARAM_TEXT, "", 0, 0, "a script that must end with 0 before the soak begins" },
	{ "script", PARAM_TEXT, NULL, 0, 0,
	  "the work, for /bin/sh of busybox; a line `count N` on its stdout is progress" },
	{ "modules", PARAM_LIST, "", 0, 0, "kernel modules that are loaded before setup" },
	{ "programs", PARAM_LIST, "", 0, 0,
	  "host programs to copy into the image; they go before busybox's applets of that name" },
	{ 0 },
};

static const struct load_param container_churn[] = {
	{ "runtime", PARAM_TEXT, "native", 0, 0,
	  "who makes the containers: native, by system calls" },
	{ "rate", PARAM_RATE, "4/s", MICRO / 10, 1000 * MICRO,
	  "containers begun, by all workers together; more than the guest can do is what it can" },
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

static const struct load_def loads[] = {
	{ "fib-rebalance", "replaces",
	  "replaces a two-path route while the rule for dead next hops is toggled (divide error in "
	  "fib_rebalance)",
	  "veth", "", 2, fib_rebalance },
	{ "team-mode", "mode changes",
	  "changes a team device's mode while frames are sent through it",
	  "team team_mode_roundrobin team_mode_broadcast team_mode_activebackup team_mode_random",
	  "", 2, team_mode },
	{ "container-churn", "deletions",
	  "creates containers (namespaces, control group, overlay, veth in a bridge), executes in "
	  "them and deletes them, at a rate; tries what must always be possible",
	  "veth bridge overlay ip_tables", "", 1, container_churn },
	{ "stress-ng", "cpu-ms",
	  "any stressors of stress-ng(1); its work is the CPU time they used", "", "stress-ng", 1,
	  stress_ng },
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
