/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vm/domain.h"

#include <errno.h>
#include <libxml/xmlwriter.h>
#include <stdio.h>

#include "vm/netconsole.h"

#define DOMAIN_QEMU_NAMESPACE "http://libvirt.org/schemas/domain/qemu/1.0"

/* On the first bus of a q35, whose slot 0x1f is the chip set's. */
enum {
	CHANNEL_SLOT = 0x02,
	FIRST_DISK_SLOT = 0x03,
	NETCONSOLE_SLOT = 0x1b,
	WATCHDOG_SLOT = 0x1c,
	BALLOON_SLOT = 0x1d
};

/* libxml2 can only fail by running out of memory, which ends the process anywhere else too. */
static void must(int r)
{
	if (r < 0)
		abort();
}

static void open_(xmlTextWriterPtr w, const char *name)
{
	must(xmlTextWriterStartElement(w, BAD_CAST name));
}

static void close_(xmlTextWriterPtr w)
{
	must(xmlTextWriterEndElement(w));
}

static void attr(xmlTextWriterPtr w, const char *name, const char *value)
{
	must(xmlTextWriterWriteAttribute(w, BAD_CAST name, BAD_CAST value));
}

static void attr_u64(xmlTextWriterPtr w, const char *name, uint64_t value)
{
	must(xmlTextWriterWriteFormatAttribute(w, BAD_CAST name, "%llu",
					       (unsigned long long)value));
}

static void text(xmlTextWriterPtr w, const char *name, const char *value)
{
	must(xmlTextWriterWriteElement(w, BAD_CAST name, BAD_CAST value));
}

/* <name key='value'/> */
static void leaf(xmlTextWriterPtr w, const char *name, const char *key, const char *value)
{
	open_(w, name);
	attr(w, key, value);
	close_(w);
}

static void write_identity(xmlTextWriterPtr w, const struct machine *m)
{
	text(w, "name", m->name);
	text(w, "uuid", m->uuid);
	open_(w, "metadata");
	open_(w, "ks:trial");
	attr(w, "xmlns:ks", DOMAIN_NAMESPACE);
	attr(w, "run", m->run ? m->run : "");
	attr(w, "trial", m->trial ? m->trial : "");
	attr_u64(w, "owner", m->owner_pid);
	close_(w);
	close_(w);
}

static void write_resources(xmlTextWriterPtr w, const struct machine *m)
{
	open_(w, "memory");
	attr(w, "unit", "b");
	must(xmlTextWriterWriteFormatString(w, "%llu", (unsigned long long)m->memory_bytes));
	close_(w);
	must(xmlTextWriterWriteFormatElement(w, BAD_CAST "vcpu", "%llu",
					     (unsigned long long)m->vcpus));
}

static void write_boot(xmlTextWriterPtr w, const struct machine *m)
{
	open_(w, "os");
	open_(w, "type");
	attr(w, "arch", "x86_64");
	attr(w, "machine", m->type ? m->type : "q35");
	must(xmlTextWriterWriteString(w, BAD_CAST "hvm"));
	close_(w);
	text(w, "kernel", m->kernel);
	if (m->initrd && m->initrd[0])
		text(w, "initrd", m->initrd);
	if (m->cmdline && m->cmdline[0])
		text(w, "cmdline", m->cmdline);
	close_(w);
}

/* The last node gets what does not divide. */
static void write_node(xmlTextWriterPtr w, const struct machine *m, uint64_t i)
{
	const uint64_t mib = UINT64_C(1) << 20, share = m->memory_bytes / m->numa / mib * mib;
	const uint64_t first = m->vcpus * i / m->numa, end = m->vcpus * (i + 1) / m->numa;

	open_(w, "cell");
	attr_u64(w, "id", i);
	must(xmlTextWriterWriteFormatAttribute(w, BAD_CAST "cpus", "%llu-%llu",
					       (unsigned long long)first,
					       (unsigned long long)end - 1));
	attr_u64(w, "memory", i + 1 < m->numa ? share : m->memory_bytes - share * i);
	attr(w, "unit", "b");
	close_(w);
}

static void write_numa(xmlTextWriterPtr w, const struct machine *m)
{
	open_(w, "numa");
	for (uint64_t i = 0; i < m->numa; i++)
		write_node(w, m, i);
	close_(w);
}

/* qemu64 boots 14 % faster under TCG than `max`, whose features cost emulation. */
static void write_cpu(xmlTextWriterPtr w, const struct machine *m)
{
	open_(w, "cpu");
	attr(w, "mode", m->kvm ? "host-passthrough" : "custom");
	if (!m->kvm) {
		attr(w, "match", "exact");
		attr(w, "check", "none");
		text(w, "model", "qemu64");
	}
	if (m->numa > 1)
		write_numa(w, m);
	close_(w);
}

static void write_lifecycle(xmlTextWriterPtr w)
{
	open_(w, "features");
	open_(w, "acpi");
	close_(w);
	close_(w);
	leaf(w, "clock", "offset", "utc");
	text(w, "on_poweroff", "destroy");
	text(w, "on_reboot", "destroy");
	text(w, "on_crash", "destroy");
}

static void write_console(xmlTextWriterPtr w, const struct machine *m)
{
	open_(w, "serial");
	attr(w, "type", "file");
	open_(w, "source");
	attr(w, "path", m->console);
	attr(w, "append", "on");
	close_(w);
	open_(w, "target");
	attr(w, "type", "isa-serial");
	attr(w, "port", "0");
	close_(w);
	close_(w);
}

static void write_slot(xmlTextWriterPtr w, unsigned slot)
{
	char text_[8];

	snprintf(text_, sizeof(text_), "0x%02x", slot);
	open_(w, "address");
	attr(w, "type", "pci");
	attr(w, "bus", "0x00");
	attr(w, "slot", text_);
	attr(w, "function", "0x0");
	close_(w);
}

/* On the root bus by its own address: left to libvirt it would hang behind a PCIe root port. */
static void write_channel_controller(xmlTextWriterPtr w)
{
	open_(w, "controller");
	attr(w, "type", "virtio-serial");
	attr(w, "index", "0");
	attr(w, "ports", "2");
	write_slot(w, CHANNEL_SLOT);
	close_(w);
}

static void write_channel(xmlTextWriterPtr w, const struct machine *m)
{
	_cleanup_free_
	char *path = xasprintf("%s/" DOMAIN_SOCKET, m->work ? m->work : ".");

	open_(w, "channel");
	attr(w, "type", "unix");
	open_(w, "source");
	attr(w, "mode", "connect");
	attr(w, "path", path);
	close_(w);
	open_(w, "target");
	attr(w, "type", "virtio");
	attr(w, "name", DOMAIN_CHANNEL);
	close_(w);
	close_(w);
}

/* On the root bus, too. An error of the host's storage stops the guest: it is none of its own, but
 * where the disk is to have some. */
static void write_disk(xmlTextWriterPtr w, const struct machine_disk *d, size_t i)
{
	char target[8] = "vda";

	target[2] = (char)('a' + i);
	open_(w, "disk");
	attr(w, "type", "file");
	attr(w, "device", "disk");
	open_(w, "driver");
	attr(w, "name", "qemu");
	attr(w, "type", "raw");
	attr(w, "cache", d->cache);
	attr(w, "error_policy", d->n_faults ? "report" : "stop");
	attr(w, "discard", "unmap");
	close_(w);
	leaf(w, "source", "file", d->path);
	open_(w, "target");
	attr(w, "dev", target);
	attr(w, "bus", "virtio");
	close_(w);
	if (d->read_only) {
		open_(w, "readonly");
		close_(w);
	}
	text(w, "serial", d->name);
	write_slot(w, FIRST_DISK_SLOT + (unsigned)i);
	close_(w);
}

static void write_watchdog(xmlTextWriterPtr w, const char *action)
{
	open_(w, "watchdog");
	attr(w, "model", "i6300esb");
	attr(w, "action", action);
	write_slot(w, WATCHDOG_SLOT);
	close_(w);
}

static void write_balloon(xmlTextWriterPtr w, bool wanted)
{
	open_(w, "memballoon");
	attr(w, "model", wanted ? "virtio" : "none");
	if (wanted)
		write_slot(w, BALLOON_SLOT);
	close_(w);
}

static void write_devices(xmlTextWriterPtr w, const struct machine *m)
{
	open_(w, "devices");
	text(w, "emulator", DOMAIN_QEMU);
	open_(w, "controller");
	attr(w, "type", "usb");
	attr(w, "model", "none");
	close_(w);
	write_channel_controller(w);
	for (size_t i = 0; i < m->n_disks; i++)
		write_disk(w, &m->disk[i], i);
	write_console(w, m);
	write_channel(w, m);
	if (m->watchdog)
		write_watchdog(w, m->watchdog);
	write_balloon(w, m->balloon);
	close_(w);
}

static void write_argument(xmlTextWriterPtr w, const char *value)
{
	leaf(w, "qemu:arg", "value", value);
}

/* QEMU's options end a value at a comma, but for two. */
static void put_doubled(struct buf *out, const char *s)
{
	for (; *s; s++) {
		buf_putc(out, *s);
		if (*s == ',')
			buf_putc(out, ',');
	}
}

static void put_socket(struct buf *out, const char *end, const struct machine *m, const char *name)
{
	buf_printf(out, ",%s.type=unix,%s.path=", end, end);
	put_doubled(out, m->work ? m->work : ".");
	buf_printf(out, "/%s", name);
}

/* libvirt 9.0 knows no network of datagrams over a unix socket. Nobody else hears what is sent
 * there, as over UDP on this host somebody might. */
static void write_netconsole(xmlTextWriterPtr w, const struct machine *m)
{
	const char *bus = str_eq(m->type ? m->type : "q35", "pc") ? "pci.0" : "pcie.0";
	_cleanup_buf_ struct buf net = BUF_INIT;
	_cleanup_free_
	char *card = xasprintf("virtio-net-pci,netdev=netconsole,mac=" NETCONSOLE_MAC
			       ",romfile=,bus=%s,addr=0x%x",
			       bus, NETCONSOLE_SLOT);

	buf_puts(&net, "dgram,id=netconsole");
	put_socket(&net, "local", m, "netconsole.qemu");
	put_socket(&net, "remote", m, DOMAIN_WITNESS);
	write_argument(w, "-netdev");
	write_argument(w, buf_str(&net));
	write_argument(w, "-device");
	write_argument(w, card);
}

static void write_gdb(xmlTextWriterPtr w, const char *path)
{
	_cleanup_buf_ struct buf chardev = BUF_INIT;

	buf_puts(&chardev, "socket,id=gdb,server=on,wait=off,path=");
	put_doubled(&chardev, path);
	write_argument(w, "-chardev");
	write_argument(w, buf_str(&chardev));
	write_argument(w, "-gdb");
	write_argument(w, "chardev:gdb");
}

static void write_qemu(xmlTextWriterPtr w, const struct machine *m, const char *owner)
{
	open_(w, "qemu:commandline");
	if (m->netconsole)
		write_netconsole(w, m);
	if (m->gdb)
		write_gdb(w, m->gdb);
	if (owner) {
		open_(w, "qemu:env");
		attr(w, "name", "KERNSOAK_OWNER");
		attr(w, "value", owner);
		close_(w);
	}
	close_(w);
}

/* What libvirt has no word for. */
static bool beyond_libvirt(const struct machine *m, const char *owner)
{
	return owner || m->netconsole || m->gdb;
}

static void write_domain(xmlTextWriterPtr w, const struct machine *m, const char *owner)
{
	open_(w, "domain");
	attr(w, "type", m->kvm ? "kvm" : "qemu");
	if (beyond_libvirt(m, owner))
		attr(w, "xmlns:qemu", DOMAIN_QEMU_NAMESPACE);
	write_identity(w, m);
	write_resources(w, m);
	write_boot(w, m);
	write_cpu(w, m);
	write_lifecycle(w);
	write_devices(w, m);
	if (beyond_libvirt(m, owner))
		write_qemu(w, m, owner);
	close_(w);
}

/* XML 1.0 has no way to write a control byte, and libvirt would refuse the whole document. */
static int check_text(const char *field, const char *s, struct err *err)
{
	if (!s)
		return 0;
	if (!xmlCheckUTF8(BAD_CAST s) || strstr(s, "\xef\xbf\xbe") || strstr(s, "\xef\xbf\xbf"))
		return err_set(err, EINVAL, "the guest's %s is not UTF-8", field);
	for (const char *p = s; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			return err_set(err, EINVAL, "the guest's %s holds a control byte (0x%02x)",
				       field, (unsigned char)*p);
	return 0;
}

static int check_machine(const struct machine *m, struct err *err)
{
	const struct {
		const char *field, *value;
	} check[] = {
		{ "name", m->name },
		{ "uuid", m->uuid },
		{ "run", m->run },
		{ "trial", m->trial },
		{ "kernel path", m->kernel },
		{ "initrd path", m->initrd },
		{ "kernel command line", m->cmdline },
		{ "console path", m->console },
		{ "debugger's socket", m->gdb },
		{ "work folder", m->work },
	};
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(check) && r == 0; i++)
		r = check_text(check[i].field, check[i].value, err);
	for (size_t i = 0; i < m->n_disks && r == 0; i++) {
		r = check_text("disk's name", m->disk[i].name, err);
		if (r == 0)
			r = check_text("disk's path", m->disk[i].path, err);
	}
	if (r == 0 && m->n_disks > DOMAIN_DISKS)
		r = err_set(err, EINVAL, "a guest has at most %d disks", DOMAIN_DISKS);
	return r;
}

int domain_xml(const struct machine *m, const char *owner, struct buf *out, struct err *err)
{
	xmlBufferPtr xml;
	xmlTextWriterPtr w;
	int r = check_machine(m, err);

	if (r < 0)
		return r;
	xml = xmlBufferCreate();
	w = xml ? xmlNewTextWriterMemory(xml, 0) : NULL;
	if (!w)
		abort();
	must(xmlTextWriterSetIndent(w, 1));
	must(xmlTextWriterSetIndentString(w, BAD_CAST "  "));
	write_domain(w, m, owner);
	must(xmlTextWriterEndDocument(w));
	xmlFreeTextWriter(w);
	buf_append(out, xmlBufferContent(xml), (size_t)xmlBufferLength(xml));
	xmlBufferFree(xml);
	return 0;
}
