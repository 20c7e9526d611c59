/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hello.h"

#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "../kfile.h"

void hello_take(struct wire *w, uint64_t up_ns)
{
	char cmdline[4096];
	struct sysinfo info;
	struct utsname u;

	kfile_line("/proc/cmdline", cmdline, sizeof cmdline);
	uname(&u);
	sysinfo(&info);
	wire_u64(w, "proto", 1);
	wire_text(w, "release", u.release);
	wire_text(w, "version", u.version);
	wire_text(w, "machine", u.machine);
	wire_u64(w, "cpus", (uint64_t)sysconf(_SC_NPROCESSORS_ONLN));
	wire_u64(w, "mem", (uint64_t)info.totalram * info.mem_unit);
	wire_u64(w, "up", up_ns);
	wire_text(w, "cmdline", cmdline); /* last: the one that may not fit */
}
