/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * container-churn in parts. What they share: the parameters, a container, what a runtime must be
 * able to do, and the ledger in memory that the supervisor and its workers both see.
 *
 *	container-churn.c  the supervisor: parameters, proof, counts, checks
 *	churn/turn.c       when the next container may begin, at a rate that the host may change
 *	churn/worker.c     creates, executes in, and deletes one container after the other
 *	churn/container.c  what the runtimes share
 *	churn/native.c     a runtime by system calls; others stand in the table of runtime.c
 *	churn/inside.c     what a container does: connections to itself, duplicate addresses, bursts
 *	churn/net.c        bridge, veth, and the container's end of it
 *	churn/overlay.c       overlay mounts over one small tree
 *	churn/left.c       what containers left behind
 */
#ifndef KS_CHURN_CHURN_H
#define KS_CHURN_CHURN_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "../nl.h"

#define CHURN_BRIDGE       "cbr0"
#define CHURN_LINK         "veth" /* and the container's number: the host's end */
#define CHURN_DIR          "/run/churn"
#define CHURN_PARALLEL_MAX 64

struct runtime;

struct churn_config {
	const struct runtime *runtime;
	uint64_t rate; /* millionths per second, to begin with; 0: idle until the host says otherwise */
	uint64_t parallel;
	uint64_t lifetime_ns, delay_ns;
	uint64_t memory_bytes, pids; /* 0: no limit */
	uint64_t execs, udp;
	uint64_t orphan_retries; /* 0: as the kernel has it */
	bool user_ns, hairpin, ipv6, half_closed, kill9, unlink, serialise, promiscuous;
};

/* What a container says of itself when its work is done, over a pipe. */
struct inside_report {
	uint32_t magic;
	uint32_t connected; /* to itself, through the bridge */
	uint32_t refused;   /* such attempts that came to nothing */
	uint32_t half_closed, datagrams;
	uint32_t tentative; /* IPv6 addresses that are still under detection */
};

struct container {
	uint64_t number; /* from 1; names and addresses are made of it */
	pid_t pid;
	int pidfd, netns;
	int report, hold; /* it writes its report; it ends in order when `hold` is closed */
	bool killed;      /* its first process died of a signal */
	char cgroup[320];
};

/*
 * A runtime makes containers, executes something in them, and deletes them: 0 or -errno, `why` the
 * step that failed. delete() undoes what create() came to, however far that was.
 */
struct runtime {
	const char *name;
	bool reports; /* its containers are inside.c's, and their reports come by c->report */
	int (*prepare)(const struct churn_config *cfg, const char **ret_why); /* once, before all */
	int (*create)(const struct churn_config *cfg, struct nl *nl, struct container *c,
		      const char **ret_why);
	int (*exec)(const struct churn_config *cfg, struct container *c, const char **ret_why);
	int (*delete)(const struct churn_config *cfg, struct nl *nl, struct container *c,
		      const char **ret_why);
};

const struct runtime *runtime_by_name(const char *name);
extern const struct runtime runtime_native, runtime_crun, runtime_podman;

enum stage { STAGE_IDLE, STAGE_CREATE, STAGE_EXEC, STAGE_LIVE, STAGE_DELETE, STAGE_COUNT };
extern const char *const stage_names[STAGE_COUNT];

/* The instants at which containers begin; shared by all processes of the load. */
struct turns {
	_Atomic uint64_t rate; /* millionths per second; 0: there are no turns */
	_Atomic uint64_t next_due_ns;
	_Atomic uint32_t changes; /* of the rate; a futex */
	uint64_t random;          /* the tuner's */
};

/* Shared by all processes of the load. */
struct ledger {
	_Atomic uint64_t number; /* of the last container */
	_Atomic uint64_t created, executed, deleted, killed, failed;
	_Atomic uint64_t connected, refused, half_closed, datagrams, tentative;
	struct turns turns;
	_Atomic bool hold; /* no new ones */
	struct slot {
		_Atomic uint32_t stage;
		_Atomic uint64_t since_ns;
	} slot[CHURN_PARALLEL_MAX];
};

/* ---- worker.c ---- */

/* One container from its creation to its end: 0, or -errno and what failed. `event` is a pipe to
 * the supervisor, a byte for each deletion that begins; -1: none. */
int worker_one(const struct churn_config *cfg, struct ledger *l, size_t slot, struct nl *nl,
	       int event, struct inside_report *ret, const char **ret_why);

/* Forks worker number `slot`. It dies with the caller. */
void worker_start(const struct churn_config *cfg, struct ledger *l, size_t slot, int event);

/* ---- turn.c ---- */

void turns_init(struct turns *t, uint64_t rate);
/* From now on at this rate; who waits for a turn hears of it at once. */
void turns_tune(struct turns *t, uint64_t rate);
/* Returns when it is the caller's turn. */
void turns_wait(struct turns *t);

/* ---- container.c ---- */

/* Once, before all: the load's own control group, split for these controllers ("memory pids"), the
 * overlays' tree, the bridge. 0, or -errno and what failed. */
int container_prepare(const struct churn_config *cfg, const char *controllers,
		      const char **ret_why);
/* The load's own group, as cgroups' mount shows it: the containers' are below it. */
const char *container_groups(void);

/* In a process that becomes a container's: both ends as INSIDE_REPORT and INSIDE_HOLD, open for a
 * program. */
void container_give(int report, int hold);
/* Closes what is open of it; -1 then. */
void container_drop(int *fd);
void container_drop_all(struct container *c);
/* The first failure of several steps: r, or else next, with its name. */
int container_step(int r, int next, const char *what, const char **ret_why);

/* ---- net.c ---- */

/* The bridge with its address, and a sink for connections there. */
int net_prepare(const struct churn_config *cfg, const char **ret_why);
/* A veth from the bridge into the namespace of `netns`. */
int net_attach(const struct churn_config *cfg, struct nl *nl, uint64_t number, int netns,
	       const char **ret_why);
int net_detach(struct nl *nl, uint64_t number);
/* In the container's namespace, /proc mounted: addresses, and the rules that make a connection to
 * itself leave by the wire. */
int net_inside(const struct churn_config *cfg, uint64_t number, const char **ret_why);
/* The container's two addresses, and the bridge's; network byte order. */
uint32_t net_own_address(uint64_t number);
uint32_t net_service_address(uint64_t number);
uint32_t net_gateway_address(void);
#define NET_SINK_PORT 7001

/* ---- overlay.c ---- */

int overlay_prepare(const char **ret_why); /* CHURN_DIR and the tree that all containers stand on */
int overlay_mount(uint64_t number);        /* CHURN_DIR/NUMBER/root */
int overlay_umount(uint64_t number);       /* and its folders go */
int overlay_enter(uint64_t number);        /* in a mount namespace of one's own: it becomes / */

/* ---- inside.c ---- */

#define INSIDE_PROGRAM "/bin/inside"
#define INSIDE_MAGIC   0x63687572u
#define INSIDE_REPORT  3 /* the descriptors that it finds open */
#define INSIDE_HOLD    4

/* The program itself, when it is called by the name `inside`. */
int inside_main(int argc, char **argv);
/* Its arguments, with a NULL behind them; valid until the next call. */
#define INSIDE_ARGS 6
void inside_args(const struct churn_config *cfg, const char *what, uint64_t number,
		 char *ret[INSIDE_ARGS]);
/* Replaces the process by it: `what` is "init" or "exec". */
void inside_exec(const struct churn_config *cfg, const char *what, uint64_t number);

/* ---- left.c ---- */

/* What is there of containers; -1: this kernel does not tell. */
struct left {
	int64_t links, cgroups, mounts, folders;
	int64_t namespaces; /* network namespaces of the whole guest */
};

void left_count(struct left *ret);
/*
 * The kernel keeps the memory of the network namespaces that its worker cleaned up together until
 * it cleans up the next (cleanup_net() since the end of 2024, when the last free was put off): two
 * containers that died at the same moment are counted until a third has gone, however long that
 * takes. So one comes and goes, or is not waited for any longer: its process may be blocked then.
 */
void left_push(uint64_t limit_ns);
/* What may be there without being a leak, found in a second before there are containers: with one
 * network namespace come and gone, the memory of that one. */
void left_base(struct left *ret);
/* More than `base` has? ret_text says what: "2 links, 1 network namespace". */
bool left_more(const struct left *base, const struct left *now, char *ret_text, size_t size);
/* "net_namespace=1 mnt_cache=22 ...": objects in use, after the kernel has dropped the free ones.
 */
void left_slabs(char *ret_text, size_t size);

#endif
