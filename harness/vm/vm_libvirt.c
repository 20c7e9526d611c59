/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vm/vm_libvirt.h"

#include <errno.h>
#include <libvirt/libvirt-qemu.h>
#include <libvirt/libvirt.h>
#include <poll.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "base/exit.h"
#include "base/json.h"
#include "vm/channel.h"
#include "vm/connect.h"
#include "vm/console.h"
#include "vm/domain.h"
#include "vm/faults.h"
#include "vm/here.h"
#include "vm/look.h"
#include "vm/native.h"
#include "vm/netconsole.h"
#include "vm/threads.h"
#include "vm/virt_loop.h"

#define END_NS  (2 * NS_PER_S) /* how long libvirt may take to notice that QEMU is gone */
#define KILL_MS 5000

struct guest_vm {
	struct vm vm;
	struct loop *loop;
	struct here here; /* the caller's machine */
	const struct vm_callbacks *cb;
	void *arg;
	virConnectPtr conn;
	virDomainPtr dom;
	struct virt_watch *watch;
	struct console *console;
	struct channel *channel;
	struct netconsole *netconsole; /* NULL: the machine has none */
	pid_t pid;                     /* of QEMU; 0: not started, or ended */
	int pidfd;
	struct loop_source *exiting, *deadline;
	char exit_word[48]; /* how the process ended, where we saw it */
	uint64_t cpu_ns;
	uint64_t pausing_until; /* the next stop is our wish, if it comes before */
	bool host_ended;        /* QEMU said that somebody on the host ended it */
	bool ending;            /* QEMU is gone, the console is read to its end */
	bool destroyed;         /* by us, or its end was told: no more states and lines */
	enum vm_state end_state;
	char end_detail[64]; /* "" where the guest gave no reason */
	unsigned depth;      /* of callbacks that we are inside of */
	bool dead;           /* freed from there */
};

static void release(struct guest_vm *g)
{
	netconsole_free(g->netconsole);
	channel_free(g->channel);
	console_free(g->console);
	here_done(&g->here);
	free(g);
}

static void leave(struct guest_vm *g)
{
	if (--g->depth == 0 && g->dead)
		release(g);
}

static void on_console(void *arg, const void *data, size_t n, uint64_t at_ns)
{
	struct guest_vm *g = arg;

	if (g->dead)
		return;
	g->depth++;
	g->cb->console(g->arg, data, n, at_ns);
	leave(g);
}

static void on_netconsole(void *arg, const void *data, size_t n, uint64_t at_ns)
{
	struct guest_vm *g = arg;

	if (g->dead || !g->cb->netconsole)
		return;
	g->depth++;
	g->cb->netconsole(g->arg, data, n, at_ns);
	leave(g);
}

static void on_line(void *arg, const char *line, size_t n, uint64_t at_ns)
{
	struct guest_vm *g = arg;

	if (g->destroyed)
		return;
	g->depth++;
	g->cb->agent(g->arg, line, n, at_ns);
	leave(g);
}

static void tell(struct guest_vm *g, enum vm_state state, const char *detail)
{
	if (g->destroyed)
		return;
	g->depth++;
	g->cb->state(g->arg, state, detail);
	leave(g);
}

static uint64_t read_cpu_ns(pid_t pid)
{
	struct timespec t;
	clockid_t clock;

	if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &t) < 0)
		return 0;
	return (uint64_t)t.tv_sec * NS_PER_S + (uint64_t)t.tv_nsec;
}

static void update_cpu(struct guest_vm *g)
{
	if (g->pid)
		g->cpu_ns = MAX(g->cpu_ns, read_cpu_ns(g->pid));
}

/* As the subreaper we are QEMU's parent, and the only one who may reap it. True: a signal ended it.
 */
static bool reap(struct guest_vm *g)
{
	int status;

	update_cpu(g);
	if (waitpid(g->pid, &status, WNOHANG) != g->pid)
		return false;
	if (WIFSIGNALED(status))
		snprintf(g->exit_word, sizeof(g->exit_word), "QEMU was killed by signal %d",
			 WTERMSIG(status));
	else
		snprintf(g->exit_word, sizeof(g->exit_word), "QEMU exited with status %d",
			 WEXITSTATUS(status));
	return WIFSIGNALED(status);
}

static void forget_process(struct guest_vm *g)
{
	g->exiting = loop_remove(g->loop, g->exiting);
	g->deadline = loop_remove(g->loop, g->deadline);
	if (g->pidfd >= 0)
		close(TAKE(g->pidfd, -1));
	g->pid = 0;
}

static void on_console_end(void *arg)
{
	struct guest_vm *g = arg;

	g->depth++;
	tell(g, g->end_state, g->end_detail);
	g->destroyed = true;
	leave(g);
}

/* QEMU is gone. The state is told when the console's last byte has been handed on. */
static void end(struct guest_vm *g, const char *word)
{
	if (g->ending || g->destroyed)
		return;
	g->ending = true;
	if (!g->end_detail[0]) {
		g->end_state = !g->host_ended && str_eq(word, "shutdown") ? VM_SHUT_DOWN : VM_GONE;
		snprintf(g->end_detail, sizeof(g->end_detail), "%s",
			 g->exit_word[0] ? g->exit_word : word);
	}
	console_finish(g->console, on_console_end);
}

static void on_deadline(void *arg)
{
	struct guest_vm *g = arg;

	g->deadline = NULL;
	end(g, "failed");
}

/* Where the guest's reason is known, or there cannot be one, the end is told at once. Else libvirt
 * may tell it a moment later; it never does where its own thread hangs. */
static void on_process_end(void *arg, uint32_t events)
{
	struct guest_vm *g = arg;
	bool killed;

	(void)events;
	killed = reap(g);
	forget_process(g);
	if (g->end_detail[0] || killed)
		end(g, "killed");
	else if (!g->ending)
		g->deadline = loop_add_timer(g->loop, loop_now(g->loop) + END_NS, on_deadline, g);
}

/* Why QEMU stands still, in its own words: "internal-error", "io-error", "paused", "debug". */
static void query_status(struct guest_vm *g, char *ret, size_t size)
{
	_cleanup_json_ json_t *j = NULL;
	const char *status = NULL;
	char *text = NULL;

	virt_call_begin(g->pidfd);
	if (virDomainQemuMonitorCommand(g->dom, "{\"execute\":\"query-status\"}", &text, 0) == 0)
		j = json_loads(text, 0, NULL);
	virt_call_end();
	status = json_string_value(json_object_get(json_object_get(j, "return"), "status"));
	snprintf(ret, size, "%s", status ? status : "stopped");
	free(text);
}

static void on_stopped(struct guest_vm *g)
{
	char status[48];

	if (loop_now(g->loop) < g->pausing_until) {
		g->pausing_until = 0;
		tell(g, VM_PAUSED, "paused"); /* may free g */
		return;
	}
	if (g->end_detail[0])
		return;
	query_status(g, status, sizeof(status));
	/* A debugger stops it, and is waited for where it begins stopped. */
	tell(g, g->here.m.gdb && !strstr(status, "error") ? VM_PAUSED : VM_ERROR, status);
}

/* The guest's own reason; what the host did to QEMU ("host-signal") is none. The first counts:
 * QEMU has more to say when it ends afterwards. */
static void on_guest_end(struct guest_vm *g, enum vm_state state, const char *detail)
{
	if (g->end_detail[0])
		return;
	if (str_after(detail, "host-")) {
		g->host_ended = true;
		return;
	}
	g->end_state = state;
	snprintf(g->end_detail, sizeof(g->end_detail), "%s", detail);
}

static void on_event(void *arg, const struct virt_event *e)
{
	struct guest_vm *g = arg;

	if (g->destroyed)
		return;
	switch (e->what) {
	case VIRT_PAUSED: on_stopped(g); break;
	case VIRT_RESUMED: break;
	case VIRT_PANICKED: on_guest_end(g, VM_PANICKED, e->detail); break;
	case VIRT_SHUT_DOWN: on_guest_end(g, VM_SHUT_DOWN, e->detail); break;
	case VIRT_RESET: on_guest_end(g, VM_RESET, e->detail); break;
	case VIRT_IO_ERROR: tell(g, VM_ERROR, "I/O error"); break;
	case VIRT_ENDED: end(g, e->detail); break;
	}
}

static int open_connection(struct guest_vm *g, struct err *err)
{
	_cleanup_free_
	char *root = xasprintf("%s/libvirt", g->here.m.work);

	return connect_open(g->here.m.uri, root, &g->conn, err);
}

static int guest_check(const char *uri, struct err *err)
{
	int r = here_check_qemu(err);

	return r < 0 ? r : connect_check(uri, err);
}

static int create_domain(struct guest_vm *g, struct err *err)
{
	pid_t owner_pid = g->here.m.owner_pid ? (pid_t)g->here.m.owner_pid : getpid();
	_cleanup_free_
	char *owner = sweep_owner(g->here.m.run, g->here.m.trial, owner_pid);
	_cleanup_buf_ struct buf xml = BUF_INIT;
	int r = domain_xml(&g->here.m, owner, &xml, err);

	if (r < 0)
		return r;
	virt_call_begin(-1);
	g->dom = virDomainCreateXML(
		g->conn, xml.data,
		(connect_is_embedded(g->here.m.uri) ? 0 : VIR_DOMAIN_START_AUTODESTROY) |
			(g->here.m.paused ? VIR_DOMAIN_START_PAUSED : 0));
	virt_call_end();
	if (g->dom)
		return 0;
	virt_error(err, EIO, "libvirt cannot start the guest %s", g->here.m.name);
	return err_exit(err, EXIT_HOST_UNABLE);
}

/* The soft limit of what QEMU writes into one file: who has given root up could not raise a hard
 * one again. */
static void cap_files(pid_t pid, rlim_t bytes)
{
	struct rlimit cap;

	if (prlimit(pid, RLIMIT_FSIZE, NULL, &cap) < 0)
		return;
	cap.rlim_cur = MIN(bytes, cap.rlim_max);
	prlimit(pid, RLIMIT_FSIZE, &cap, NULL);
}

/* Not finding it (another user's, a daemon's in another namespace) loses the CPU time, the cap on
 * the console and the last resort, not the guest. */
static void adopt_process(struct guest_vm *g)
{
	g->pid = sweep_find(g->here.m.uuid);
	if (!g->pid)
		return;
	g->pidfd = (int)syscall(SYS_pidfd_open, g->pid, 0);
	if (g->pidfd < 0 || !sweep_is(g->pid, g->here.m.uuid)) {
		forget_process(g);
		return;
	}
	cap_files(g->pid, here_file_limit(&g->here.m));
	g->exiting = loop_add_fd(g->loop, g->pidfd, EPOLLIN, on_process_end, g);
	if (!g->exiting)
		forget_process(g);
}

static int open_ends(struct guest_vm *g, struct err *err)
{
	_cleanup_free_
	char *socket = xasprintf("%s/" DOMAIN_SOCKET, g->here.m.work);
	_cleanup_free_
	char *witness = xasprintf("%s/" DOMAIN_WITNESS, g->here.m.work);
	int r = console_new(g->loop, g->here.m.console, on_console, g, &g->console, err);

	if (r == 0)
		r = channel_new(g->loop, socket, VM_LINE_MAX, on_line, g, &g->channel, err);
	if (r == 0 && g->here.m.netconsole)
		r = netconsole_new(g->loop, witness, on_netconsole, g, &g->netconsole, err);
	return r < 0 ? err_exit(err, EXIT_CANNOT_WRITE) : 0;
}

/* QEMU dies in a moment of SIGKILL; libvirt would ask it politely and look every 0.2 s. Its file of
 * the console is complete: each byte is written when the guest sends it. */
static void kill_process(struct guest_vm *g)
{
	if (!g->pid)
		return;
	update_cpu(g);
	syscall(SYS_pidfd_send_signal, g->pidfd, SIGKILL, NULL, 0);
	poll(&(struct pollfd){ .fd = g->pidfd, .events = POLLIN }, 1, KILL_MS);
	reap(g);
	forget_process(g);
}

static void guest_destroy(struct vm *vm)
{
	struct guest_vm *g = (struct guest_vm *)vm;

	g->destroyed = true;
	kill_process(g);
	g->watch = virt_watch_free(g->watch);
	virt_call_begin(-1);
	if (g->dom) {
		virDomainDestroy(g->dom);
		virDomainFree(TAKE(g->dom, NULL));
	}
	if (g->conn)
		virConnectClose(TAKE(g->conn, NULL));
	virt_call_end();
	forget_process(g);
}

static int guest_new(struct loop *loop, const struct machine *m, const struct vm_callbacks *cb,
		     void *arg, struct vm **ret, struct err *err)
{
	struct guest_vm *g = xcalloc(1, sizeof(*g));

	(void)err;
	g->loop = loop;
	here_make(m, &g->here);
	g->cb = cb;
	g->arg = arg;
	g->pidfd = -1;
	*ret = &g->vm;
	return 0;
}

static int guest_start(struct vm *vm, struct err *err)
{
	struct guest_vm *g = (struct guest_vm *)vm;
	int r = here_check(&g->here.m, err);

	prctl(PR_SET_CHILD_SUBREAPER, 1);
	if (r == 0)
		r = open_ends(g, err);
	if (r == 0)
		r = open_connection(g, err);
	if (r == 0)
		r = virt_watch_new(g->loop, g->conn, g->here.m.uuid, on_event, g, &g->watch, err);
	if (r == 0)
		r = create_domain(g, err);
	if (r < 0) {
		guest_destroy(vm);
		return r;
	}
	adopt_process(g);
	connect_publish();
	return 0;
}

static int guest_send(struct vm *vm, const char *line, size_t n)
{
	struct guest_vm *g = (struct guest_vm *)vm;

	return g->channel && !g->destroyed ? channel_send(g->channel, line, n) : -EPIPE;
}

/* A call into libvirt that asks QEMU something. */
static int ask(struct guest_vm *g, int (*call)(virDomainPtr), const char *what, struct err *err)
{
	int r;

	if (!g->dom)
		return err_set(err, ESRCH, "the guest %s is gone", g->here.m.name);
	virt_call_begin(g->pidfd);
	r = call(g->dom);
	virt_call_end();
	return r == 0 ? 0
		      : virt_error(err, EIO, "libvirt cannot %s the guest %s", what,
				   g->here.m.name);
}

static int guest_pause(struct vm *vm, struct err *err)
{
	struct guest_vm *g = (struct guest_vm *)vm;
	int r;

	g->pausing_until = TIME_NEVER;
	r = ask(g, virDomainSuspend, "pause", err);
	if (r < 0)
		g->pausing_until = 0;
	return r;
}

static int inject_nmi(virDomainPtr dom)
{
	return virDomainInjectNMI(dom, 0);
}

static int guest_nmi(struct vm *vm, struct err *err)
{
	return ask((struct guest_vm *)vm, inject_nmi, "send an NMI to", err);
}

static int gone(const struct guest_vm *g, struct err *err)
{
	return g->dom && g->pid ? 0 : err_set(err, ESRCH, "QEMU is gone");
}

static int ask_qemu(void *arg, const json_t *command, json_t **ret, struct err *err)
{
	struct guest_vm *g = arg;

	return look_ask(g->dom, g->pidfd, command, ret, err);
}

/* libvirt's own word for what the guest has is that of the last event, so QEMU is asked. */
static int balloon_now(struct guest_vm *g, uint64_t *ret, struct err *err)
{
	_cleanup_json_ json_t *query = json_pack("{s:s}", "execute", "query-balloon");
	_cleanup_json_ json_t *said = NULL;
	int r = ask_qemu(g, query, &said, err);

	return r < 0 ? r : json_get_u64(said, "actual", ret, err);
}

static int guest_balloon(struct vm *vm, uint64_t bytes, uint64_t *ret_now, struct err *err)
{
	struct guest_vm *g = (struct guest_vm *)vm;
	int r = gone(g, err);

	if (r == 0)
		r = balloon_now(g, ret_now, err);
	if (r < 0)
		return r;
	virt_call_begin(g->pidfd);
	r = virDomainSetMemory(g->dom, bytes / 1024);
	virt_call_end();
	return r == 0 ? 0 : virt_error(err, EIO, "libvirt cannot set the guest's memory");
}

static int guest_begin_faults(struct vm *vm, struct err *err)
{
	struct guest_vm *g = (struct guest_vm *)vm;
	int r = gone(g, err);

	return r < 0 ? r : faults_begin(&g->here.m, ask_qemu, g, err);
}

static int guest_monitor(struct vm *vm, const char *command, struct buf *out, struct err *err)
{
	struct guest_vm *g = (struct guest_vm *)vm;
	int r = gone(g, err);

	return r < 0 ? r : look_monitor(g->dom, g->pidfd, command, out, err);
}

/* QEMU writes the file: the cap of the console would cut it. The guest stands still meanwhile, and
 * goes on afterwards. */
static int guest_dump(struct vm *vm, const char *path, uint64_t limit_ns, struct err *err)
{
	struct guest_vm *g = (struct guest_vm *)vm;
	int r = gone(g, err);

	if (r < 0)
		return r;
	cap_files(g->pid, RLIM_INFINITY);
	g->pausing_until = TIME_NEVER; /* the event comes later */
	r = look_dump(g->dom, g->pidfd, path, limit_ns, err);
	if (r < 0) /* or not at all */
		g->pausing_until = loop_now(g->loop) + END_NS;
	cap_files(g->pid, here_file_limit(&g->here.m));
	return r;
}

static void guest_stats(struct vm *vm, struct vm_stats *ret)
{
	struct guest_vm *g = (struct guest_vm *)vm;

	update_cpu(g);
	ret->cpu_ns = g->cpu_ns;
	ret->pid = g->pid;
	if (g->pid)
		ret->n_vcpus = threads_vcpu_ns("/proc", g->pid, ret->vcpu_ns, ret->wanted_ns,
					       VM_VCPUS_MAX);
	if (g->console)
		ret->lag_ns = console_lag_ns(g->console);
	if (g->channel)
		ret->dropped_lines = channel_dropped(g->channel);
}

static void guest_free(struct vm *vm)
{
	struct guest_vm *g = (struct guest_vm *)vm;

	guest_destroy(vm);
	g->dead = true;
	if (!g->depth)
		release(g);
}

static int guest_describe(const struct machine *m, struct buf *out, struct err *err)
{
	_cleanup_buf_ struct buf xml = BUF_INIT;
	struct here h;
	int r;

	here_make(m, &h);
	r = domain_xml(&h.m, NULL, &xml, err);
	if (r == 0) {
		buf_append(out, xml.data, xml.len);
		buf_putc(out, '\n');
		native_describe(h.m.uri, xml.data, out);
	}
	here_done(&h);
	return r;
}

const struct vm_backend vm_libvirt = {
	.name = "libvirt",
	.sentence = "QEMU through libvirt",
	.check = guest_check,
	.new = guest_new,
	.start = guest_start,
	.send = guest_send,
	.pause = guest_pause,
	.nmi = guest_nmi,
	.balloon = guest_balloon,
	.begin_faults = guest_begin_faults,
	.monitor = guest_monitor,
	.dump = guest_dump,
	.stats = guest_stats,
	.destroy = guest_destroy,
	.free = guest_free,
	.describe = guest_describe,
};
