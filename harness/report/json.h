/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A report as JSON. The layout is described in docs/RESULTS.md and only grows: a key keeps its
 * name and meaning while "version" is the same.
 */
#ifndef KS_REPORT_JSON_H
#define KS_REPORT_JSON_H

#include "base/json.h"
#include "report/dossier.h"

enum { REPORT_VERSION = 1 };

/* Of all runs of a dossier: json_report() of the one, or of each in `runs`, and what the whole adds
 * (docs/report.schema.json). Owned by the caller. */
json_t *json_dossier(const struct dossier *d);

json_t *json_report(const struct view *v); /* owned by the caller */

#endif
