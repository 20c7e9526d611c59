/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vm/vm_fake.h"

#include <errno.h>
#include <stdio.h>

#include "base/rng.h"

struct fake_vm {
	struct vm vm;
	struct loop *loop;
	const struct machine *m;
	const struct vm_callbacks *cb;
	void *arg;
	struct fake_fate fate;
	uint64_t beat_ns;             /* between two beats */
	uint64_t booted_ns, begun_ns; /* instants; 0: not yet */
	uint64_t beats;
	bool broken, gone;
	struct loop_source *boot, *beat, *death, *ready, *begun, *reclaim;
};

/* What the console says; the forms of Debian's 6.1, cut down to what a reader needs. */
static const char banner[] =
	"[    0.000000] Linux version 6.1.0-fake (kernsoak@fake) #1 SMP PREEMPT_DYNAMIC\n"
	"[    0.000000] Command line: console=ttyS0\n";

static const char target_report[] =
	"[%5llu.%06llu] divide error: 0000 [#1] PREEMPT SMP NOPTI\n"
	"[%5llu.%06llu] CPU: 1 PID: 77 Comm: load Not tainted 6.1.0-fake #1\n"
	"[%5llu.%06llu] RIP: 0010:fake_target+0x128/0x1d0\n"
	"[%5llu.%06llu] Call Trace:\n"
	"[%5llu.%06llu]  <TASK>\n"
	"[%5llu.%06llu]  fake_caller+0x24/0xb0\n"
	"[%5llu.%06llu]  do_syscall_64+0x58/0xc0\n"
	"[%5llu.%06llu]  entry_SYSCALL_64_after_hwframe+0x6e/0xd8\n"
	"[%5llu.%06llu]  </TASK>\n"
	"[%5llu.%06llu] ---[ end trace 0000000000000000 ]---\n";

static const char other_report[] =
	"[%5llu.%06llu] BUG: kernel NULL pointer dereference, address: 0000000000000008\n"
	"[%5llu.%06llu] #PF: supervisor read access in kernel mode\n"
	"[%5llu.%06llu] Oops: 0000 [#1] PREEMPT SMP NOPTI\n"
	"[%5llu.%06llu] RIP: 0010:fake_other+0x11/0x40\n"
	"[%5llu.%06llu] Call Trace:\n"
	"[%5llu.%06llu]  <TASK>\n"
	"[%5llu.%06llu]  fake_foreign+0x24/0xb0\n"
	"[%5llu.%06llu]  do_syscall_64+0x58/0xc0\n"
	"[%5llu.%06llu]  </TASK>\n"
	"[%5llu.%06llu] ---[ end trace 0000000000000000 ]---\n";

static uint64_t draw(struct rng *r, uint64_t scale_ns, double shape)
{
	double v = rng_weibull(r, (double)scale_ns, shape);

	return scale_ns == TIME_NEVER || v >= 0x1p63 ? TIME_NEVER : (uint64_t)v + 1;
}

struct fake_fate fake_fate_draw(const struct fake *law, uint64_t seed)
{
	struct rng r = rng_make(seed);
	struct fake_fate f;

	f.target = draw(&r, law->scale, law->shape);
	f.other = draw(&r, law->other, 1);
	f.host_fault = draw(&r, law->host_fault, 1);
	return f;
}

static void say(struct fake_vm *f, const char *text, size_t n)
{
	if (f->m->console) {
		FILE *out = fopen(f->m->console, "ae");

		if (out) {
			fwrite(text, 1, n, out);
			fclose(out);
		}
	}
	f->cb->console(f->arg, text, n, loop_now(f->loop));
}

/* Prints a report: every %llu.%06llu of the form becomes the guest's time. */
static void report(struct fake_vm *f, const char *form)
{
	_cleanup_buf_ struct buf out = BUF_INIT;
	uint64_t up = loop_now(f->loop) - f->booted_ns;
	static const char stamp[] = "[%5llu.%06llu]";

	for (const char *p = form, *next; *p; p = next) {
		next = strchr(p, '\n') + 1;
		p += sizeof(stamp) - 1;
		buf_printf(&out, "[%5llu.%06llu]%.*s", (unsigned long long)(up / NS_PER_S),
			   (unsigned long long)(up % NS_PER_S / 1000), (int)(next - p), p);
	}
	say(f, out.data, out.len);
}

static void tell(struct fake_vm *f, const char *fmt, ...) PRINTF(2, 3);
static void tell(struct fake_vm *f, const char *fmt, ...)
{
	char line[512];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	f->cb->agent(f->arg, line, (size_t)n, loop_now(f->loop));
}

static unsigned long long up_ns(const struct fake_vm *f)
{
	return loop_now(f->loop) - f->booted_ns;
}

static void progress(struct fake_vm *f)
{
	double s = (double)(loop_now(f->loop) - f->begun_ns) / (double)NS_PER_S;

	tell(f, "progress load=fake count=%llu up=%llu", (unsigned long long)(s * f->m->fake->rate),
	     up_ns(f));
}

static void on_beat(void *arg)
{
	struct fake_vm *f = arg;

	f->beat = loop_add_timer(f->loop, loop_now(f->loop) + f->beat_ns, on_beat, f);
	if (f->begun_ns && !f->broken)
		progress(f);
	tell(f, "beat n=%llu up=%llu", (unsigned long long)++f->beats, up_ns(f));
}

static void on_boot(void *arg)
{
	struct fake_vm *f = arg;

	f->boot = NULL;
	f->booted_ns = loop_now(f->loop);
	say(f, banner, sizeof(banner) - 1);
	f->beat = loop_add_timer(f->loop, loop_now(f->loop) + f->beat_ns, on_beat, f);
	tell(f, "hello proto=1 release=6.1.0-fake machine=fake cpus=%llu mem=%llu up=0",
	     (unsigned long long)f->m->vcpus, (unsigned long long)f->m->memory_bytes);
}

static void on_ready(void *arg)
{
	struct fake_vm *f = arg;

	f->ready = NULL;
	tell(f, "sample up=%llu vm.pgscan_kswapd=0", up_ns(f));
	tell(f, "armed load=fake text=by%%20definition");
	tell(f, "ready");
}

/* The earliest of the three fates happens; a broken kernel's host may still fail, but not again. */
static void on_death(void *arg)
{
	struct fake_vm *f = arg;

	f->death = NULL;
	if (f->fate.host_fault < MIN(f->fate.target, f->fate.other)) {
		f->gone = true;
		f->beat = loop_remove(f->loop, f->beat);
		f->cb->state(f->arg, VM_GONE, "the fake host failed");
		return;
	}
	progress(f);
	f->broken = true;
	report(f, f->fate.target <= f->fate.other ? target_report : other_report);
}

static void on_reclaim(void *arg)
{
	struct fake_vm *f = arg;

	f->reclaim = NULL;
	progress(f);
	tell(f, "sample up=%llu vm.pgscan_kswapd=32", up_ns(f));
}

static void on_begun(void *arg)
{
	struct fake_vm *f = arg;
	uint64_t life = MIN(f->fate.target, MIN(f->fate.other, f->fate.host_fault));

	f->begun = NULL;
	f->begun_ns = loop_now(f->loop);
	if (life != TIME_NEVER)
		f->death = loop_add_timer(f->loop, f->begun_ns + life, on_death, f);
	f->reclaim = loop_add_timer(f->loop, f->begun_ns + f->m->fake->reclaim, on_reclaim, f);
	tell(f, "begun up=%llu", up_ns(f));
}

static int fake_check(const char *uri, struct err *err)
{
	(void)uri;
	(void)err;
	return 0;
}

static int fake_new(struct loop *loop, const struct machine *m, const struct vm_callbacks *cb,
		    void *arg, struct vm **ret, struct err *err)
{
	struct fake_vm *f = xcalloc(1, sizeof(*f));
	uint64_t period;

	(void)err;
	f->loop = loop;
	f->m = m;
	f->cb = cb;
	f->arg = arg;
	f->fate = fake_fate_draw(m->fake, m->seed);
	if (f->fate.target != TIME_NEVER)
		f->fate.target += m->fake->reclaim;
	/* Often enough that no count is far from the truth, seldom enough to be cheap. */
	period = (uint64_t)(20 / MAX(m->fake->rate, 1e-3) * (double)NS_PER_S);
	period = MIN(period, m->fake->scale / 20);
	f->beat_ns = MIN(MAX(period, 20 * NS_PER_MS), 10 * NS_PER_S);
	*ret = &f->vm;
	return 0;
}

static int fake_start(struct vm *vm, struct err *err)
{
	struct fake_vm *f = (struct fake_vm *)vm;

	(void)err;
	f->boot = loop_add_timer(f->loop, loop_now(f->loop) + f->m->fake->boot, on_boot, f);
	return 0;
}

static bool ends_with(const char *s, size_t n, const char *tail)
{
	size_t m = strlen(tail);

	return n >= m && memcmp(s + n - m, tail, m) == 0;
}

static int fake_send(struct vm *vm, const char *line, size_t n)
{
	struct fake_vm *f = (struct fake_vm *)vm;
	uint64_t soon = loop_now(f->loop) + NS_PER_MS;

	if (f->gone)
		return -EPIPE;
	if (ends_with(line, n, "settle\n")) /* the job's last line */
		f->ready = loop_add_timer(f->loop, soon, on_ready, f);
	else if (ends_with(line, n, "begin\n"))
		f->begun = loop_add_timer(f->loop, soon, on_begun, f);
	return 0;
}

static int fake_nothing(struct vm *vm, struct err *err)
{
	(void)vm;
	(void)err;
	return 0;
}

static void fake_stats(struct vm *vm, struct vm_stats *ret)
{
	(void)vm;
	(void)ret;
}

static void fake_destroy(struct vm *vm)
{
	struct fake_vm *f = (struct fake_vm *)vm;
	struct loop_source **source[] = { &f->boot,  &f->beat,  &f->death,
					  &f->ready, &f->begun, &f->reclaim };

	for (size_t i = 0; i < ARRAY_SIZE(source); i++)
		*source[i] = loop_remove(f->loop, *source[i]);
	f->gone = true;
}

static void fake_free(struct vm *vm)
{
	fake_destroy(vm);
	free(vm);
}

static int fake_describe(const struct machine *m, struct buf *out, struct err *err)
{
	(void)err;
	buf_printf(out, "<!-- %s: a fake guest; there is no command line -->\n", m->name);
	return 0;
}

const struct vm_backend vm_fake = {
	.name = "fake",
	.sentence = "a guest that dies by a known law, for tests of everything else",
	.check = fake_check,
	.new = fake_new,
	.start = fake_start,
	.send = fake_send,
	.pause = fake_nothing,
	.nmi = fake_nothing,
	.stats = fake_stats,
	.destroy = fake_destroy,
	.free = fake_free,
	.describe = fake_describe,
};
