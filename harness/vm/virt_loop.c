/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vm/virt_loop.h"

#include <errno.h>
#include <libvirt/libvirt-qemu.h>
#include <libvirt/virterror.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>

#include "base/json.h"
#include "vm/sweep.h"

enum { QUEUE_MAX = 64, TICK_MS = 20 };

static int call_timer = -1;

/* The call that blocks at present, for the thread. */
static pthread_mutex_t call_lock = PTHREAD_MUTEX_INITIALIZER;
static int call_pidfd = -1;
static uint64_t call_until_ns;

/* What libvirt's callbacks share with us: it lives until the last of them has let go. */
struct queue {
	atomic_int users;
	char uuid[VIR_UUID_STRING_BUFLEN];
	pthread_mutex_t lock;
	struct virt_event event[QUEUE_MAX];
	size_t n;
	int eventfd;
};

enum { N_CALLBACKS = 2 };

struct virt_watch {
	struct loop *loop;
	virConnectPtr conn;
	virt_event_fn fn;
	void *arg;
	struct queue *queue;
	struct loop_source *source;
	int lifecycle, monitor;
	bool busy, dead; /* inside fn; freed from there */
};

static void no_print(void *arg, virErrorPtr e)
{
	(void)arg;
	(void)e;
}

int virt_error(struct err *err, int code, const char *fmt, ...)
{
	const char *why = virGetLastErrorMessage();
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return err_set(err, code, "%s: %s", text, why);
}

static uint64_t real_now_ns(void)
{
	return clock_now_ns(&(struct clock){ .fake = false });
}

static void on_call_tick(int timer, void *arg)
{
	(void)timer;
	(void)arg;
	sweep_reap();
	pthread_mutex_lock(&call_lock);
	if (call_pidfd >= 0 && real_now_ns() > call_until_ns)
		syscall(SYS_pidfd_send_signal, call_pidfd, SIGKILL, NULL, 0);
	pthread_mutex_unlock(&call_lock);
}

static void *run_events(void *arg)
{
	(void)arg;
	for (;;)
		virEventRunDefaultImpl();
	return NULL;
}

/* All signals stay blocked in the thread: they belong to our loop. */
static int start_thread(void)
{
	sigset_t all, before;
	pthread_t thread;
	int r;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	r = pthread_create(&thread, NULL, run_events, NULL);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (r == 0)
		pthread_detach(thread);
	return -r;
}

void virt_hush(void)
{
	virSetErrorFunc(NULL, no_print);
}

int virt_loop_start(struct err *err)
{
	static bool started;
	int r;

	if (started)
		return 0;
	virt_hush();
	if (virInitialize() < 0)
		return virt_error(err, EIO, "libvirt does not start");
	if (virEventRegisterDefaultImpl() < 0)
		return virt_error(err, EIO, "libvirt's event loop does not start");
	call_timer = virEventAddTimeout(-1, on_call_tick, NULL, NULL);
	r = start_thread();
	if (r < 0)
		return err_set(err, -r, "cannot start libvirt's thread: %s", strerror(-r));
	started = true;
	return 0;
}

static void set_call(int pidfd, uint64_t limit_ns)
{
	pthread_mutex_lock(&call_lock);
	call_pidfd = pidfd;
	call_until_ns = real_now_ns() + limit_ns;
	pthread_mutex_unlock(&call_lock);
}

void virt_call_begin_for(int pidfd, uint64_t limit_ns)
{
	set_call(pidfd, limit_ns);
	virEventUpdateTimeout(call_timer, TICK_MS);
}

void virt_call_begin(int pidfd)
{
	virt_call_begin_for(pidfd, VIRT_CALL_MAX_NS);
}

void virt_call_end(void)
{
	virEventUpdateTimeout(call_timer, -1);
	set_call(-1, 0);
}

static struct queue *queue_new(const char *uuid)
{
	struct queue *q = xcalloc(1, sizeof(*q));

	q->users = 1;
	q->eventfd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	snprintf(q->uuid, sizeof(q->uuid), "%s", uuid);
	pthread_mutex_init(&q->lock, NULL);
	return q;
}

static void queue_drop(void *arg)
{
	struct queue *q = arg;

	if (atomic_fetch_sub(&q->users, 1) > 1)
		return;
	if (q->eventfd >= 0)
		close(q->eventfd);
	pthread_mutex_destroy(&q->lock);
	free(q);
}

static bool is_ours(const struct queue *q, virDomainPtr dom)
{
	char uuid[VIR_UUID_STRING_BUFLEN];

	return virDomainGetUUIDString(dom, uuid) == 0 && str_eq(uuid, q->uuid);
}

/* A guest that could make QEMU repeat an event must not make us grow: the end alone finds room. */
static void queue_put(struct queue *q, enum virt_what what, const char *detail)
{
	uint64_t one = 1;
	struct virt_event *e;

	pthread_mutex_lock(&q->lock);
	if (q->n < QUEUE_MAX - 1 || (what == VIRT_ENDED && q->n < QUEUE_MAX)) {
		e = &q->event[q->n++];
		e->what = what;
		snprintf(e->detail, sizeof(e->detail), "%s", detail);
	}
	pthread_mutex_unlock(&q->lock);
	if (write(q->eventfd, &one, sizeof(one)) < 0)
		return; /* full: it is readable as it is */
}

static int on_lifecycle(virConnectPtr conn, virDomainPtr dom, int event, int detail, void *arg)
{
	static const char *const why[] = {
		[VIR_DOMAIN_EVENT_STOPPED_SHUTDOWN] = "shutdown",
		[VIR_DOMAIN_EVENT_STOPPED_DESTROYED] = "destroyed",
		[VIR_DOMAIN_EVENT_STOPPED_CRASHED] = "crashed",
		[VIR_DOMAIN_EVENT_STOPPED_MIGRATED] = "migrated",
		[VIR_DOMAIN_EVENT_STOPPED_SAVED] = "saved",
		[VIR_DOMAIN_EVENT_STOPPED_FAILED] = "failed",
	};
	struct queue *q = arg;

	(void)conn;
	if (event != VIR_DOMAIN_EVENT_STOPPED || !is_ours(q, dom))
		return 0;
	queue_put(q, VIRT_ENDED,
		  detail >= 0 && (size_t)detail < ARRAY_SIZE(why) ? why[detail] : "stopped");
	return 0;
}

/* SHUTDOWN's reason: libvirt's own events do not tell a reset from a power-off. */
static enum virt_what shutdown_kind(const char *reason)
{
	static const struct {
		const char *reason;
		enum virt_what what;
	} kinds[] = {
		{ "guest-reset", VIRT_RESET },
		{ "subsystem-reset", VIRT_RESET },
		{ "guest-panic", VIRT_PANICKED },
	};

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (str_eq(kinds[i].reason, reason))
			return kinds[i].what;
	return VIRT_SHUT_DOWN;
}

static const struct {
	const char *event;
	enum virt_what what;
} monitor_events[] = {
	{ "STOP", VIRT_PAUSED },
	{ "RESUME", VIRT_RESUMED },
	{ "SHUTDOWN", VIRT_SHUT_DOWN },
	{ "GUEST_PANICKED", VIRT_PANICKED },
	{ "BLOCK_IO_ERROR", VIRT_IO_ERROR },
};

static void on_monitor(virConnectPtr conn, virDomainPtr dom, const char *event, long long seconds,
		       unsigned int micros, const char *details, void *arg)
{
	_cleanup_json_ json_t *j = details ? json_loads(details, 0, NULL) : NULL;
	const char *reason = json_string_value(json_object_get(j, "reason"));
	const char *action = json_string_value(json_object_get(j, "action"));
	struct queue *q = arg;

	(void)conn;
	(void)seconds;
	(void)micros;
	if (!is_ours(q, dom))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(monitor_events); i++) {
		enum virt_what what = monitor_events[i].what;

		if (!str_eq(monitor_events[i].event, event))
			continue;
		if (what == VIRT_IO_ERROR && action && str_eq(action, "report"))
			continue; /* the guest goes on, and is told: a fault that was asked for */
		if (what == VIRT_SHUT_DOWN && reason)
			what = shutdown_kind(reason);
		queue_put(q, what, reason ? reason : event);
	}
}

/* Copied out first: fn may take its time, and libvirt's thread must not wait for it. */
static void on_queue(void *arg, uint32_t events)
{
	struct virt_watch *w = arg;
	struct virt_event event[QUEUE_MAX];
	uint64_t count;
	size_t n;

	(void)events;
	if (read(w->queue->eventfd, &count, sizeof(count)) < 0)
		return;
	pthread_mutex_lock(&w->queue->lock);
	n = w->queue->n;
	memcpy(event, w->queue->event, n * sizeof(*event));
	w->queue->n = 0;
	pthread_mutex_unlock(&w->queue->lock);
	w->busy = true;
	for (size_t i = 0; i < n && !w->dead; i++)
		w->fn(w->arg, &event[i]);
	w->busy = false;
	if (w->dead)
		free(w);
}

static int subscribe(struct virt_watch *w, struct err *err)
{
	atomic_fetch_add(&w->queue->users, N_CALLBACKS);
	w->lifecycle = virConnectDomainEventRegisterAny(
		w->conn, NULL, VIR_DOMAIN_EVENT_ID_LIFECYCLE,
		VIR_DOMAIN_EVENT_CALLBACK(on_lifecycle), w->queue, queue_drop);
	if (w->lifecycle < 0)
		queue_drop(w->queue);
	w->monitor = virConnectDomainQemuMonitorEventRegister(
		w->conn, NULL, "^(STOP|RESUME|SHUTDOWN|GUEST_PANICKED|BLOCK_IO_ERROR)$", on_monitor,
		w->queue, queue_drop, VIR_CONNECT_DOMAIN_QEMU_MONITOR_EVENT_REGISTER_REGEX);
	if (w->monitor < 0)
		queue_drop(w->queue);
	if (w->lifecycle < 0 || w->monitor < 0)
		return virt_error(err, EIO, "libvirt tells no events");
	return 0;
}

int virt_watch_new(struct loop *loop, virConnectPtr conn, const char *uuid, virt_event_fn fn,
		   void *arg, struct virt_watch **ret, struct err *err)
{
	struct virt_watch *w = xcalloc(1, sizeof(*w));
	int r = 0;

	*w = (struct virt_watch){
		.loop = loop,
		.conn = conn,
		.fn = fn,
		.arg = arg,
		.lifecycle = -1,
		.monitor = -1,
	};
	w->queue = queue_new(uuid);
	w->source = loop_add_fd(loop, w->queue->eventfd, EPOLLIN, on_queue, w);
	if (!w->source)
		r = err_set(err, errno, "cannot watch libvirt's events: %s", strerror(errno));
	if (r == 0)
		r = subscribe(w, err);
	if (r < 0) {
		virt_watch_free(w);
		return r;
	}
	*ret = w;
	return 0;
}

struct virt_watch *virt_watch_free(struct virt_watch *w)
{
	if (!w)
		return NULL;
	if (w->lifecycle >= 0)
		virConnectDomainEventDeregisterAny(w->conn, w->lifecycle);
	if (w->monitor >= 0)
		virConnectDomainQemuMonitorEventDeregister(w->conn, w->monitor);
	loop_remove(w->loop, w->source);
	queue_drop(w->queue);
	w->dead = true;
	if (!w->busy)
		free(w);
	return NULL;
}
