/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vm/vm_fake.h"

#include <errno.h>
#include <math.h>
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
	char load[64];                /* whose counter it moves: the job's first, or "fake" */
	double pace;                  /* of the law and the counter: 1, until a rate is tuned */
	uint64_t worked_ns, paced_ns; /* time at pace 1 until then, and then */
	bool broken, gone;
	struct loop_source *boot, *beat, *death, *host_fault, *ready, *begun, *reclaim;
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

/* How long it has worked, at the pace that it has. */
static uint64_t worked_ns(const struct fake_vm *f)
{
	const uint64_t since_ns = loop_now(f->loop) - f->paced_ns;

	return f->worked_ns + (f->pace == 1 ? since_ns : (uint64_t)((double)since_ns * f->pace));
}

static void progress(struct fake_vm *f)
{
	const double s = (double)worked_ns(f) / (double)NS_PER_S;
	const unsigned long long count = (unsigned long long)(s * f->m->fake->rate);

	if (count || f->pace > 0)
		tell(f, "progress load=%s count=%llu up=%llu", f->load, count, up_ns(f));
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
	tell(f, "armed load=%s text=by%%20definition", f->load);
	tell(f, "ready");
}

static void on_host_fault(void *arg)
{
	struct fake_vm *f = arg;

	f->host_fault = NULL;
	f->gone = true;
	f->beat = loop_remove(f->loop, f->beat);
	f->death = loop_remove(f->loop, f->death);
	f->cb->state(f->arg, VM_GONE, "the fake host failed");
}

/* The earlier of the kernel's fates; a broken one does not break again, and its host is left alone.
 */
static void on_death(void *arg)
{
	struct fake_vm *f = arg;

	f->death = NULL;
	f->host_fault = loop_remove(f->loop, f->host_fault);
	progress(f);
	f->broken = true;
	report(f, f->fate.target <= f->fate.other ? target_report : other_report);
}

/* A kernel dies of its work: its fates are lengths of time at pace 1. */
static void await_death(struct fake_vm *f)
{
	const uint64_t life_ns = MIN(f->fate.target, f->fate.other), done_ns = worked_ns(f);
	double left_ns;

	f->death = loop_remove(f->loop, f->death);
	if (life_ns == TIME_NEVER || !(f->pace > 0) || f->broken)
		return;
	left_ns = life_ns > done_ns ? (double)(life_ns - done_ns) / f->pace : 0;
	if (f->pace == 1)
		f->death =
			loop_add_timer(f->loop, f->paced_ns + life_ns - f->worked_ns, on_death, f);
	else if (left_ns < 0x1p62)
		f->death =
			loop_add_timer(f->loop, loop_now(f->loop) + (uint64_t)left_ns, on_death, f);
}

static void set_pace(struct fake_vm *f, double pace)
{
	f->worked_ns = worked_ns(f);
	f->paced_ns = loop_now(f->loop);
	f->pace = pace;
	await_death(f);
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

	f->begun = NULL;
	f->begun_ns = f->paced_ns = loop_now(f->loop);
	if (f->fate.host_fault < MIN(f->fate.target, f->fate.other))
		f->host_fault =
			loop_add_timer(f->loop, f->begun_ns + f->fate.host_fault, on_host_fault, f);
	await_death(f);
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
	f->pace = 1;
	strcpy(f->load, "fake");
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

/* The value of ` key=` in a line, up to the next blank; NULL: there is none. */
static const char *word_of(const char *line, size_t n, const char *key, size_t *ret_n)
{
	const char *at = memmem(line, n, key, strlen(key));

	if (!at)
		return NULL;
	at += strlen(key);
	*ret_n = 0;
	while (at + *ret_n < line + n && !strchr(" \n", at[*ret_n]))
		++*ret_n;
	return at;
}

/* Its rate in millionths per second, as loads have it; NAN: it says none. */
static double rate_of(const char *line, size_t n)
{
	size_t len;
	const char *word = word_of(line, n, " rate=", &len);
	char text[32];

	if (!word || !len || len >= sizeof(text))
		return NAN;
	snprintf(text, sizeof(text), "%.*s", (int)len, word);
	return strtod(text, NULL) / 1e6;
}

/* Of its job it knows the first load's name, and whether that is to idle. */
static void hear_job(struct fake_vm *f, const char *line, size_t n)
{
	const char *load = memmem(line, n, "\nload ", 6), *eol, *name;
	size_t len;

	eol = load ? memchr(load + 1, '\n', (size_t)(line + n - load - 1)) : NULL;
	if (!eol)
		return;
	name = word_of(load, (size_t)(eol - load), " name=", &len);
	if (name && len && len < sizeof(f->load))
		snprintf(f->load, sizeof(f->load), "%.*s", (int)len, name);
	if (rate_of(load, (size_t)(eol - load)) == 0)
		f->pace = 0;
}

static int hear_tune(struct fake_vm *f, const char *line, size_t n)
{
	const double rate = rate_of(line, n);

	if (f->begun_ns && rate >= 0)
		set_pace(f, rate / f->m->fake->rate);
	return 0;
}

static int fake_send(struct vm *vm, const char *line, size_t n)
{
	struct fake_vm *f = (struct fake_vm *)vm;
	uint64_t soon = loop_now(f->loop) + NS_PER_MS;

	if (f->gone)
		return -EPIPE;
	if (n > 5 && memcmp(line, "tune ", 5) == 0)
		return hear_tune(f, line, n);
	if (ends_with(line, n, "settle\n")) /* the job's last line */
		hear_job(f, line, n);
	if (ends_with(line, n, "settle\n"))
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
	struct loop_source **source[] = { &f->boot,  &f->beat,  &f->death,  &f->host_fault,
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
