/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One page of HTML that needs nothing else: no script, no file, no network, and a policy that
 * forbids them. It is well-formed XML too, so that any parser can prove that what a guest wrote
 * ended up as text.
 *
 * Sections are collected first; html_page() puts the head and the list of sections before them.
 *
 *	struct html h = HTML_INIT;
 *	html_section(&h, "crashes", "Crashes");
 *	buf_puts(&h.body, "<p>"); html_text(&h.body, title); buf_puts(&h.body, "</p>\n");
 *	html_page(&h, "what it is called", &out);
 *	html_done(&h);
 */
#ifndef KS_REPORT_HTML_H
#define KS_REPORT_HTML_H

#include "report/columns.h"

struct html {
	struct buf body;
	struct strv id, title; /* of the sections so far */
	unsigned figures;      /* so far: they are numbered */
};

#define HTML_INIT                                                                                  \
	{                                                                                          \
		.body = BUF_INIT                                                                   \
	}
#define _cleanup_html_ _cleanup_(html_done)
void html_done(struct html *h);

/* Guest and file text as text: controls, broken UTF-8 and what cannot be seen as \xNN
 * (str_sanitise), then escaped for content and for attributes. */
void html_text(struct buf *out, const char *s);
void html_text_n(struct buf *out, const char *s, size_t n);

/* A name within a sentence: right-to-left letters in it leave the rest where it is. */
void html_name(struct buf *out, const char *s);

/* Ends the section before, if any. `id` and `title` are ours. */
void html_section(struct html *h, const char *id, const char *title);

/* A paragraph of a class ("": none), its text escaped. */
void html_paragraph(struct html *h, const char *class, const char *text);

/* The cells as a table: the first row are headings, so is the first cell of each further one.
 * It scrolls by itself where it is too wide. */
void html_table(struct html *h, const struct columns *c, const char *caption);

/* A figure: html_figure(), the <svg> (svg.h), and html_figure_end() with the same as a table. */
void html_figure(struct html *h);
void html_figure_end(struct html *h, const char *caption, const struct columns *table);

/* Names and colours of lines, by their place in the style sheet. */
void html_legend(struct html *h, const char *const *name, const size_t *style, size_t n);

/* The whole page; ends the last section. */
void html_page(struct html *h, const char *title, struct buf *out);

extern const char html_style[]; /* html_style.c */

#endif
