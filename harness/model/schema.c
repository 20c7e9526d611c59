/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/schema.h"

#include <stdio.h>

#include "base/str.h"
#include "model/capabilities.h"
#include "model/cascade.h"
#include "model/controls.h"
#include "model/disks.h"
#include "model/guest_words.h"
#include "model/panics.h"
#include "model/plants.h"

/* ---- what words may look like ---- */

/* Names become parts of file names, of tables and of JSON keys. */
bool schema_is_name(const char *s)
{
	return word_all_of(s, "._+-", 64) && s[0] != '.' && s[0] != '-';
}

static bool is_one_line(const char *s)
{
	return !strpbrk(s, "\n\r") && strlen(s) <= 2048;
}

/* A name and, behind it, parameters. */
static bool is_module(const char *s)
{
	const size_t n = strcspn(s, " ");
	char name[64];

	if (n >= sizeof(name) || strlen(s) > 512 || !is_one_line(s))
		return false;
	snprintf(name, sizeof(name), "%.*s", (int)n, s);
	for (s += n; *s; s += strcspn(s, " ")) {
		s += strspn(s, " ");
		if (*s && (!memchr(s, '=', strcspn(s, " ")) || *s == '='))
			return false;
	}
	return word_all_of(name, "_-", 56);
}

static bool is_sysctl(const char *s)
{
	return word_all_of(s, "._-/", 200) && !strstr(s, "..");
}

static bool is_signature(const char *s)
{
	return word_all_of(s, "_.-", 48);
}

static bool is_pattern(const char *s)
{
	return *s && is_one_line(s) && strlen(s) <= 256;
}

/* Shorter ones are found in every other line. */
static bool is_literal(const char *s)
{
	const size_t n = strlen(s);

	for (size_t i = 0; i < n; i++)
		if ((unsigned char)s[i] < 0x20 || s[i] == 0x7f)
			return false;
	return n >= 4 && n <= 128;
}

/* The holes are detect/blame.c's. */
static bool is_title(const char *s)
{
	if (!*s || !is_one_line(s) || strlen(s) > 120)
		return false;
	for (; (s = strchr(s, '{')); s++)
		if (!str_after(s, "{fn}") && !str_after(s, "{line}"))
			return false;
	return true;
}

/* What image/kernels.c can make something of; there the same words are looked up. */
static bool is_kernel(const char *s)
{
	const char *abi = str_after(s, "debian:"), *built = str_after(s, "build:");

	if (abi || built)
		return abi ? word_all_of(abi, "-.+~_", 120) : word_all_of(built, "-.+_@", 120);
	return is_one_line(s) && strchr(s, '/');
}

static bool is_load(const char *s)
{
	return !*s || load_by_name(s);
}

/* ---- the table ---- */

static const char *const backends[] = { "libvirt", "fake", NULL };
static const char *const accels[] = { "auto", "kvm", "tcg", NULL };
static const char *const boots[] = { "vmlinux", "bzimage", NULL };
const char *const image_names[] = { "lean", "containers", NULL };
static const char *const hangs[] = { "auto", "kvm", "tcg", "fast", "kernel", NULL };

static const char *const dumps[] = { "never", "hangs", "failures", NULL };

static const char *const severities[] = { "noise", "note", "crash", "fatal", NULL };
static const char *const no_yes[] = { "no", "yes", NULL };
static const char *const zero_errors[] = { "no", "yes", "false", "true", NULL };
static const char *const clocks[] = { "virtual", "real", NULL };

static const char *const swap_places[] = { "disk", "zram", "file", NULL };
static const char *const machine_types[] = { "q35", "pc", NULL };
static const char *const watchdog_devices[] = { "none", "i6300esb", "softdog", NULL };
static const char *const watchdog_actions[] = { "panic", "reset", NULL };
static const char *const mglru_words[] = { "kernel", "off", "on", NULL };

static bool is_backend(const char *s)
{
	for (size_t i = 0; backends[i]; i++)
		if (str_eq(s, backends[i]))
			return true;
	return false;
}

#define SECOND      NS_PER_S
#define DAY         (86400 * NS_PER_S)
#define YEAR        (366 * DAY)
#define MIB         (UINT64_C(1) << 20)
#define SET(f)      .in = IN_ALL, .offset = offsetof(struct settings, f)
#define SCN(f)      .of_scenario = true, .offset = offsetof(struct scenario, f)
#define ITEM        .in = IN_ALL, .of_item = true
#define RANGE(a, b) .min = (a), .max = (b)

static const struct field fields[] = {
	{ "name", FIELD_TEXT, .in = IN_FILE | IN_SETTING, SCN(name), .fallback = "",
	  .fits = schema_is_name, .shape = SCHEMA_NAME_SHAPE, .example = "fib-rebalance",
	  .sentence = "What runs and reports call the scenario. Without it: the file's name, less "
		      "its .yaml." },
	{ "kernel", FIELD_TEXT, SET(kernel), .fallback = "", .fits = is_kernel,
	  .shape = "debian:ABI, such as debian:6.1.0-54-cloud, build:NAME, such as build:lean, or "
		   "a path with a slash, such as ./bzImage",
	  .example = "debian:6.1.0-54-cloud",
	  .sentence = "The kernel to boot: a package of Debian (`kernsoak kernels list` shows "
		      "them), one that `kernsoak kernels build` built, or the path of a bzImage, a "
		      "vmlinux or a kernel's .deb. Needed but for the fake backend." },
	{ "needs", FIELD_LIST, SET(needs), .fallback = "", .fits = need_is_word,
	  .shape = "a capability that `kernsoak kernels show` lists, or a symbol (CONFIG_X)",
	  .example = "[kasan, fanotify]",
	  .sentence = "What the kernel must be able to do, by the names that `kernsoak kernels "
		      "show` lists or by symbols of its configuration; besides what the loads and "
		      "the guest's settings need. A kernel that lacks it is refused before "
		      "anything boots." },

	{ "guest", FIELD_GROUP, .in = IN_ALL, .sentence = "The virtual machine." },
	{ "guest.backend", FIELD_TEXT, SET(guest.backend), .fallback = "libvirt",
	  .fits = is_backend, .shape = "libvirt or fake", .example = "fake",
	  .sentence = "Who runs the guest. The fake one runs nothing: it draws lifetimes from the "
		      "law under `fake`, in virtual time, to try out scenarios and statistics." },
	{ "guest.memory", FIELD_SIZE, SET(guest.memory_bytes), .fallback = "256MiB",
	  RANGE(32 * MIB, MIB << 20), .example = "512MiB",
	  .sentence = "The guest's memory. Little memory is an amplifier: reclaim starts sooner." },
	{ "guest.vcpus", FIELD_COUNT, SET(guest.vcpus), .fallback = "1", RANGE(1, 240),
	  .example = "2", .sentence = "Virtual CPUs. Most races need two." },
	{ "guest.accel", FIELD_WORD, SET(guest.accel), .fallback = "auto", .words = accels,
	  .example = "tcg",
	  .sentence = "How guest code runs. `auto` probes whether this kernel boots under KVM here "
		      "and falls back to TCG, which is several times slower." },
	{ "guest.boot", FIELD_WORD, SET(guest.boot), .fallback = "vmlinux", .words = boots,
	  .example = "bzimage",
	  .sentence = "The image to start: the ELF vmlinux boots faster, the bzImage has KASLR." },
	{ "guest.image", FIELD_WORD, SET(guest.image), .fallback = "lean", .words = image_names,
	  .example = "containers",
	  .sentence =
		  "What the guest's root is. `lean`: the loads, busybox, and what they need, in "
		  "memory. `containers`: a Debian with podman, crun, MariaDB, redis, nginx and "
		  "PHP, on a read-only disk with memory laid over it; built once, which takes "
		  "minutes (`kernsoak image build containers`)." },
	{ "guest.hang", FIELD_WORD, SET(guest.hang), .fallback = "auto", .words = hangs,
	  .example = "fast",
	  .sentence = "How soon the guest's own hang detectors fire: profiles for KVM and TCG, "
		      "`fast` for short soaks, `kernel` for the kernel's defaults. `auto` follows "
		      "the accelerator." },
	{ "guest.cmdline", FIELD_TEXT, SET(guest.cmdline), .fallback = "", .fits = is_one_line,
	  .shape = "one line of at most 2048 bytes", .example = "slub_debug=FZ",
	  .sentence = "Added to the kernel's command line." },
	{ "guest.modules", FIELD_LIST, SET(guest.modules), .fallback = "", .fits = is_module,
	  .shape = "a kernel module's name, with NAME=VALUE parameters behind it if need be",
	  .example = "[sch_htb, \"dummy numdummies=2\"]",
	  .sentence = "Kernel modules to load before the loads start, besides those that the loads "
		      "ask for. Parameters are read back from /sys/module/NAME/parameters." },
	{ "guest.sysctl", FIELD_PAIRS, SET(guest.sysctl), .fits = is_sysctl,
	  .shape = "a sysctl's name", .example = "{ vm.swappiness: 10 }",
	  .sentence = "Kernel parameters to set before the loads start, by their sysctl(8) names. "
		      "One that does not take effect makes the trial INFRA." },

#include "model/schema_guest.def"

	{ "load", FIELD_LOADS, .in = IN_ALL, .example = "{ fib-rebalance: { pause: 300ms } }",
	  .sentence =
		  "What the guest does, all at once: names of loads with their parameters (see "
		  "LOADS). Nothing after the name: all its defaults; `none`: not this load, for "
		  "arms that take one away." },
#include "model/schema_plant.def"
#include "model/schema_cascade.def"

	{ "exposure", FIELD_GROUP, .in = IN_ALL, .sentence = "How long a life was." },
	{ "exposure.starts", FIELD_WORD, SET(exposure_starts), .fallback = "begin",
	  .words = exposure_starts, .example = "first-reclaim",
	  .sentence =
		  "When a life begins to be counted: as the loads begin, at the first second in "
		  "which kswapd has scanned a page since then, or at the first count of the "
		  "load that is the unit, or as a cascade's containers are placed (which is when "
		  "it is in a cascade). A crash before that moment is a life of no length; "
		  "a guest that never comes to it has tested nothing (INFRA)." },
	{ "exposure.unit", FIELD_TEXT, SET(exposure_unit), .fallback = "", .fits = is_load,
	  .shape = "the name of a load", .example = "fib-rebalance",
	  .sentence = "The load whose counter is the second clock beside seconds. Without it: the "
		      "first load." },

	{ "fail", FIELD_GROUP, .in = IN_ALL, .sentence = "What is a failure." },
	{ "fail.target", FIELD_GROUP, .in = IN_ALL,
	  .sentence = "The crash that is looked for. Whatever is said must all hold; any other "
		      "crash is OTHER, a competing risk. Nothing said: any crash." },
	{ "fail.target.class", FIELD_LIST, SET(target.classes), .fallback = "",
	  .fits = crash_is_word, .shape = "a crash's class or family",
	  .example = "[oops, soft-lockup]",
	  .sentence = "Classes or families of crashes (see CLASSES). Nothing said: every class of "
		      "severity crash or worse." },
	{ "fail.target.frames", FIELD_LIST, SET(target.frames), .fallback = "", .fits = is_pattern,
	  .shape = "a shell pattern of at most 256 bytes",
	  .example = "[es_do_reclaim_extents, ext4_es_*]",
	  .sentence = "Shell patterns; one of them must match the guilty function or one of the "
		      "first frames. Name several: one race shows in many places." },
	{ "fail.target.within", FIELD_COUNT, SET(target.within), .fallback = "8", RANGE(1, 48),
	  .example = "4", .sentence = "How many frames, the guilty one included, are looked at." },
	{ "fail.target.text", FIELD_TEXT, SET(target.text), .fallback = "", .fits = is_one_line,
	  .shape = "one line", .example = "\"*ext4*\"",
	  .sentence = "A shell pattern over the crash's title." },
	{ "fail.target.lasts", FIELD_DURATION, SET(target.lasts), .fallback = "0s", RANGE(0, DAY),
	  .example = "60s",
	  .sentence = "How long the same message must have come again and again to count (of the "
		      "same network device, where it names one). The first of them says when it "
		      "failed; what ends sooner has passed by, and ends no trial. A wait that the "
		      "horizon falls into is waited out. It should come much oftener than that." },

	{ "detect", FIELD_GROUP, .in = IN_ALL,
	  .sentence =
		  "What is recognised on the console besides, or otherwise than, by the built-in "
		  "signatures (`kernsoak explain` lists them)." },
	{ "detect.add", FIELD_NAMED, SET(detect.add), .fits = is_signature,
	  .shape = "1 to 48 letters, digits or any of ._-",
	  .example = "{ dma-wedged: { literal: \"mydrv: DMA wedged\", stack: yes } }",
	  .sentence =
		  "Signatures of your own, by names of your own: texts of the kernel's, or of a "
		  "load's, that are failures here. They go before the built-in ones. `none` "
		  "after a name takes it away in an arm." },
	{ "detect.add.*.literal", FIELD_TEXT, ITEM, .needed = true, .fits = is_literal,
	  .shape = "4 to 128 bytes of one line", .example = "\"mydrv: DMA wedged\"",
	  .sentence = "The text to look for, anywhere in a line behind printk's time stamp; upper "
		      "and lower case differ." },
	{ "detect.add.*.class", FIELD_TEXT, ITEM, .fits = crash_is_class,
	  .shape = "a crash's class", .example = "fs-error",
	  .sentence = "The class that it counts as. Without it: `custom`." },
	{ "detect.add.*.severity", FIELD_WORD, ITEM, .words = severities, .example = "note",
	  .sentence = "As under `detect.severity`. Without it: the class's, crash for `custom`." },
	{ "detect.add.*.title", FIELD_TEXT, ITEM, .fits = is_title,
	  .shape = "one line of at most 120 bytes, with {fn} and {line} as its only braces",
	  .example = "\"mydrv: DMA wedged in {fn}\"",
	  .sentence = "What reports call it: {fn} is the guilty function, {line} the line from the "
		      "literal on with its numbers as NUM. Without it: {line}." },
	{ "detect.add.*.stack", FIELD_WORD, ITEM, .words = no_yes, .example = "yes",
	  .sentence = "Whether registers and a call trace follow, of which the guilty function "
		      "comes. Without it: no, and what follows is somebody else's report." },
	{ "detect.ignore", FIELD_NAMED, SET(detect.ignore), .fits = is_signature,
	  .shape = "1 to 48 letters, digits or any of ._-",
	  .example = "{ bug-4711: { class: warning, function: foo_* } }",
	  .sentence = "Sightings that are known and not wanted, by names of your own (a bug's "
		      "number). Whatever a map says must all hold. They are recorded with that "
		      "name, and neither end a trial nor count as a failure, unless the kernel "
		      "panicked because of one. `none` after a name takes it away in an arm." },
	{ "detect.ignore.*.class", FIELD_TEXT, ITEM, .fits = crash_is_word,
	  .shape = "a crash's class or family", .example = "warning",
	  .sentence = "A class or family (see CLASSES)." },
	{ "detect.ignore.*.signature", FIELD_TEXT, ITEM, .fits = is_signature,
	  .shape = "a signature's name", .example = "warning-6.19",
	  .sentence = "One signature, built in or under `detect.add`." },
	{ "detect.ignore.*.function", FIELD_TEXT, ITEM, .fits = is_pattern,
	  .shape = "a shell pattern of at most 256 bytes", .example = "foo_*",
	  .sentence = "A shell pattern over the guilty function." },
	{ "detect.ignore.*.module", FIELD_TEXT, ITEM, .fits = is_pattern,
	  .shape = "a shell pattern of at most 256 bytes", .example = "nvidia*",
	  .sentence = "A shell pattern over the guilty function's module." },
	{ "detect.ignore.*.text", FIELD_TEXT, ITEM, .fits = is_pattern,
	  .shape = "a shell pattern of at most 256 bytes", .example = "\"*sdb*\"",
	  .sentence = "A shell pattern over the title." },
	{ "detect.severity", FIELD_PAIRS, SET(detect.severity), .fits = is_signature,
	  .shape = "a signature, class or family", .words = severities,
	  .example = "{ page-alloc-failure: crash, warning: fatal }",
	  .sentence = "What sightings mean here, by signature, class or family; the narrowest word "
		      "counts. fatal: ends the trial. crash: the same, but that warnings end it "
		      "only as its target or by a panic. note: recorded; ends a trial only where "
		      "`fail.target.class` names it, or by a panic. noise: not even recorded." },

	{ "boot", FIELD_GROUP, .in = IN_ALL, .sentence = "What counts before the soak." },
	{ "boot.zero-errors", FIELD_WORD, SET(boot.zero_errors), .fallback = "no",
	  .words = zero_errors, .example = "yes",
	  .sentence =
		  "Whether whatever the kernel says before the soak at the level of a warning or "
		  "worse is a failure (class boot-error, with the message as its title), and "
		  "crashes and warnings with a report are, too, under their own names. The levels "
		  "are those of the guest's /dev/kmsg; the guest is ended when it is ready. "
		  "Without it a crash before the soak makes the trial INFRA, and all else is not "
		  "looked at." },
	{ "boot.ignore", FIELD_LIST, SET(boot.ignore), .fallback = "", .fits = is_pattern,
	  .shape = "1 to 256 bytes of one line",
	  .example = "[\"RETBleed: \", \"ACPI Error: * (2*)\"]",
	  .sentence = "Messages that do not count under `boot.zero-errors`: a literal anywhere in "
		      "the message, or a shell pattern that fits the whole of it." },

	{ "limits", FIELD_GROUP, .in = IN_ALL,
	  .sentence = "How long things may take; each starts where its step starts." },
	{ "limits.boot", FIELD_DURATION, SET(limits.boot), .fallback = "2m", RANGE(NS_PER_MS, DAY),
	  .example = "5m", .sentence = "From spawn to the agent's first word. Longer: INFRA." },
	{ "limits.settle", FIELD_DURATION, SET(limits.settle), .fallback = "1m",
	  RANGE(NS_PER_MS, DAY), .example = "2m",
	  .sentence = "From there until every load is armed. Longer: INFRA." },
	{ "limits.soak", FIELD_DURATION, SET(limits.soak), .fallback = "10m",
	  RANGE(NS_PER_MS, YEAR), .example = "43h",
	  .sentence = "The horizon: who lives so long has survived." },
	{ "limits.heartbeat", FIELD_DURATION, SET(limits.heartbeat), .fallback = "30s",
	  RANGE(3 * SECOND, DAY), .none = true, .example = "1m",
	  .sentence = "Without a beat of the agent for so long: heartbeat-lost. It beats once a "
		      "second." },
	{ "limits.silence", FIELD_DURATION, SET(limits.silence), .fallback = "none",
	  RANGE(3 * SECOND, DAY), .none = true, .example = "5m",
	  .sentence = "Without a byte from console and agent for so long: silence." },
	{ "limits.progress", FIELD_DURATION, SET(limits.progress), .fallback = "none",
	  RANGE(NS_PER_MS, DAY), .none = true, .example = "1m",
	  .sentence = "Without a count from any load for so long: no-progress." },
	{ "limits.workqueue", FIELD_DURATION, SET(limits.workqueue), .fallback = "1m",
	  RANGE(3 * SECOND, DAY), .none = true, .example = "20s",
	  .sentence = "Without a CPU running a work of system_wq, which the agent asks for every "
		      "few seconds, for so long: probe-overdue (`workqueue`)." },
	{ "limits.report", FIELD_DURATION, SET(limits.report), .fallback = "3s",
	  RANGE(NS_PER_MS, 3600 * SECOND), .example = "10s",
	  .sentence = "How long reading goes on after the first line of a crash, to catch all of "
		      "the report." },

	{ "evidence", FIELD_GROUP, .in = IN_ALL,
	  .sentence = "What is kept of a guest that failed, besides its console." },
	{ "evidence.netconsole", FIELD_WORD, SET(evidence.netconsole), .fallback = "no",
	  .words = no_yes, .example = "yes",
	  .sentence =
		  "A second witness of what the kernel says: its netconsole, over a network card "
		  "that leads to the trial's process and nowhere else. From when the loads are "
		  "made ready on (what was said before is repeated then). It names the crash "
		  "where the serial console is mute or cut. The kernel is booted with loglevel=8, "
		  "so that a gap in its sequence numbers is a loss. Needs CONFIG_NETCONSOLE." },
	{ "evidence.dump", FIELD_WORD, SET(evidence.dump), .fallback = "hangs", .words = dumps,
	  .example = "failures",
	  .sentence =
		  "When the guest's memory is kept (compressed, for crash(8) and drgn): `hangs` "
		  "are failures without a report on the console." },
	{ "evidence.samples", FIELD_DURATION, SET(evidence.samples), .fallback = "1s",
	  RANGE(SECOND, DAY), .none = true, .example = "10s",
	  .sentence = "How often the agent samples its guest (memory, CPUs, pressure), in whole "
		      "seconds; `none`: never." },
	{ "evidence.dump-max", FIELD_SIZE, SET(evidence.dump_max), .fallback = "1GiB",
	  RANGE(16 << 20, UINT64_C(1) << 40), .example = "4GiB",
	  .sentence = "The memory of larger guests is not kept." },

	{ "arms", FIELD_OVERLAYS, .in = IN_WHOLE, .fits = schema_is_name,
	  .shape = SCHEMA_NAME_SHAPE,
	  .example = "{ stock: , more-memory: { guest: { memory: 1GiB } } }",
	  .sentence = "The variations to compare: names, each with the keys that it lays over the "
		      "scenario (nothing: the scenario as it is). Without any there is one, "
		      "`baseline`." },
	{ "grid", FIELD_GRID, .in = IN_WHOLE, .shape = "at most 3 keys and 64 combinations",
	  .example = "{ guest.memory: [256MiB, 1GiB], load.fib-rebalance.pause: [1ms, 1s] }",
	  .sentence =
		  "Instead of `arms`: keys, written from the top, each with the values that it "
		  "takes. Every combination is an arm, named by its values (256MiB-1ms); reports "
		  "show them as a map." },
	{ "controls", FIELD_OVERLAYS, .in = IN_WHOLE, .fits = control_is_key,
	  .shape = "positive or negative",
	  .example = "{ positive: { plant: { null: } }, negative: { plant: { none: } } }",
	  .sentence =
		  "Two more arms, positive-control and negative-control, that show whether the "
		  "scenario finds what it looks for: every trial of the positive one must fail "
		  "with the target, every one of the negative must survive. They are laid over "
		  "the scenario as arms are; reports say whether they held, and no arm is compared "
		  "with them. A run that goes on until it is decided does not run them." },
	{ "stop", FIELD_GROUP, .in = IN_WHOLE, .sentence = "When a run is done." },
	{ "stop.trials", FIELD_COUNT, .in = IN_WHOLE, SCN(stop.trials), .fallback = "5",
	  RANGE(1, 10000), .example = "20",
	  .sentence = "Trials of each arm. One lost to the host is replaced by a new one." },
	{ "stop.budget", FIELD_DURATION, .in = IN_WHOLE, SCN(stop.budget_ns), .fallback = "none",
	  RANGE(SECOND, YEAR), .none = true, .example = "8h",
	  .sentence = "Of the whole run; what runs at its end is stopped and counts as censored." },
	{ "stop.decided", FIELD_GROUP, .in = IN_WHOLE,
	  .sentence =
		  "Go on until a sequential test of the arms is decided, one way or the other, "
		  "however often it looks. stop.trials, where it is said too, is then the most of "
		  "each arm." },
	{ "stop.decided.arms", FIELD_LIST, .in = IN_WHOLE, SCN(stop.arms), .fallback = "",
	  .fits = schema_is_name, .shape = SCHEMA_NAME_SHAPE, .example = "[stock, more-memory]",
	  .sentence = "The arms that trials are given to: the first is compared with each of the "
		      "others. Without it: all, in their order." },
	{ "stop.decided.factor", FIELD_NUMBER, .in = IN_WHOLE, SCN(stop.factor), .fallback = "2",
	  .min = 1, .max = 1000, .example = "3",
	  .sentence = "The ratio of hazards that matters: arms that differ by less are alike." },
	{ "stop.decided.alpha", FIELD_NUMBER, .in = IN_WHOLE, SCN(stop.alpha), .fallback = "0.05",
	  .min = 0, .max = 1, .example = "0.01",
	  .sentence = "How often arms without a difference may be said to differ." },
	{ "stop.decided.power", FIELD_NUMBER, .in = IN_WHOLE, SCN(stop.power), .fallback = "0.8",
	  .min = 0, .max = 1, .example = "0.9",
	  .sentence = "How often arms that differ by the factor must be found to." },
	{ "profiles", FIELD_OVERLAYS, .in = IN_FILE, .fits = schema_is_name,
	  .shape = SCHEMA_NAME_SHAPE, .example = "{ fast: { limits: { soak: 1m } } }",
	  .sentence = "Overlays to choose from with --profile: a fast one for the desk, a long one "
		      "for the night." },

	{ "fake", FIELD_GROUP, .in = IN_ALL,
	  .sentence =
		  "The law that the fake backend draws lifetimes from; only with guest.backend: "
		  "fake." },
	{ "fake.boot", FIELD_DURATION, SET(fake.boot), .fallback = "1s", RANGE(0, DAY),
	  .example = "30s", .sentence = "Until its agent says hello." },
	{ "fake.scale", FIELD_DURATION, SET(fake.scale), .fallback = "10s",
	  RANGE(NS_PER_US, 100 * YEAR), .none = true, .example = "43h",
	  .sentence = "Weibull scale of the target's time to failure; none: it never fails." },
	{ "fake.shape", FIELD_NUMBER, SET(fake.shape), .fallback = "1.0", .min = 0, .max = 100,
	  .example = "0.7",
	  .sentence = "Weibull shape: 1 is exponential, less wears in, more wears out." },
	{ "fake.other", FIELD_DURATION, SET(fake.other), .fallback = "none",
	  RANGE(NS_PER_US, 100 * YEAR), .none = true, .example = "100h",
	  .sentence = "Mean time (exponential) to a competing crash." },
	{ "fake.host-fault", FIELD_DURATION, SET(fake.host_fault), .fallback = "none",
	  RANGE(NS_PER_US, 100 * YEAR), .none = true, .example = "200h",
	  .sentence = "Mean time (exponential) to a fault of the host." },
	{ "fake.rate", FIELD_RATE, SET(fake.rate), .fallback = "10/s", .min = 0, .max = 1000000,
	  .example = "3/s", .sentence = "Units of work done." },
	{ "fake.reclaim", FIELD_DURATION, SET(fake.reclaim), .fallback = "0s", RANGE(0, DAY),
	  .example = "5s",
	  .sentence = "From the soak's begin until its kswapd scans pages. The target's time to "
		      "failure begins then, too." },
	{ "fake.clock", FIELD_WORD, SET(fake.clock), .fallback = "virtual", .words = clocks,
	  .example = "real",
	  .sentence = "How its time passes: at once, or as on the wall, so that it can be "
		      "interrupted in the middle." },
};

static const char *const type_names[] = {
	[FIELD_GROUP] = "map",
	[FIELD_TEXT] = "text",
	[FIELD_WORD] = "word",
	[FIELD_COUNT] = "count",
	[FIELD_SIZE] = "size",
	[FIELD_DURATION] = "duration",
	[FIELD_NUMBER] = "number",
	[FIELD_RATE] = "rate",
	[FIELD_LIST] = "list",
	[FIELD_PAIRS] = "map of text",
	[FIELD_NAMED] = "map of maps",
	[FIELD_LOADS] = "map of loads",
	[FIELD_OVERLAYS] = "map of overlays",
	[FIELD_GRID] = "map of lists",
};

const struct field *schema_nth(size_t i)
{
	return i < ARRAY_SIZE(fields) ? &fields[i] : NULL;
}

const struct field *schema_by_path(const char *path)
{
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		if (str_eq(fields[i].path, path))
			return &fields[i];
	return NULL;
}

const char *field_type_name(enum field_type t)
{
	return type_names[t];
}

bool schema_has_free_keys(const char *path)
{
	const struct field *f = schema_by_path(path);

	return f && (f->type == FIELD_PAIRS || f->type == FIELD_GRID);
}
