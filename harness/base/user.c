/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/user.h"

#include "base/macro.h"

const struct passwd *user_of_guests(void)
{
	static const char *const usual[] = { "libvirt-qemu", "nobody" };
	const char *name = getenv("KERNSOAK_USER");
	const struct passwd *pw = NULL;

	if (name)
		return getpwnam(name);
	for (size_t i = 0; i < ARRAY_SIZE(usual) && !pw; i++)
		pw = getpwnam(usual[i]);
	return pw;
}
