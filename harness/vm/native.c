/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vm/native.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "base/fs.h"
#include "base/user.h"
#include "vm/connect.h"
#include "vm/virt_loop.h"

enum { ANSWER_MAX = 1 << 20 };

static char *command_of(const char *uri, const char *root, const char *xml, struct err *err)
{
	virConnectPtr conn = NULL;
	char *command;

	if (connect_open(uri, root, &conn, err) < 0)
		return NULL;
	virt_call_begin(-1);
	command = virConnectDomainXMLToNative(conn, "qemu-argv", xml, 0);
	if (!command)
		virt_error(err, EIO, "libvirt does not tell QEMU's command line");
	virConnectClose(conn);
	virt_call_end();
	connect_publish();
	return command;
}

static void drop_root(const char *root)
{
	const struct passwd *pw = user_of_guests();

	if (geteuid() != 0 || !pw)
		return;
	if (chown(root, pw->pw_uid, pw->pw_gid) < 0 || setgroups(0, NULL) < 0 ||
	    setgid(pw->pw_gid) < 0 || setuid(pw->pw_uid) < 0)
		_exit(1);
}

/* Never returns, and runs none of the parent's exit handlers. */
static void child(const char *uri, const char *root, const char *xml, int answer)
{
	_cleanup_buf_ struct buf out = BUF_INIT;
	struct err err = { 0 };
	char *command;

	prctl(PR_SET_CHILD_SUBREAPER, 1);
	if (connect_is_embedded(uri))
		drop_root(root);
	command = command_of(uri, root, xml, &err);
	if (command)
		buf_printf(&out, "# QEMU's command line:\n%s\n", command);
	else
		buf_printf(&out, "# no command line of QEMU: %s\n", err.msg);
	_exit(fs_write_all(answer, out.data, out.len) < 0);
}

void native_describe(const char *uri, const char *xml, struct buf *out)
{
	char root[] = "/tmp/kernsoak-describe-XXXXXX";
	int fds[2] = { -1, -1 };
	pid_t pid = -1;

	if (!mkdtemp(root))
		return;
	if (pipe2(fds, O_CLOEXEC) == 0)
		pid = fork();
	if (pid == 0)
		child(uri, root, xml, fds[1]);
	if (fds[1] >= 0)
		close(fds[1]);
	if (pid > 0) {
		fs_read_fd(fds[0], ANSWER_MAX, out);
		waitpid(pid, NULL, 0);
	}
	if (fds[0] >= 0)
		close(fds[0]);
	fs_remove_tree(AT_FDCWD, root, NULL);
}
