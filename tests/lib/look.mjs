// SPDX-License-Identifier: GPL-3.0-or-later
// look.mjs MODULES CHROMIUM PAGE...: each page in a real browser, light and dark, at 400 and 1400 px.
// Exits 1, naming it, for anything that axe-core or html-validate finds, for what sticks out of the
// page, for a style that the page's own policy refused, and for any request.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

const [modules, chromiumPath, ...pages] = process.argv.slice(2);
const require = createRequire(resolve(modules) + '/');
const { chromium } = require('playwright-core');
const { HtmlValidate } = require('html-validate');
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const faults = [];

// The page is XML too, so that a strict parser can be asked: hence the void elements with a slash.
const validator = new HtmlValidate({
	extends: ['html-validate:recommended'],
	rules: { 'void-style': ['error', { style: 'selfclose' }], 'attribute-boolean-style': ['error', { style: 'name' }] },
});

function outside() {
	const width = document.documentElement.clientWidth;
	const out = [...document.querySelectorAll('body *')].filter((e) => {
		const r = e.getBoundingClientRect();
		return r.width && (r.right > width + 1 || r.left < -1) && !e.closest('.wide') && !e.closest('.v');
	});
	if (document.documentElement.scrollWidth > width) out.unshift(document.documentElement);
	return out.slice(0, 3).map((e) => e.outerHTML.slice(0, 100));
}

async function look(browser, page, scheme, width) {
	const where = `${page} ${scheme} ${width}`;
	const context = await browser.newContext({ colorScheme: scheme, viewport: { width, height: 900 } });
	const tab = await context.newPage();
	tab.on('console', (m) => faults.push(`${where}: ${m.text()}`));
	tab.on('request', (r) => r.url().startsWith('file:') || faults.push(`${where}: asks for ${r.url()}`));
	await tab.goto('file://' + resolve(page));
	for (const e of await tab.evaluate(outside)) faults.push(`${where}: sticks out: ${e}`);
	await tab.evaluate(() => document.querySelectorAll('details').forEach((d) => (d.open = true)));
	await tab.evaluate(axe);
	for (const v of (await tab.evaluate(() => axe.run())).violations)
		faults.push(`${where}: ${v.id} (${v.impact}): ${v.nodes[0].html.slice(0, 160)}`);
	await context.close();
}

const browser = await chromium.launch({ executablePath: chromiumPath, args: ['--no-sandbox'] });
for (const page of pages) {
	const report = await validator.validateString(readFileSync(page, 'utf8'), page);
	for (const r of report.results)
		for (const m of r.messages) faults.push(`${page}:${m.line}:${m.column}: ${m.ruleId}: ${m.message}`);
	for (const scheme of ['light', 'dark']) for (const width of [400, 1400]) await look(browser, page, scheme, width);
}
await browser.close();
console.log(faults.slice(0, 20).join('\n'));
process.exit(faults.length ? 1 : 0);
