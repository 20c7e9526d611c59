/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The page as an XML parser sees it: what a guest wrote is text, and nothing else is loaded. */
#include "unit.h"

#include <libxml/parser.h>
#include <libxml/tree.h>
#include <stdlib.h>

#include "report/html_report.h"
#include "run_folder.h"

#define FIXTURE "tests/runs/20261121-142233-fib-rebalance"

struct page {
	char path[64];
	struct run_dir run;
	struct view view;
	struct dossier d;
	struct buf html;
	xmlDocPtr doc;
};

/* --- the page --- */

static void open_page(struct page *p, const char *path)
{
	struct err err = { 0 };
	static struct dossier_run run;

	assert_ok(run_dir_open(".", path, &p->run, &err));
	assert_ok(view_load(&p->run, &p->view, &err));
	run = (struct dossier_run){ .dir = &p->run, .view = &p->view };
	assert_ok(dossier_load(&run, 1, &p->d, &err));
	html_report(&p->d, &p->html);
	p->doc = xmlReadMemory(p->html.data, (int)p->html.len, "report.html", "UTF-8",
			       XML_PARSE_NONET | XML_PARSE_NOERROR);
	if (!p->doc)
		fail_msg("it is not well formed: %s", xmlGetLastError()->message);
}

static void make_page(struct page *p, size_t trials, const char *const *arm, size_t n_arms,
		      const char *words, size_t crashes)
{
	strcpy(p->path, "/tmp/html-XXXXXX");
	assert_non_null(mkdtemp(p->path));
	run_folder_write(p->path, trials, arm, n_arms, words, crashes);
	open_page(p, p->path);
}

static void page_done(struct page *p)
{
	xmlFreeDoc(p->doc);
	dossier_done(&p->d);
	view_done(&p->view);
	run_dir_done(&p->run);
	buf_done(&p->html);
	if (*p->path)
		fs_remove_tree(AT_FDCWD, p->path, NULL);
}

/* --- what the parser saw --- */

typedef void (*element_fn)(xmlNodePtr node, void *arg);

static void walk(xmlNodePtr node, element_fn fn, void *arg)
{
	for (; node; node = node->next) {
		if (node->type == XML_ELEMENT_NODE)
			fn(node, arg);
		walk(node->children, fn, arg);
	}
}

static bool is_a(xmlNodePtr node, const char *name)
{
	return str_eq((const char *)node->name, name);
}

static char *attribute(xmlNodePtr node, const char *name)
{
	return (char *)xmlGetProp(node, (const xmlChar *)name);
}

/* Elements that a report is made of; no guest can add one. */
static void be_ours(xmlNodePtr node, void *arg)
{
	static const char ours[] =
		" html head meta title style body main h1 h2 h3 h4 nav ul li a section p div span "
		"bdi strong table caption thead tbody tr th td br figure figcaption details "
		"summary "
		"svg g line path rect circle text use dl dt dd pre mark code footer ";
	_cleanup_free_
	char *word = xasprintf(" %s ", (const char *)node->name);

	(void)arg;
	if (!strstr(ours, word))
		fail_msg("there is a <%s>", (const char *)node->name);
	for (xmlAttrPtr a = node->properties; a; a = a->next) {
		const char *name = (const char *)a->name;

		if (strncmp(name, "on", 2) == 0 || str_eq(name, "style") || str_eq(name, "src"))
			fail_msg("a <%s> has %s", (const char *)node->name, name);
		if (str_eq(name, "href") && a->children->content[0] != '#')
			fail_msg("a link leads to %s", (const char *)a->children->content);
	}
}

static void no_element_and_no_handler_comes_from_a_guest(void **state)
{
	static const char *const arm[] = { HOSTILE, "two " HOSTILE };
	struct page p = { .html = BUF_INIT };

	(void)state;
	make_page(&p, 30, arm, 2, HOSTILE, 3);
	walk(xmlDocGetRootElement(p.doc), be_ours, NULL);
	page_done(&p);
}

static void what_a_guest_wrote_is_there_as_visible_text(void **state)
{
	static const char *const arm[] = { "one" };
	struct page p = { .html = BUF_INIT };

	(void)state;
	make_page(&p, 6, arm, 1, HOSTILE, 1);
	assert_non_null(strstr(p.html.data, "&lt;script&gt;alert(1)&lt;/script&gt;"));
	assert_non_null(strstr(p.html.data, "\\x1b[31mred\\x1b[0m"));
	assert_non_null(strstr(p.html.data, "\\xe2\\x80\\xaegnp.exe\\xe2\\x80\\xac"));
	assert_non_null(strstr(p.html.data, "\\x80\\xff\\xc3("));
	assert_non_null(strstr(p.html.data, "\\xe2\\x80\\x8b\\xef\\xbb\\xbf"));
	assert_non_null(strstr(p.html.data, "\327\251")); /* a letter that is only a letter */
	page_done(&p);
}

static void no_character_is_left_that_one_cannot_see(void **state)
{
	static const char *const arm[] = { HOSTILE };
	struct page p = { .html = BUF_INIT };

	(void)state;
	make_page(&p, 6, arm, 1, HOSTILE, 1);
	for (size_t i = 0; i < p.html.len;) {
		uint32_t c = 0;
		size_t n = str_utf8(p.html.data + i, p.html.len - i, &c);

		assert_true(n > 0);
		if ((c < 0x20 && c != '\n' && c != '\t') || (c >= 0x7f && c < 0xa0) ||
		    (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
		    (c >= 0x2060 && c <= 0x206f) || c == 0xfeff || c >= 0xfff0)
			fail_msg("U+%04X at byte %zu", c, i);
		i += n;
	}
	page_done(&p);
}

/* Its keys and values are a file's, which anybody may have written. */
static void a_grid_is_a_table_and_its_words_are_text(void **state)
{
	static const char *const arm[] = { "a", "i-b--i-" };
	static const char axes[] = "[{\"key\": \"<b>key</b>\", \"values\": [\"a\", "
				   "\"<i>b</i>\"]}]";
	struct page p = { .html = BUF_INIT };
	struct err err = { 0 };

	(void)state;
	strcpy(p.path, "/tmp/html-XXXXXX");
	assert_non_null(mkdtemp(p.path));
	run_folder_write(p.path, 30, arm, 2, "x", 3);
	{
		_cleanup_close_ int fd = open(p.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		json_t *plan = NULL;

		assert_ok(json_read(fd, RUN_PLAN, &plan, &err));
		json_object_set_new(plan, "grid", json_loads(axes, 0, NULL));
		run_folder_json(fd, RUN_PLAN, plan);
	}
	open_page(&p, p.path);
	walk(xmlDocGetRootElement(p.doc), be_ours, NULL);
	assert_non_null(strstr(p.html.data, "<section id=\"grid\""));
	assert_non_null(strstr(p.html.data, "<th scope=\"row\"><bdi>&lt;i&gt;b&lt;/i&gt;</bdi>"
					    "</th><td class=\"h3\">10/15</td>"));
	page_done(&p);
}

/* --- the policy --- */

static void find_policy(xmlNodePtr node, void *arg)
{
	char **ret = arg;
	char *what = attribute(node, "http-equiv");

	if (what && str_eq(what, "Content-Security-Policy"))
		*ret = attribute(node, "content");
	xmlFree(what);
}

/* tests/cli/report makes the digest with other programs. */
static void the_policy_allows_our_style_and_nothing_else(void **state)
{
	struct page p = { .html = BUF_INIT };
	char *policy = NULL;

	(void)state;
	open_page(&p, FIXTURE);
	walk(xmlDocGetRootElement(p.doc), find_policy, &policy);
	assert_non_null(policy);
	assert_int_equal(strncmp(policy, "default-src 'none'; style-src 'sha256-", 38), 0);
	assert_string_equal(policy + 38 + 44, "'; base-uri 'none'; form-action 'none'");
	assert_int_equal(policy[38 + 43], '=');
	xmlFree(policy);
	page_done(&p);
}

/* --- figures --- */

struct figures {
	size_t images, unnamed, figures, tables;
};

static void count_figures(xmlNodePtr node, void *arg)
{
	struct figures *f = arg;
	char *role = attribute(node, "role"), *label = attribute(node, "aria-label");

	if (is_a(node, "svg") && role) {
		f->images++;
		f->unnamed += !label || !*label;
	}
	if (is_a(node, "figure")) {
		xmlNodePtr next = xmlNextElementSibling(node);

		f->figures++;
		f->tables += next && (is_a(next, "details") || is_a(next, "section"));
	}
	xmlFree(role);
	xmlFree(label);
}

static void every_figure_has_a_name_and_a_table(void **state)
{
	struct page p = { .html = BUF_INIT };
	struct figures f = { 0 };

	(void)state;
	open_page(&p, FIXTURE);
	walk(xmlDocGetRootElement(p.doc), count_figures, &f);
	assert_true(f.figures >= 3);
	assert_int_equal(f.figures, f.tables);
	assert_true(f.images >= f.figures);
	assert_int_equal(f.unnamed, 0);
	page_done(&p);
}

static void sections_come_in_their_order(void **state)
{
	static const char *const id[] = { "verdict",   "survival",    "ratios",
					  "incidence", "kernels",     "crashes",
					  "ledger",    "environment", "again" };
	struct page p = { .html = BUF_INIT };
	const char *at;

	(void)state;
	open_page(&p, FIXTURE);
	at = p.html.data;
	for (size_t i = 0; i < ARRAY_SIZE(id); i++) {
		_cleanup_free_
		char *tag = xasprintf("<section id=\"%s\"", id[i]);

		at = strstr(at, tag);
		if (!at)
			fail_msg("where is %s?", id[i]);
	}
	page_done(&p);
}

static void the_guilty_line_is_marked(void **state)
{
	struct page p = { .html = BUF_INIT };
	const char *mark;

	(void)state;
	open_page(&p, FIXTURE);
	mark = strstr(p.html.data, "<mark>");
	assert_non_null(mark);
	assert_non_null(strstr(mark, "RIP: 0010:fib_rebalance+0x128/0x1b0"));
	assert_true(strstr(mark, "</mark>") > strstr(mark, "fib_rebalance+0x128"));
	page_done(&p);
}

/* --- size --- */

static void a_thousand_trials_are_less_than_200_kb(void **state)
{
	static const char *const arm[] = { "stock", "more-memory", "mglru-off" };
	struct page p = { .html = BUF_INIT };

	(void)state;
	make_page(&p, 1000, arm, ARRAY_SIZE(arm), "BUG: unable to handle page fault in one_thing",
		  9);
	assert_int_equal(p.d.n_trials, 1000);
	if (p.html.len >= 200 * 1000)
		fail_msg("%zu bytes", p.html.len);
	page_done(&p);
}

static void an_empty_run_has_a_page_too(void **state)
{
	static const char *const arm[] = { "one" };
	struct page p = { .html = BUF_INIT };

	(void)state;
	make_page(&p, 0, arm, 1, "words", 1);
	assert_non_null(strstr(p.html.data, "No trial has begun."));
	page_done(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(no_element_and_no_handler_comes_from_a_guest),
		test(what_a_guest_wrote_is_there_as_visible_text),
		test(no_character_is_left_that_one_cannot_see),
		test(a_grid_is_a_table_and_its_words_are_text),
		test(the_policy_allows_our_style_and_nothing_else),
		test(every_figure_has_a_name_and_a_table),
		test(sections_come_in_their_order),
		test(the_guilty_line_is_marked),
		test(a_thousand_trials_are_less_than_200_kb),
		test(an_empty_run_has_a_page_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
