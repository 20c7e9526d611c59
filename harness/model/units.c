/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/units.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>

struct unit {
	const char *name;
	uint64_t factor;
};

/* Both tables fall, so that the largest fitting unit comes first. */
static const struct unit times[] = {
	{ "d", 86400 * NS_PER_S },
	{ "h", 3600 * NS_PER_S },
	{ "m", 60 * NS_PER_S },
	{ "s", NS_PER_S },
	{ "ms", NS_PER_MS },
	{ "us", NS_PER_US },
	{ "ns", 1 },
};

static const struct unit sizes[] = {
	{ "TiB", UINT64_C(1) << 40 }, { "GiB", 1 << 30 }, { "MiB", 1 << 20 },
	{ "KiB", 1 << 10 },           { "B", 1 },
};

/* What people write instead, and what they should have. Letter case is looked at first. */
static const char *const mistakes[][2] = {
	{ "KB", "KiB" },       { "MB", "MiB" },  { "GB", "GiB" },   { "TB", "TiB" },
	{ "K", "KiB" },        { "M", "MiB" },   { "G", "GiB" },    { "T", "TiB" },
	{ "KIB", "KiB" },      { "MIB", "MiB" }, { "GIB", "GiB" },  { "TIB", "TiB" },
	{ "SEC", "s" },        { "SECS", "s" },  { "SECOND", "s" }, { "SECONDS", "s" },
	{ "MIN", "m" },        { "MINS", "m" },  { "MINUTE", "m" }, { "MINUTES", "m" },
	{ "HOUR", "h" },       { "HOURS", "h" }, { "HR", "h" },     { "HRS", "h" },
	{ "DAY", "d" },        { "DAYS", "d" },  { "MSEC", "ms" },  { "USEC", "us" },
	{ "\xc2\xb5s", "us" },
};

#define TIME_UNITS "d, h, m, s, ms, us or ns"
#define SIZE_UNITS "KiB, MiB, GiB or TiB"

static const struct unit *unit_by_name(const struct unit *table, size_t n, const char *name,
				       size_t len)
{
	for (size_t i = 0; i < n; i++)
		if (strlen(table[i].name) == len && memcmp(table[i].name, name, len) == 0)
			return &table[i];
	return NULL;
}

static const char *unit_meant(const struct unit *table, size_t n, const char *name, size_t len)
{
	for (; len && *name == ' '; len--)
		name++;
	for (size_t i = 0; i < ARRAY_SIZE(mistakes); i++)
		if (strlen(mistakes[i][0]) == len && strncasecmp(mistakes[i][0], name, len) == 0 &&
		    unit_by_name(table, n, mistakes[i][1], strlen(mistakes[i][1])))
			return mistakes[i][1];
	for (size_t i = 0; i < n; i++)
		if (strlen(table[i].name) == len && strncasecmp(table[i].name, name, len) == 0)
			return table[i].name;
	return NULL;
}

/* Leading digits of s as a number; -ERANGE over 64 bits, -EINVAL without a digit. */
static int leading_number(const char *s, uint64_t *ret, const char **ret_end)
{
	bool over = false;

	*ret = 0;
	*ret_end = s + strspn(s, "0123456789");
	for (const char *p = s; p < *ret_end; p++)
		over = over || __builtin_mul_overflow(*ret, 10, ret) ||
		       __builtin_add_overflow(*ret, (uint64_t)(*p - '0'), ret);
	return over ? -ERANGE : *ret_end == s ? -EINVAL : 0;
}

/* One "30m" at *s, which moves behind it. */
static int quantity(const struct unit *table, size_t n, const char *accepted, const char *whole,
		    const char **s, uint64_t *ret, const struct unit **ret_unit, struct err *err)
{
	const char *name, *meant;
	size_t len = 0;
	uint64_t v;
	int r = leading_number(*s, &v, &name);

	if (r == -EINVAL)
		return err_set(err, EINVAL, "'%.40s' should be a whole number and a unit: %s",
			       whole, accepted);
	while (name[len] && !isdigit((unsigned char)name[len]))
		len++;
	if (r == 0 && len == 0)
		return err_set(err, EINVAL, "'%.40s' has no unit; accepted are %s", whole,
			       accepted);
	if (r == 0 && (*name == '.' || *name == ','))
		return err_set(err, EINVAL,
			       "'%.40s' is not a whole number; write it in a smaller unit (%s)",
			       whole, accepted);
	*ret_unit = r == 0 ? unit_by_name(table, n, name, len) : NULL;
	if (r == 0 && !*ret_unit) {
		meant = unit_meant(table, n, name, len);
		return err_set(err, EINVAL,
			       "'%.40s': there is no unit '%.*s'%s%s%s; accepted are %s", whole,
			       (int)MIN(len, (size_t)20), name, meant ? "; did you mean '" : "",
			       meant ? meant : "", meant ? "'" : "", accepted);
	}
	if (r < 0 || __builtin_mul_overflow(v, (*ret_unit)->factor, ret) || *ret > INT64_MAX)
		return err_set(err, ERANGE, "'%.40s' is too large", whole);
	*s = name + len;
	return 0;
}

int duration_parse(const char *s, uint64_t *ret_ns, struct err *err)
{
	const char *p = s;
	uint64_t sum = 0, part, last = UINT64_MAX;
	const struct unit *unit;

	do {
		int r = quantity(times, ARRAY_SIZE(times), TIME_UNITS, s, &p, &part, &unit, err);

		if (r < 0)
			return r;
		if (unit->factor >= last)
			return err_set(err, EINVAL,
				       "'%.40s': units fall from left to right, as in 1h30m", s);
		last = unit->factor;
		if (__builtin_add_overflow(sum, part, &sum) || sum > INT64_MAX)
			return err_set(err, ERANGE, "'%.40s' is too large", s);
	} while (*p);
	*ret_ns = sum;
	return 0;
}

int size_parse(const char *s, uint64_t *ret_bytes, struct err *err)
{
	const char *p = s;
	const struct unit *unit;
	uint64_t v;
	int r = quantity(sizes, ARRAY_SIZE(sizes), SIZE_UNITS, s, &p, &v, &unit, err);

	if (r < 0)
		return r;
	if (*p)
		return err_set(err, EINVAL, "'%.40s' should be one number and one unit: %s", s,
			       SIZE_UNITS);
	*ret_bytes = v;
	return 0;
}

/* Decimal digits with at most one point; strtod alone would take "inf", "0x1p3" and a locale. */
static int decimal(const char *s, double *ret, const char **ret_end)
{
	const char *p = s;
	bool digit = false;
	double v = 0, scale = 1;

	for (; isdigit((unsigned char)*p); p++, digit = true)
		v = v * 10 + (*p - '0');
	if (*p == '.')
		for (p++; isdigit((unsigned char)*p); p++, digit = true) {
			v = v * 10 + (*p - '0');
			scale *= 10;
		}
	if (!digit || !isfinite(v) || !isfinite(scale))
		return -EINVAL;
	*ret = v / scale;
	*ret_end = p;
	return 0;
}

int number_parse(const char *s, double *ret, struct err *err)
{
	const char *end;
	double v;

	if (decimal(s, &v, &end) < 0 || *end)
		return err_set(err, EINVAL, "'%.40s' should be a plain number such as 1.5", s);
	*ret = v;
	return 0;
}

int share_parse(const char *s, double *ret, struct err *err)
{
	const char *end;
	double v;

	if (decimal(s, &v, &end) < 0 || !str_eq(end, "%"))
		return err_set(err, EINVAL, "'%.40s' should be a share such as 5%%", s);
	*ret = v / 100;
	return 0;
}

int rate_parse(const char *s, double *ret_per_s, struct err *err)
{
	const char *end;
	const struct unit *unit = NULL;
	double v;

	if (decimal(s, &v, &end) == 0 && *end == '/')
		unit = unit_by_name(times, ARRAY_SIZE(times), end + 1, strlen(end + 1));
	if (!unit)
		return err_set(err, EINVAL, "'%.40s' should be a rate such as 4/s, 0.5/m or 10/h",
			       s);
	*ret_per_s = v * (double)NS_PER_S / (double)unit->factor;
	return 0;
}

char *rate_format(char *buf, double per_s)
{
	static const struct {
		const char *name;
		double s;
	} per[] = { { "s", 1 }, { "m", 60 }, { "h", 3600 } };
	size_t i = 0;

	while (i + 1 < ARRAY_SIZE(per) && per_s > 0 && per_s * per[i].s < 0.999999)
		i++;
	snprintf(buf, UNIT_TEXT, "%.6g/%s", per_s * per[i].s, per[i].name);
	return buf;
}

char *duration_format(char *buf, uint64_t ns)
{
	size_t len = 0;

	if (ns == TIME_NEVER)
		return strcpy(buf, "none");
	if (ns == 0)
		return strcpy(buf, "0s");
	for (size_t i = 0; i < ARRAY_SIZE(times); i++) {
		if (ns < times[i].factor)
			continue;
		len += (size_t)snprintf(buf + len, UNIT_TEXT - len, "%llu%s",
					(unsigned long long)(ns / times[i].factor), times[i].name);
		ns %= times[i].factor;
	}
	return buf;
}

/* Two neighbouring units, rounded to the smaller: "2 d 3 h", "43 h 12 m", "1 m 20 s". */
static char *two_units(char *buf, uint64_t ns, const struct unit *big, const struct unit *small)
{
	uint64_t n = (ns + small->factor / 2) / small->factor, ratio = big->factor / small->factor;

	snprintf(buf, UNIT_TEXT, n % ratio ? "%llu %s %llu %s" : "%llu %s",
		 (unsigned long long)(n / ratio), big->name, (unsigned long long)(n % ratio),
		 small->name);
	return buf;
}

char *duration_human(char *buf, uint64_t ns)
{
	enum { DAY, HOUR, MINUTE, SECOND };
	const double s = (double)ns / (double)NS_PER_S;

	if (ns == TIME_NEVER)
		return strcpy(buf, "never");
	if (ns >= 4 * times[DAY].factor)
		return two_units(buf, ns, &times[DAY], &times[HOUR]);
	if (s >= 3599.5)
		return two_units(buf, ns, &times[HOUR], &times[MINUTE]);
	if (s >= 59.95)
		return two_units(buf, ns, &times[MINUTE], &times[SECOND]);
	if (s >= 9.995)
		snprintf(buf, UNIT_TEXT, "%.1f s", s);
	else if (s >= 0.9995 || ns == 0)
		snprintf(buf, UNIT_TEXT, ns ? "%.2f s" : "%.0f s", s);
	else if (s >= 0.0009995)
		snprintf(buf, UNIT_TEXT, "%.3g ms", s * 1e3);
	else if (s >= 0.0000009995)
		snprintf(buf, UNIT_TEXT, "%.3g us", s * 1e6);
	else
		snprintf(buf, UNIT_TEXT, "%.0f ns", s * 1e9);
	return buf;
}

char *size_format(char *buf, uint64_t bytes)
{
	size_t i = 0;

	while (bytes == 0 || bytes % sizes[i].factor)
		if (sizes[i].factor == 1)
			break;
		else
			i++;
	snprintf(buf, UNIT_TEXT, "%llu%s", (unsigned long long)(bytes / sizes[i].factor),
		 sizes[i].name);
	return buf;
}

char *size_human(char *buf, uint64_t bytes)
{
	size_t i = 0;
	double v;

	while (bytes < sizes[i].factor && sizes[i].factor > 1)
		i++;
	v = (double)bytes / (double)sizes[i].factor;
	snprintf(buf, UNIT_TEXT, v < 10 && v != floor(v) ? "%.1f %s" : "%.0f %s", v, sizes[i].name);
	return buf;
}
