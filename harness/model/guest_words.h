/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the words of guest settings may look like: fits() of the schema's rows. */
#ifndef KS_MODEL_GUEST_WORDS_H
#define KS_MODEL_GUEST_WORDS_H

#include <stdbool.h>
#include <stddef.h>

/* 1 to max letters, digits and bytes of `extra`. */
bool word_all_of(const char *s, const char *extra, size_t max);

bool word_is_disk(const char *s);        /* also its serial number, of 20 bytes at most */
bool word_is_mount(const char *s);       /* an absolute path that is not the kernel's own */
bool word_is_options(const char *s);     /* of mount(8): no white space */
bool word_is_args(const char *s);        /* words of a command line */
bool word_is_algorithm(const char *s);   /* of compression */
bool word_is_kernel_file(const char *s); /* below /sys or /proc */
bool word_is_path(const char *s);        /* of a file of this host */

#endif
