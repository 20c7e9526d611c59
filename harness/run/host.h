/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The host's pressure while a trial soaks: a busy host once changed an MTTF eleven times. */
#ifndef KS_RUN_HOST_H
#define KS_RUN_HOST_H

#include "base/buf.h"
#include "base/json.h"

struct host_watch {
	double load_sum;
	uint64_t samples;
	uint64_t steal, total; /* ticks of /proc/stat at the start */
};

void host_watch_start(struct host_watch *w);
/* Once a second. Appends "load=1234 steal=56": the load average in thousandths, ticks stolen since
 * boot. */
void host_watch_sample(struct host_watch *w, struct buf *out);
/* Mean load average and share of stolen CPU time since the start; NaN where /proc does not say. */
void host_watch_end(struct host_watch *w, double *ret_load, double *ret_steal);

/* host.json of a run: processors, memory, kernel, QEMU and libvirt versions as far as they are
 * known. */
json_t *host_describe(void);

#endif
