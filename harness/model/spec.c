/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/spec.h"

#include <errno.h>

void spec_done(struct spec *s)
{
	free(s->run);
	free(s->scenario);
	free(s->arm);
	free(s->uri);
	settings_done(&s->settings);
	*s = (struct spec){ 0 };
}

json_t *spec_to_json(const struct spec *s)
{
	json_t *o = json_object();

	json_set_str(o, "run", s->run ?: "");
	json_set_str(o, "scenario", s->scenario ?: "");
	json_set_str(o, "arm", s->arm ?: "");
	json_set_u64(o, "trial", s->trial);
	json_set_u64(o, "block", s->block);
	json_set_u64(o, "slot", s->slot);
	json_set_u64(o, "seed", s->seed);
	json_set_str(o, "uri", s->uri ?: "");
	json_object_set_new(o, "settings", settings_to_json(&s->settings));
	return o;
}

static int get_string(const json_t *o, const char *key, char **ret, struct err *err)
{
	const char *text = "";
	int r = json_get_str(o, key, &text, err);

	if (r == 0)
		*ret = xstrdup(text);
	return r;
}

static int read_fields(const json_t *j, struct spec *s, struct err *err)
{
	if (get_string(j, "run", &s->run, err) < 0 ||
	    get_string(j, "scenario", &s->scenario, err) < 0 ||
	    get_string(j, "arm", &s->arm, err) < 0 || get_string(j, "uri", &s->uri, err) < 0 ||
	    json_get_u64(j, "trial", &s->trial, err) < 0 ||
	    json_get_u64(j, "block", &s->block, err) < 0 ||
	    json_get_u64(j, "slot", &s->slot, err) < 0 ||
	    json_get_u64(j, "seed", &s->seed, err) < 0)
		return -EINVAL;
	if (s->trial == 0 || s->trial == TIME_NEVER)
		return err_set(err, EINVAL, "\"trial\" should be a number from 1");
	return settings_from_json(json_object_get(j, "settings"), &s->settings, err);
}

int spec_from_json(const json_t *j, struct spec *ret, struct err *err)
{
	struct spec s = { 0 };
	int r;

	if (!json_is_object(j))
		return err_set(err, EINVAL, "a spec should be an object");
	r = read_fields(j, &s, err);
	if (r < 0)
		spec_done(&s);
	else
		*ret = s;
	return r;
}
