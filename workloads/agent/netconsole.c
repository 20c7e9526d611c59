/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "netconsole.h"

#include <dirent.h>
#include <errno.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../kfile.h"
#include "../wire.h"
#include "modules.h"

int netconsole_card(const char *dir, const char *mac, char *ret, size_t size)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	int r = -1;

	while (d && r < 0 && (e = readdir(d))) {
		char path[512], address[32];

		snprintf(path, sizeof path, "%s/%.64s/address", dir, e->d_name);
		if (e->d_name[0] == '.' || kfile_line(path, address, sizeof address) < 0 ||
		    strcasecmp(address, mac) != 0)
			continue;
		snprintf(ret, size, "%.*s", IFNAMSIZ - 1, e->d_name);
		r = 0;
	}
	if (d)
		closedir(d);
	return r;
}

/* Up before netconsole comes: it would wait 4 s for a card that it has to set up itself. Nobody
 * answers there, so that the guest need not ask (IPv6). */
static int bring_up(const char *card)
{
	char path[128];
	struct ifreq req = { 0 };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), r = 0;

	snprintf(path, sizeof path, "/proc/sys/net/ipv6/conf/%s/disable_ipv6", card);
	kfile_write(path, "1");
	snprintf(req.ifr_name, sizeof req.ifr_name, "%s", card);
	if (fd < 0 || ioctl(fd, SIOCGIFFLAGS, &req) < 0)
		r = -errno;
	req.ifr_flags |= IFF_UP;
	if (r == 0 && ioctl(fd, SIOCSIFFLAGS, &req) < 0)
		r = -errno;
	if (fd >= 0)
		close(fd);
	return r;
}

/* Is it among the kernel's consoles now? */
static bool heard_of(void)
{
	char consoles[1024];

	return kfile_read("/proc/consoles", consoles, sizeof consoles) > 0 &&
	       strstr(consoles, "netcon_ext");
}

/* The leading + asks for the extended format, which has sequence numbers. */
static int load_netconsole(const char *tokens, const char *card, char *said, size_t size)
{
	char from[64], to[64], args[256];

	if (wire_get(tokens, "from", from, sizeof from) < 0 ||
	    wire_get(tokens, "to", to, sizeof to) < 0) {
		snprintf(said, size, "netconsole: no addresses");
		return -1;
	}
	snprintf(args, sizeof args, "netconsole=+%s/%s,%s", from, card, to);
	if (heard_of()) {
		snprintf(said, size, "netconsole: there already, by the kernel's command line");
		return 0;
	}
	if (module_load_with("netconsole", args, said, size) != MODULE_LOADED)
		return -1;
	if (!heard_of()) {
		snprintf(said, size, "netconsole: /proc/consoles has no netcon_ext after %s", args);
		return -1;
	}
	snprintf(said, size, "netconsole: %s", args);
	return 0;
}

int netconsole_setup(const char *tokens, char *said, size_t size)
{
	char mac[32], card[IFNAMSIZ];
	int r;

	if (wire_get(tokens, "mac", mac, sizeof mac) < 0) {
		snprintf(said, size, "netconsole: no card's address");
		return -1;
	}
	if (module_load("virtio_net", said, size) == MODULE_FAILED)
		return -1;
	if (netconsole_card("/sys/class/net", mac, card, sizeof card) < 0) {
		snprintf(said, size, "netconsole: no network card has the address %s", mac);
		return -1;
	}
	r = bring_up(card);
	if (r < 0) {
		snprintf(said, size, "netconsole: %s does not come up: %s", card, strerror(-r));
		return -1;
	}
	return load_netconsole(tokens, card, said, size);
}
