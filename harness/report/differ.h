/* SPDX-License-Identifier: GPL-3.0-or-later */
/* In what two arms were set up differently, as a scenario would write it. */
#ifndef KS_REPORT_DIFFER_H
#define KS_REPORT_DIFFER_H

#include "base/json.h"
#include "base/str.h"

/*
 * "guest.memory 256MiB -> 512MiB", one a key, in the order of the settings. Either may be NULL (a
 * plan that could not be read): then nothing is known to differ. Text is the file's: not sanitised.
 */
void differ_settings(const json_t *a, const json_t *b, struct strv *ret);

#endif
