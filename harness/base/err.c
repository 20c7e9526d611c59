/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/str.h"

/* It may quote a guest, a file or a program, and ends on a terminal. */
static void sanitise(struct err *err)
{
	_cleanup_buf_ struct buf clean = BUF_INIT;

	str_sanitise(&clean, err->msg, strlen(err->msg), true);
	snprintf(err->msg, sizeof(err->msg), "%s", buf_str(&clean));
}

int err_set(struct err *err, int code, const char *fmt, ...)
{
	va_list ap;

	if (!err)
		return -code;
	err->code = code;
	va_start(ap, fmt);
	vsnprintf(err->msg, sizeof(err->msg), fmt, ap);
	va_end(ap);
	sanitise(err);
	return -code;
}

int err_wrap(struct err *err, const char *fmt, ...)
{
	char context[512], tail[sizeof(err->msg)];
	va_list ap;

	if (!err)
		return -1;
	va_start(ap, fmt);
	vsnprintf(context, sizeof(context), fmt, ap);
	va_end(ap);
	memcpy(tail, err->msg, sizeof(tail));
	snprintf(err->msg, sizeof(err->msg), "%s: %.*s", context,
		 (int)(sizeof(tail) - sizeof(context) - 3), tail);
	sanitise(err);
	return -err->code;
}

int err_exit(struct err *err, int exit_code)
{
	if (!err)
		return -1;
	if (!err->exit_code)
		err->exit_code = exit_code;
	return -err->code;
}
