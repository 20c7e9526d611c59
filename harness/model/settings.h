/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What one guest is, what it does, and what counts as its failure: a scenario with one arm laid
 * over it, every default filled in. Owned strings; settings_done() frees them.
 * The schema table (schema.c) maps its fields to YAML keys and to JSON, both ways.
 */
#ifndef KS_MODEL_SETTINGS_H
#define KS_MODEL_SETTINGS_H

#include "base/json.h"
#include "base/str.h"
#include "model/exposure.h"
#include "model/loads.h"
#include "model/sighting.h"

enum accel { ACCEL_AUTO, ACCEL_KVM, ACCEL_TCG };
enum guest_image { IMAGE_LEAN, IMAGE_CONTAINERS };
extern const char *const image_names[];         /* "lean", "containers", NULL */
enum boot_image { BOOT_VMLINUX, BOOT_BZIMAGE }; /* the ELF boots faster; the bzImage has KASLR */

/* How soon the guest's own hang detectors fire; always RCU stall < soft lockup < hung task. */
enum hang_profile {
	HANG_AUTO,
	HANG_KVM,
	HANG_TCG,
	HANG_FAST,
	HANG_KERNEL /* the kernel's defaults */
};

struct pair {
	char *key, *value;
};

struct pairs {
	struct pair *item;
	size_t n;
};

/* One entry of a map of maps: its name, and its values by the keys of the schema's "PATH.*" rows.
 */
struct named {
	char *name;
	struct pairs value;
};

struct named_list {
	struct named *item;
	size_t n;
};

struct load_use {
	const struct load_def *def;
	struct pairs args; /* every parameter of def, in its order, normalised for the guest */
};

enum swap_on { SWAP_ON_DISK, SWAP_ON_ZRAM, SWAP_ON_FILE };

struct swap {
	uint64_t bytes; /* TIME_NEVER: none */
	enum swap_on on;
	char *file;      /* in the guest; "" but on a file */
	char *algorithm; /* of zram; "" SWAP_ALGORITHM */
};

#define SWAP_ALGORITHM "lz4" /* the kernels' own defaults differ: lzo-rle, then lz4 */

enum watchdog_device { WATCHDOG_NONE, WATCHDOG_I6300ESB, WATCHDOG_SOFTDOG };
enum watchdog_action { WATCHDOG_PANIC, WATCHDOG_RESET };

struct watchdog {
	enum watchdog_device device;
	enum watchdog_action action;
	uint64_t timeout; /* ns; the agent feeds it once a second */
};

/* What besides the agent's beats shows that a guest works. limits.heartbeat is the limit of each.
 */
struct heartbeat_wish {
	char *fsync;  /* a folder of the guest; "" none */
	uint64_t ask; /* ns between two requests; TIME_NEVER: none */
};

static inline bool ask_wanted(const struct heartbeat_wish *h)
{
	return h->ask && h->ask != TIME_NEVER;
}

static inline bool fsync_wanted(const struct heartbeat_wish *h)
{
	return h->fsync && *h->fsync;
}

struct balloon_wish {
	uint64_t to;    /* bytes that the guest is left with; TIME_NEVER: no balloon */
	uint64_t every; /* ns between taking and giving back */
};

static inline bool balloon_wanted(const struct balloon_wish *b)
{
	return b->to && b->to != TIME_NEVER;
}

enum machine_type { MACHINE_Q35, MACHINE_PC };

/* The multi-generational LRU. */
enum mglru { MGLRU_KERNEL, MGLRU_OFF, MGLRU_ON };

struct guest {
	char *backend; /* a row of vm/vm.c's table: "libvirt", "fake" */
	uint64_t memory_bytes;
	uint64_t vcpus;
	enum accel accel;
	enum boot_image boot;
	enum guest_image image;
	enum hang_profile hang;
	char *cmdline;        /* added to the kernel's command line; "" none */
	struct strv modules;  /* loaded before the loads, besides what the loads need */
	struct pairs sysctl;  /* vm.swappiness = 10 ... */
	struct pairs sysfs;   /* files below /sys and /proc, and what to write there */
	struct strv panic_on; /* words of model/panics.h */
	enum mglru mglru;
	enum machine_type machine;
	uint64_t numa; /* nodes */
	struct watchdog watchdog;
	struct heartbeat_wish heartbeat;
	struct balloon_wish balloon;
	struct swap swap;
	struct named_list disks; /* model/disks.h tells what they say */
	struct named_list disk_faults;
};

struct target {
	struct strv classes; /* class or family names; empty: any of severity crash or worse */
	struct strv frames;  /* fnmatch(3) patterns; empty: any */
	uint64_t within;     /* the patterns are looked for in the first N frames, the guilty one
				included */
	char *text;          /* fnmatch(3) pattern over the title; "" any */
	uint64_t lasts; /* ns from the first to the last of its reports, at least; 0: one will do */
};

/* What a scenario changes about detect/signatures.def. */
struct detection {
	struct named_list add; /* signatures of its own: literal, class, severity, title, stack */
	struct named_list ignore; /* what never ends a trial: signature, class, function ... */
	struct pairs severity;    /* by signature, class or family; the narrowest word counts */
};

/* Do warnings and errors before the soak count as failures? As YAML's people write it, too. */
enum zero_errors { ZERO_ERRORS_NO, ZERO_ERRORS_YES, ZERO_ERRORS_FALSE, ZERO_ERRORS_TRUE };

struct boot_policy {
	enum zero_errors zero_errors;
	struct strv ignore; /* literals within a message, or shell patterns over it */
};

static inline bool boot_errors_count(const struct boot_policy *p)
{
	return p->zero_errors == ZERO_ERRORS_YES || p->zero_errors == ZERO_ERRORS_TRUE;
}

/* When the guest's memory is kept. */
enum dump_when {
	DUMP_NEVER,
	DUMP_HANGS, /* of guests that failed without a report on their console */
	DUMP_FAILURES
};

/* A second witness beside the serial console. */
enum netconsole_wish { NETCONSOLE_NO, NETCONSOLE_YES };

struct evidence_wish {
	enum dump_when dump;
	uint64_t dump_max; /* bytes of guest memory: of larger guests none is kept */
	enum netconsole_wish netconsole;
	uint64_t samples; /* ns between two of the agent's; TIME_NEVER: none */
};

struct limits {             /* ns; each starts where its step starts. TIME_NEVER: none */
	uint64_t boot;      /* spawn to the agent's hello */
	uint64_t settle;    /* hello to ready */
	uint64_t soak;      /* the horizon: survived so long is survived */
	uint64_t heartbeat; /* without a beat of the agent: heartbeat-lost */
	uint64_t silence;   /* without a byte from console and agent: silence */
	uint64_t progress;  /* without a count from any load: no-progress */
	uint64_t workqueue; /* system_wq of a CPU runs no work: probe-overdue */
	uint64_t report;    /* how long reading goes on after the first line of a crash */
};

/* How a fake guest's time passes: at once, or as on the wall (to be interrupted in the middle). */
enum fake_clock { FAKE_CLOCK_VIRTUAL, FAKE_CLOCK_REAL };

struct fake {           /* the fake VM's law: vm/vm_fake.h */
	uint64_t boot;  /* ns until its agent says hello */
	uint64_t scale; /* ns; Weibull scale of the target's lifetime, TIME_NEVER: it never fails */
	double shape;   /* 1: exponential */
	uint64_t other; /* ns; mean (exponential) of a competing crash; TIME_NEVER: none */
	uint64_t host_fault; /* ns; mean of the host's own faults; TIME_NEVER: none */
	double rate;         /* units of work per second */
	uint64_t reclaim;    /* ns from the soak's begin until kswapd scans; the target's law begins
				then, too */
	enum fake_clock clock;
};

/* Hosts whose containers move on: model/cascade.h. */
struct cascade_wish {
	uint64_t hosts;      /* TIME_NEVER: none */
	uint64_t containers; /* of all hosts */
	double rate;         /* deletions per second and container */
	char *moves;         /* "free", "none", "6/m" */
};

struct settings {
	char *kernel;      /* "debian:6.1.0-54-cloud", a bzImage's path */
	struct strv needs; /* what the kernel must offer: names of capabilities.def, CONFIG_X */
	struct guest guest;
	struct load_use *load;
	size_t n_loads;
	struct cascade_wish cascade;
	struct named_list plant; /* faults to plant, by kind: model/plants.h */
	char *exposure_unit;     /* the load whose counter is the second clock; "" the first */
	enum exposure_start exposure_starts;
	struct target target;
	struct detection detect;
	struct boot_policy boot;
	struct limits limits;
	struct evidence_wish evidence;
	struct fake fake;
};

void settings_done(struct settings *s);
json_t *settings_to_json(const struct settings *s);
int settings_from_json(const json_t *j, struct settings *ret, struct err *err);

void pairs_done(struct pairs *p);
void pairs_add(struct pairs *p, const char *key, const char *value);
const char *pairs_get(const struct pairs *p, const char *key); /* NULL where missing */

void named_list_done(struct named_list *l);
struct named *named_add(struct named_list *l, const char *name); /* valid until the next add */
const struct named *named_get(const struct named_list *l, const char *name); /* NULL: missing */

/* Calls `see` for each word list of kernel modules, and of programs, that this use of the load
 * asks for beyond its row: by its parameters `modules` and `programs`, and by its row's `need`. */
void load_use_needs(const struct load_use *use,
		    void (*see)(void *arg, const char *modules, const char *programs), void *arg);

/*
 * Is the sighting of what is looked for? Frames match the guilty function and the trace. It counts
 * as the failure once it has lasted, too.
 */
bool target_matches(const struct target *t, const struct sighting *s);
bool target_lasted(const struct target *t, const struct sighting *s);

#endif
