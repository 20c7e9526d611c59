/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "run/host.h"

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>

#include "base/fs.h"
#include "base/proc.h"
#include "base/str.h"

static double load_now(void)
{
	_cleanup_buf_ struct buf b = BUF_INIT;

	return fs_read(AT_FDCWD, "/proc/loadavg", 4096, &b, NULL) == 0 ? strtod(b.data, NULL) : NAN;
}

/* First line of /proc/stat: user nice system idle iowait irq softirq steal ... (proc(5)). */
static void cpu_ticks(uint64_t *ret_steal, uint64_t *ret_total)
{
	_cleanup_buf_ struct buf b = BUF_INIT;
	unsigned long long v[8] = { 0 };

	*ret_steal = *ret_total = 0;
	if (fs_read(AT_FDCWD, "/proc/stat", 1 << 20, &b, NULL) < 0 ||
	    sscanf(b.data, "cpu %llu %llu %llu %llu %llu %llu %llu %llu", v, v + 1, v + 2, v + 3,
		   v + 4, v + 5, v + 6, v + 7) != 8)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(v); i++)
		*ret_total += v[i];
	*ret_steal = v[7];
}

void host_watch_start(struct host_watch *w)
{
	*w = (struct host_watch){ 0 };
	cpu_ticks(&w->steal, &w->total);
}

void host_watch_sample(struct host_watch *w, struct buf *out)
{
	double load = load_now();
	uint64_t steal, total;

	if (!isnan(load)) {
		w->load_sum += load;
		w->samples++;
	}
	cpu_ticks(&steal, &total);
	buf_printf(out, "load=%.0f steal=%llu", isnan(load) ? 0 : load * 1000,
		   (unsigned long long)steal);
}

void host_watch_end(struct host_watch *w, double *ret_load, double *ret_steal)
{
	uint64_t steal, total;

	cpu_ticks(&steal, &total);
	*ret_load = w->samples ? w->load_sum / (double)w->samples : NAN;
	*ret_steal = total > w->total ? (double)(MAX(steal, w->steal) - w->steal) /
						(double)(total - w->total)
				      : NAN;
}

static void put_version(json_t *o, const char *key, const char *const *argv)
{
	_cleanup_buf_ struct buf b = BUF_INIT;

	if (proc_output(argv, 4096, &b, NULL) == 0 && b.len) {
		b.data[strcspn(b.data, "\n")] = 0;
		json_set_str(o, key, b.data);
	}
}

json_t *host_describe(void)
{
	static const char *const qemu[] = { "qemu-system-x86_64", "--version", NULL };
	json_t *o = json_object();
	struct utsname u;
	struct sysinfo si;

	uname(&u);
	json_set_str(o, "kernel", u.release);
	json_set_str(o, "name", u.nodename);
	json_set_u64(o, "cpus", (uint64_t)get_nprocs());
	if (sysinfo(&si) == 0)
		json_set_u64(o, "memory_bytes", (uint64_t)si.totalram * si.mem_unit);
	put_version(o, "qemu", qemu);
	json_set_str(o, "kernsoak", KERNSOAK_VERSION);
	return o;
}
