import { Html, html } from '../views/report-page/html.ts';
import type { Block, Notice } from './notice.ts';

/** Small enough to be pasted into a mail; readable on a phone and on paper. */
const STYLE = `
:root { color-scheme: light dark; --ink: #1c2530; --soft: #5b6876; --line: #dfe4ea; --paper: #ffffff; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6eaef; --soft: #9aa7b5; --line: #2d3742; --paper: #12171d; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 17px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
main { max-width: 38em; margin: 0 auto; padding: 24px 20px 48px; overflow-wrap: anywhere; }
h1 { font-size: 24px; line-height: 1.25; margin: 0 0 18px; } h2 { font-size: 18px; margin: 28px 0 8px; }
p, ul { margin: 0 0 12px; } ul { padding-left: 22px; } li { margin-bottom: 6px; }
table { width: 100%; border-collapse: collapse; margin: 0 0 14px; }
th, td { padding: 8px 12px 8px 0; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); }
th { font-size: 14px; font-weight: 500; color: var(--soft); }
@media (max-width: 480px) { thead { display: none; } td { display: block; padding: 8px 0 0; border: 0; } td:first-child { font-weight: 600; }
  td + td { padding: 0 0 8px; border-bottom: 1px solid var(--line); } }
@media print { :root { color-scheme: light; --ink: #000; --soft: #444; --line: #bbb; --paper: #fff; } body { font-size: 12pt; } main { max-width: none; padding: 0; }
  h2 { break-after: avoid; } tr, li { break-inside: avoid; } }
`;

/** The notice as one page: no script, no font, no picture. */
export function noticePage({ title, blocks }: Notice): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${title}</title>
<style>${new Html(STYLE)}</style>
</head>
<body><main>
<h1>${title}</h1>
${blocks.map(blockHtml)}</main></body>
</html>
`.text;
}

function blockHtml(block: Block): Html {
  switch (block.kind) {
    case 'text':
      return html`<p>${block.text}</p>\n`;
    case 'heading':
      return html`<h2>${block.text}</h2>\n`;
    case 'list':
      return html`<ul>${block.items.map((item) => html`<li>${item}</li>`)}</ul>\n`;
    case 'table':
      return html`<table><thead><tr>${block.head.map((cell) => html`<th>${cell}</th>`)}</tr></thead>
<tbody>${block.rows.map((row) => html`<tr>${row.map((cell) => html`<td>${cell}</td>`)}</tr>`)}</tbody></table>\n`;
  }
}
