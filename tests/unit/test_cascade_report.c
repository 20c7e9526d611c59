/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a report says of cascades that the model played: byte for byte, and never more than its
 * intervals. KERNSOAK_BLESS=1 writes the goldens anew. */
#include "unit.h"

#include <libxml/parser.h>
#include <math.h>
#include <stdio.h>

#include "golden.h"
#include "report/html_report.h"
#include "report/json.h"
#include "report/markdown.h"
#include "report/text.h"

#define FIXTURE "tests/runs/20261121-142233-fib-rebalance"

static const struct cascade_model usual = {
	.hosts = 8,
	.containers = 40,
	.rate = 0.5,
	.lambda = 1 / 1000.0,
	.moves = MOVES_FREE,
	.delay_s = 20,
	.horizon_s = 600,
};

static void play(struct cascades *c, const char *name, double moves, double lambda, size_t n,
		 uint64_t seed)
{
	struct cascades_arm *a = cascades_arm(c, name, c->n_arms);
	struct cascade_model m = usual;
	struct rng r = rng_make(seed);

	m.moves = moves;
	m.lambda = lambda;
	a->moves = moves;
	a->hosts = m.hosts;
	for (size_t i = 0; i < n; i++) {
		struct cascade one;

		cascade_play(&m, &r, &one);
		one.arm = (size_t)(a - c->arm);
		cascades_add(c, &one);
	}
}

static struct cascades three_arms(void)
{
	struct cascades c = { 0 };

	play(&c, "free", MOVES_FREE, usual.lambda, 4, 1);
	play(&c, "limited", 5, usual.lambda, 4, 2);
	play(&c, "none", 0, usual.lambda, 4, 3);
	cascades_reckon(&c);
	return c;
}

static bool says(const struct cascades *c, const char *words)
{
	_cleanup_strv_ struct strv said = { 0 };

	cascade_sentences(c, &said);
	for (size_t i = 0; i < said.n; i++)
		if (strstr(said.item[i], words))
			return true;
	return false;
}

/* --- text --- */

static void the_text_is_the_golden_one(void **state)
{
	_cleanup_cascades_ struct cascades c = three_arms();
	const struct text_style style = { .width = 80, .utf8 = true };
	_cleanup_buf_ struct buf out = BUF_INIT;

	(void)state;
	cascade_text(&c, &style, &out);
	same_as_golden("report-cascade.txt", &out);
}

static void no_line_is_wider_than_the_terminal(void **state)
{
	_cleanup_cascades_ struct cascades c = three_arms();
	const struct text_style style = { .width = 80 };
	_cleanup_buf_ struct buf out = BUF_INIT;

	(void)state;
	cascade_text(&c, &style, &out);
	for (const char *s = buf_str(&out), *end; (end = strchr(s, '\n')); s = end + 1)
		if (end - s > 80)
			fail_msg("%.*s", (int)(end - s), s);
}

/* --- sentences --- */

static void arms_that_are_alike_are_not_said_to_differ(void **state)
{
	_cleanup_cascades_ struct cascades c = three_arms();

	(void)state;
	assert_true(c.alike_p > 0.05);
	assert_true(says(&c, "No arm's deletions are shown to be more dangerous"));
	assert_true(says(&c, "Nothing here says that a limit on moves makes a deletion safer"));
	assert_false(says(&c, "not as dangerous in all arms"));
	assert_true(says(&c, "8 hosts last for "));
}

static void arms_that_differ_are_said_to(void **state)
{
	_cleanup_cascades_ struct cascades c = { 0 };

	(void)state;
	play(&c, "old", MOVES_FREE, 0.001, 4, 1);
	play(&c, "new", MOVES_FREE, 0.0001, 4, 2);
	cascades_reckon(&c);
	assert_true(says(&c, "Deletions are not as dangerous in all arms (p "));
	assert_true(says(&c, "new has 0."));
	assert_true(says(&c, "times the deaths per deletion of old ["));
	assert_false(says(&c, "limit on moves makes")); /* the limits were the same */
}

/* Of free moves the hazard of a host grows, and the model says why; without moves it does not. */
static void growth_is_said_where_the_interval_leaves_0_out_and_nowhere_else(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 40; seed++) {
		_cleanup_cascades_ struct cascades c = { 0 };

		play(&c, "arm", seed % 2 ? MOVES_FREE : 0, 0.001, 6, seed);
		cascades_reckon(&c);
		assert_int_equal(c.arm[0].fit.growth.x_ci.lo > 0, says(&c, "grew: it doubled in"));
		assert_int_equal(c.arm[0].fit.growth.x_ci.hi < 0, says(&c, "fell: it halved in"));
		assert_int_equal(c.all.dead.p < 0.05,
				 says(&c, "With each host that is dead a deletion becomes"));
	}
}

static void without_a_death_there_is_a_bound_and_no_table_of_limits(void **state)
{
	_cleanup_cascades_ struct cascades c = { 0 };
	_cleanup_cascade_outlook_ struct cascade_outlook o = { 0 };
	const struct text_style style = { .width = 80 };
	_cleanup_buf_ struct buf out = BUF_INIT;

	(void)state;
	play(&c, "quiet", 5, 0, 2, 1);
	cascades_reckon(&c);
	cascade_outlook(&c, &o);
	assert_true(o.n_limits == 0 && o.arm[0].points == 0);
	assert_true(says(&c, "No host died in 24000 deletions: at most 0.15 deaths per 1,000"));
	assert_false(says(&c, "last for"));
	cascade_text(&c, &style, &out);
	assert_null(strstr(buf_str(&out), "What the model expects"));
}

static void void_and_open_cascades_are_counted_and_left_out(void **state)
{
	_cleanup_cascades_ struct cascades c = three_arms();
	_cleanup_cascades_ struct cascades only = { .unusable = 1 };
	const struct text_style style = { .width = 80 };
	_cleanup_buf_ struct buf out = BUF_INIT;

	(void)state;
	c.unusable = 2;
	c.open = 1;
	strv_add(&c.why, "host 3 never came up");
	assert_true(says(&c, "2 cascades are left out: host 3 never came up."));
	assert_true(says(&c, "1 cascade is not at an end yet"));
	cascades_reckon(&only);
	cascade_text(&only, &style, &out);
	assert_non_null(strstr(buf_str(&out), "1 cascade is left out: void."));
}

static void runs_without_cascades_show_nothing(void **state)
{
	const struct cascades none = { 0 };
	const struct text_style style = { .width = 80 };
	_cleanup_buf_ struct buf out = BUF_INIT;

	(void)state;
	cascade_text(&none, &style, &out);
	assert_int_equal(out.len, 0);
}

/* --- the outlook --- */

static void limits_that_were_tried_are_in_the_table(void **state)
{
	_cleanup_cascades_ struct cascades c = { 0 };
	_cleanup_cascade_outlook_ struct cascade_outlook o = { 0 };
	bool tried = false;

	(void)state;
	play(&c, "three", 3, usual.lambda, 4, 2);
	play(&c, "none", 0, usual.lambda, 4, 3);
	cascades_reckon(&c);
	cascade_outlook(&c, &o);
	assert_int_equal(o.n_limits, 8);
	for (size_t i = 0; i < o.n_limits; i++) {
		tried |= o.limit[i].moves == 3;
		assert_true(i == 0 || o.limit[i].moves > o.limit[i - 1].moves);
		assert_true(o.limit[i].lo.dead.median <= o.limit[i].mid.dead.median);
		assert_true(o.limit[i].mid.dead.median <= o.limit[i].hi.dead.median);
	}
	assert_true(tried);
	assert_true(o.limit[7].mid.dead.median > o.limit[0].mid.dead.median);
}

static void the_curve_is_the_mean_of_the_cascades(void **state)
{
	_cleanup_cascades_ struct cascades c = three_arms();
	const struct km_row *row = km_at(&c.arm[0].hosts_km, 300);
	double alive = 0;

	(void)state;
	for (size_t i = 0; i < 4; i++)
		for (size_t h = 0; h < 8; h++)
			alive += !(c.item[i].host[h].dead_s <= 300);
	assert_true(fabs(row->surv - alive / 32) < 1e-9);
}

/* --- the other forms: in a run's report --- */

struct report {
	struct run_dir run;
	struct view view;
	struct dossier_run named;
	struct dossier d;
};

static void open_report(struct report *r, const char *arm)
{
	struct err err = { 0 };

	*r = (struct report){ 0 };
	assert_ok(run_dir_open(".", FIXTURE, &r->run, &err));
	assert_ok(view_load(&r->run, &r->view, &err));
	r->named = (struct dossier_run){ .dir = &r->run, .view = &r->view };
	play(&r->view.cascades, arm, MOVES_FREE, usual.lambda, 2, 1);
	play(&r->view.cascades, "none", 0, usual.lambda, 2, 3);
	cascades_reckon(&r->view.cascades);
	assert_ok(dossier_load(&r->named, 1, &r->d, &err));
}

static void report_done(struct report *r)
{
	dossier_done(&r->d);
	view_done(&r->view);
	run_dir_done(&r->run);
}

static void the_page_is_well_formed_whatever_an_arm_is_called(void **state)
{
	struct report r;
	_cleanup_buf_ struct buf page = BUF_INIT;
	xmlDocPtr doc;

	(void)state;
	open_report(&r, "<b>\"&\033[31m");
	html_report(&r.d, &page);
	doc = xmlReadMemory(page.data, (int)page.len, "r.html", "UTF-8",
			    XML_PARSE_NONET | XML_PARSE_NOERROR);
	assert_non_null(doc);
	xmlFreeDoc(doc);
	assert_non_null(strstr(buf_str(&page), "<section id=\"cascades\""));
	assert_non_null(strstr(buf_str(&page), "class=\"md\""));
	assert_null(strstr(buf_str(&page), "<b>"));
	report_done(&r);
}

static void markdown_has_the_sentences_and_the_tables(void **state)
{
	struct report r;
	_cleanup_buf_ struct buf out = BUF_INIT;

	(void)state;
	open_report(&r, "free");
	markdown_report(&r.d, &out);
	assert_non_null(strstr(buf_str(&out), "\n## Cascades\n\n- "));
	assert_non_null(strstr(buf_str(&out), "| deaths per 1,000 [95 %] |"));
	assert_non_null(strstr(buf_str(&out), "What the model expects of 8 hosts"));
	report_done(&r);
}

static void json_has_the_figures(void **state)
{
	struct report r;
	_cleanup_json_ json_t *o = NULL;

	(void)state;
	open_report(&r, "free");
	o = json_dossier(&r.d);
	assert_int_equal(json_integer_value(json_at(o, "cascade.cascades")), 4);
	assert_string_equal(json_string_value(json_at(o, "cascade.arms.1.moves")), "none");
	assert_int_equal(json_array_size(json_at(o, "cascade.arms.0.expected_alive")),
			 CASCADE_POINTS);
	assert_true(json_number_value(json_at(o, "cascade.all.deaths_per_deletion.lo")) > 0);
	assert_int_equal(json_array_size(json_at(o, "cascade.all.stages")), 8);
	assert_true(json_array_size(json_at(o, "cascade.limits")) == 7);
	assert_true(json_array_size(json_at(o, "cascade.sentences")) >= 4);
	report_done(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(the_text_is_the_golden_one),
		test(no_line_is_wider_than_the_terminal),
		test(arms_that_are_alike_are_not_said_to_differ),
		test(arms_that_differ_are_said_to),
		test(growth_is_said_where_the_interval_leaves_0_out_and_nowhere_else),
		test(without_a_death_there_is_a_bound_and_no_table_of_limits),
		test(void_and_open_cascades_are_counted_and_left_out),
		test(runs_without_cascades_show_nothing),
		test(limits_that_were_tried_are_in_the_table),
		test(the_curve_is_the_mean_of_the_cascades),
		test(the_page_is_well_formed_whatever_an_arm_is_called),
		test(markdown_has_the_sentences_and_the_tables),
		test(json_has_the_figures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
