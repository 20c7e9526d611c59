/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/html.h"

#include "base/sha256.h"

void html_done(struct html *h)
{
	buf_done(&h->body);
	strv_done(&h->id);
	strv_done(&h->title);
	*h = (struct html)HTML_INIT;
}

enum { STACKED_FROM = 46 /* columns of letters */ };

/* --- text --- */

static const char *entity_of(char c)
{
	switch (c) {
	case '&': return "&amp;";
	case '<': return "&lt;";
	case '>': return "&gt;";
	case '"': return "&quot;";
	case '\'': return "&#39;";
	}
	return NULL;
}

void html_text_n(struct buf *out, const char *s, size_t n)
{
	_cleanup_buf_ struct buf clean = BUF_INIT;

	str_sanitise(&clean, s, n, false);
	for (size_t i = 0; i < clean.len; i++) {
		const char *entity = entity_of(clean.data[i]);

		if (entity)
			buf_puts(out, entity);
		else
			buf_putc(out, clean.data[i]);
	}
}

void html_text(struct buf *out, const char *s)
{
	html_text_n(out, s, strlen(s));
}

void html_name(struct buf *out, const char *s)
{
	buf_puts(out, "<bdi>");
	html_text(out, s);
	buf_puts(out, "</bdi>");
}

/* --- sections and tables --- */

void html_section(struct html *h, const char *id, const char *title)
{
	if (h->id.n)
		buf_puts(&h->body, "</section>\n");
	strv_add(&h->id, id);
	strv_add(&h->title, title);
	buf_printf(&h->body, "<section id=\"%s\" aria-labelledby=\"h-%s\">\n<h2 id=\"h-%s\">", id,
		   id, id);
	html_text(&h->body, title);
	buf_puts(&h->body, "</h2>\n");
}

void html_paragraph(struct html *h, const char *class, const char *text)
{
	buf_printf(&h->body, *class ? "<p class=\"%s\">" : "<p>", class);
	html_text(&h->body, text);
	buf_puts(&h->body, "</p>\n");
}

/* Tables that a telephone cannot show beside each other, one below the other: each cell then has
 * its heading before it. */
static bool is_stacked(const struct columns *c)
{
	return columns_width(c) > STACKED_FROM;
}

static void put_cell(struct html *h, const struct columns *c, size_t i, bool stacked)
{
	const char *class = columns_right(c, i % c->n) ? " class=\"r\"" : "";
	const char *scope = i < c->n ? " scope=\"col\"" : " scope=\"row\"";
	bool head = i < c->n || i % c->n == 0;

	buf_printf(&h->body, head ? "<th%s%s" : "<td%s", class, scope);
	if (stacked && !head) {
		buf_puts(&h->body, " data-h=\"");
		html_text(&h->body, c->cell.item[i % c->n]);
		buf_puts(&h->body, "\"");
	}
	buf_puts(&h->body, ">");
	if (*c->cell.item[i])
		html_name(&h->body, c->cell.item[i]);
	buf_puts(&h->body, head ? "</th>" : "</td>");
}

/* `seen`: or has the caption been read as that of the figure? */
static void put_table(struct html *h, const struct columns *c, const char *caption, bool seen)
{
	const bool stacked = is_stacked(c);

	buf_puts(&h->body, "<section class=\"wide\" tabindex=\"0\" aria-label=\"");
	html_text(&h->body, caption);
	buf_printf(&h->body, ", table %u\">\n<table%s>\n<caption%s>", ++h->figures,
		   stacked ? " class=\"stack\"" : "", seen ? "" : " class=\"v\"");
	html_text(&h->body, caption);
	buf_puts(&h->body, "</caption>\n<thead>\n");
	for (size_t i = 0; i < c->cell.n; i++) {
		if (i % c->n == 0)
			buf_puts(&h->body, "<tr>");
		put_cell(h, c, i, stacked);
		if ((i + 1) % c->n == 0)
			buf_puts(&h->body, i < c->n ? "</tr>\n</thead>\n<tbody>\n" : "</tr>\n");
	}
	buf_puts(&h->body, "</tbody>\n</table>\n</section>\n");
}

void html_table(struct html *h, const struct columns *c, const char *caption)
{
	put_table(h, c, caption, true);
}

/* --- figures --- */

void html_figure(struct html *h)
{
	buf_puts(&h->body, "<figure>\n");
}

void html_figure_end(struct html *h, const char *caption, const struct columns *table)
{
	buf_puts(&h->body, "<figcaption>");
	html_text(&h->body, caption);
	buf_puts(&h->body, "</figcaption>\n</figure>\n");
	if (!table)
		return;
	buf_puts(&h->body, "<details>\n<summary>The same as a table</summary>\n");
	put_table(h, table, caption, false);
	buf_puts(&h->body, "</details>\n");
}

void html_legend(struct html *h, const char *const *name, const size_t *style, size_t n)
{
	buf_puts(&h->body, "<ul class=\"legend\">\n");
	for (size_t i = 0; i < n; i++) {
		buf_printf(&h->body,
			   "<li><svg class=\"key s%zu\" aria-hidden=\"true\"><line class=\"ln\" "
			   "x1=\"0\" y1=\"50%%\" x2=\"100%%\" y2=\"50%%\"/></svg> ",
			   style[i]);
		html_name(&h->body, name[i]);
		buf_puts(&h->body, "</li>\n");
	}
	buf_puts(&h->body, "</ul>\n");
}

/* --- the page --- */

static int hex_digit(char c)
{
	return c <= '9' ? c - '0' : c - 'a' + 10;
}

/* The style sheet's digest as a policy names it: base64 of the 32 bytes. */
static void put_style_digest(struct buf *out)
{
	static const char digit[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	char hex[SHA256_HEX];
	struct sha256 sum;

	sha256_init(&sum);
	sha256_add(&sum, html_style, strlen(html_style));
	sha256_hex(&sum, hex);
	for (size_t i = 0; i < SHA256_HEX - 1;
	     i += 3) { /* 12 bits: two digits; at the end 4: one */
		unsigned v = 0;

		for (size_t k = i; k < i + 3; k++)
			v = v << 4 | (unsigned)(k < SHA256_HEX - 1 ? hex_digit(hex[k]) : 0);
		buf_putc(out, digit[v >> 6]);
		buf_putc(out, i + 3 <= SHA256_HEX - 1 ? digit[v & 63] : '=');
	}
}

static void put_head(const char *title, struct buf *out)
{
	buf_puts(out, "<!DOCTYPE html>\n"
		      "<html lang=\"en\" xmlns=\"http://www.w3.org/1999/xhtml\">\n<head>\n"
		      "<meta charset=\"utf-8\"/>\n"
		      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src "
		      "&#39;none&#39;; style-src &#39;sha256-");
	put_style_digest(out);
	buf_puts(out, "&#39;; base-uri &#39;none&#39;; form-action &#39;none&#39;\"/>\n"
		      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
		      "<meta name=\"color-scheme\" content=\"light dark\"/>\n"
		      "<meta name=\"referrer\" content=\"no-referrer\"/>\n<title>");
	html_text(out, title);
	buf_puts(out, "</title>\n<style>");
	buf_puts(out, html_style);
	buf_puts(out, "</style>\n</head>\n");
}

void html_page(struct html *h, const char *title, struct buf *out)
{
	put_head(title, out);
	buf_puts(out, "<body>\n<main>\n<h1>");
	html_name(out, title);
	buf_puts(out, "</h1>\n<nav aria-label=\"Sections\">\n<ul>\n");
	for (size_t i = 0; i < h->id.n; i++) {
		buf_printf(out, "<li><a href=\"#%s\">", h->id.item[i]);
		html_text(out, h->title.item[i]);
		buf_puts(out, "</a></li>\n");
	}
	buf_puts(out, "</ul>\n</nav>\n");
	buf_append(out, h->body.data, h->body.len);
	buf_printf(out,
		   "%s</main>\n<footer>\n<p>kernsoak " KERNSOAK_VERSION
		   ". No script, no network: this file is all there is.</p>\n"
		   "</footer>\n</body>\n</html>\n",
		   h->id.n ? "</section>\n" : "");
}
