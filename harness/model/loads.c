/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/loads.h"

#include "base/clock.h"

#define SECOND NS_PER_S

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

static const struct load_def loads[] = {
	{ "fib-rebalance", "replaces",
	  "replaces a two-path route while the rule for dead next hops is toggled (divide error in "
	  "fib_rebalance)",
	  "veth", "", 2, fib_rebalance },
	{ "team-mode", "mode changes",
	  "changes a team device's mode while frames are sent through it",
	  "team team_mode_roundrobin team_mode_broadcast team_mode_activebackup team_mode_random",
	  "", 2, team_mode },
	{ "stress-ng", "cpu-ms",
	  "any stressors of stress-ng(1); its work is the CPU time they used", "", "stress-ng", 1,
	  stress_ng },
	{ "shell", "counts", "a script written in the scenario", "", "", 1, shell },
};

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
