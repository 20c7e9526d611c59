/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/verdict.h"

#include <errno.h>
#include <math.h>

static const char *const outcomes[OUTCOME_COUNT] = {
	[OUTCOME_INFRA] = "INFRA",       [OUTCOME_FAILED] = "FAILED",   [OUTCOME_OTHER] = "OTHER",
	[OUTCOME_SURVIVED] = "SURVIVED", [OUTCOME_STOPPED] = "STOPPED",
};

static const char *const steps[STEP_COUNT] = {
	[STEP_PREPARE] = "PREPARE", [STEP_BOOT] = "BOOT",         [STEP_SETTLE] = "SETTLE",
	[STEP_SOAK] = "SOAK",       [STEP_EVIDENCE] = "EVIDENCE", [STEP_GATHER] = "GATHER",
	[STEP_KILL] = "KILL",       [STEP_CLASSIFY] = "CLASSIFY", [STEP_COMMIT] = "COMMIT",
};

const char *outcome_name(enum outcome o)
{
	return outcomes[o];
}

bool outcome_by_name(const char *name, enum outcome *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(outcomes); i++)
		if (str_eq(outcomes[i], name)) {
			*ret = (enum outcome)i;
			return true;
		}
	return false;
}

const char *step_name(enum step s)
{
	return steps[s];
}

/* Only where it is not the soak's begin, as it had always been. */
static void exposure_to_json(const struct verdict *v, json_t *o)
{
	json_set_str(o, "exposure_starts", exposure_starts[v->exposure_starts]);
	if (v->exposure_wait_ns != TIME_NEVER)
		json_set_u64(o, "exposure_wait_ns", v->exposure_wait_ns);
	json_set_bool(o, "before_exposure", v->before_exposure);
}

json_t *verdict_to_json(const struct verdict *v)
{
	json_t *o = json_object();

	json_set_str(o, "outcome", outcome_name(v->outcome));
	json_set_bool(o, "final", v->final);
	json_set_str(o, "step", step_name(v->step));
	json_set_str(o, "reason", v->reason);
	if (v->enough)
		json_set_bool(o, "enough", true);
	json_set_str(o, "arm", v->arm);
	if (v->origin[0])
		json_set_str(o, "origin", v->origin);
	json_set_u64(o, "trial", v->trial);
	json_set_u64(o, "block", v->block);
	json_set_u64(o, "slot", v->slot);
	json_set_u64(o, "seed", v->seed);
	if (v->has_sighting)
		json_object_set_new(o, "sighting", sighting_to_json(&v->sighting));
	json_set_u64(o, "n_sightings", v->n_sightings);
	json_set_u64(o, "exposure_ns", v->exposure_ns);
	json_set_double(o, "exposure_work", v->exposure_work);
	json_set_str(o, "unit", v->unit);
	if (v->exposure_starts != EXPOSURE_BEGIN)
		exposure_to_json(v, o);
	if (v->findings.n)
		json_object_set_new(o, "findings", counts_to_json(&v->findings));
	json_set_u64(o, "boot_ns", v->boot_ns);
	json_set_u64(o, "settle_ns", v->settle_ns);
	json_object_set_new(o, "started_s", json_integer(v->started_s));
	json_set_u64(o, "wall_ns", v->wall_ns);
	json_set_str(o, "kernel", v->kernel);
	json_set_str(o, "accel", v->accel);
	json_set_double(o, "host_load", v->host_load);
	json_set_double(o, "host_steal", v->host_steal);
	json_set_u64(o, "vcpu_ns", v->vcpu_ns);
	json_set_u64(o, "reader_lag_ns", v->reader_lag_ns);
	return o;
}

/* A verdict without an outcome is no verdict; an unknown one is of a newer program. */
static int read_names(const json_t *j, struct verdict *v, struct err *err)
{
	const char *outcome = NULL, *step = "PREPARE";
	size_t i;

	if (json_get_str(j, "outcome", &outcome, err) < 0 ||
	    json_get_str(j, "step", &step, err) < 0)
		return -EINVAL;
	if (!outcome || !outcome_by_name(outcome, &v->outcome))
		return err_set(err, EINVAL,
			       "\"outcome\" should be FAILED, OTHER, SURVIVED, STOPPED "
			       "or INFRA");
	for (i = 0; i < STEP_COUNT && !str_eq(steps[i], step);)
		i++;
	if (i == STEP_COUNT)
		return err_set(err, EINVAL, "\"step\" should be a step of a trial");
	v->step = (enum step)i;
	return 0;
}

static int read_started(const json_t *j, int64_t *ret, struct err *err)
{
	const json_t *o = json_object_get(j, "started_s");

	if (o && !json_is_integer(o))
		return err_set(err, EINVAL, "\"started_s\" should be a whole number");
	*ret = o ? (int64_t)json_integer_value(o) : 0;
	return 0;
}

static int read_sighting(const json_t *j, struct verdict *v, struct err *err)
{
	const json_t *o = json_object_get(j, "sighting");

	v->has_sighting = o && !json_is_null(o);
	return v->has_sighting ? sighting_from_json(o, &v->sighting, err) : 0;
}

static int read_exposure(const json_t *j, struct verdict *v, struct err *err)
{
	const char *starts = exposure_starts[EXPOSURE_BEGIN];

	if (json_get_str(j, "exposure_starts", &starts, err) < 0 ||
	    json_get_bool(j, "before_exposure", &v->before_exposure, err) < 0)
		return -EINVAL;
	if (!exposure_start_by_name(starts, &v->exposure_starts))
		return err_set(err, EINVAL,
			       "\"exposure_starts\" should be begin, first-reclaim or "
			       "first-count");
	v->exposure_wait_ns = v->exposure_starts == EXPOSURE_BEGIN ? 0 : TIME_NEVER;
	return json_get_u64(j, "exposure_wait_ns", &v->exposure_wait_ns, err);
}

int verdict_from_json(const json_t *j, struct verdict *ret, struct err *err)
{
	struct verdict v = { .exposure_work = NAN, .host_load = NAN, .host_steal = NAN };

	if (!json_is_object(j))
		return err_set(err, EINVAL, "a verdict should be an object");
	if (read_names(j, &v, err) < 0 || json_get_bool(j, "final", &v.final, err) < 0 ||
	    json_get_bool(j, "enough", &v.enough, err) < 0 ||
	    json_get_text(j, "reason", v.reason, sizeof(v.reason), err) < 0 ||
	    json_get_text(j, "arm", v.arm, sizeof(v.arm), err) < 0 ||
	    json_get_text(j, "origin", v.origin, sizeof(v.origin), err) < 0 ||
	    json_get_u64(j, "trial", &v.trial, err) < 0 ||
	    json_get_u64(j, "block", &v.block, err) < 0 ||
	    json_get_u64(j, "slot", &v.slot, err) < 0 ||
	    json_get_u64(j, "seed", &v.seed, err) < 0 || read_sighting(j, &v, err) < 0 ||
	    json_get_u64(j, "n_sightings", &v.n_sightings, err) < 0 ||
	    json_get_u64(j, "exposure_ns", &v.exposure_ns, err) < 0 ||
	    json_get_double(j, "exposure_work", &v.exposure_work, err) < 0 ||
	    json_get_text(j, "unit", v.unit, sizeof(v.unit), err) < 0 ||
	    read_exposure(j, &v, err) < 0 ||
	    counts_from_json(json_object_get(j, "findings"), &v.findings, err) < 0 ||
	    json_get_u64(j, "boot_ns", &v.boot_ns, err) < 0 ||
	    json_get_u64(j, "settle_ns", &v.settle_ns, err) < 0 ||
	    read_started(j, &v.started_s, err) < 0 ||
	    json_get_u64(j, "wall_ns", &v.wall_ns, err) < 0 ||
	    json_get_text(j, "kernel", v.kernel, sizeof(v.kernel), err) < 0 ||
	    json_get_text(j, "accel", v.accel, sizeof(v.accel), err) < 0 ||
	    json_get_double(j, "host_load", &v.host_load, err) < 0 ||
	    json_get_double(j, "host_steal", &v.host_steal, err) < 0 ||
	    json_get_u64(j, "vcpu_ns", &v.vcpu_ns, err) < 0 ||
	    json_get_u64(j, "reader_lag_ns", &v.reader_lag_ns, err) < 0)
		return -EINVAL;
	*ret = v;
	return 0;
}
