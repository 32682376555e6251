/** What Exchange does to bodies: rewrites HTML on store, takes scripts out on read, turns one kind into the other. */

const META = '<meta http-equiv="Content-Type" content="text/html; charset=utf-8">';

export function storedHtml(html: string): string {
  const lines = html.replace(/\r\n|\r|\n/g, '\r\n');
  if (/<meta[^>]+http-equiv=["']?content-type/i.test(lines)) {
    return lines.replace(/<meta[^>]+http-equiv=["']?content-type[^>]*>/i, META);
  }
  if (/<head[\s>]/i.test(lines)) return lines.replace(/<head(\s[^>]*)?>/i, (head) => `${head}\r\n${META}`);
  if (/<html[\s>]/i.test(lines)) return lines.replace(/<html(\s[^>]*)?>/i, (top) => `${top}<head>\r\n${META}</head>`);
  if (/<body[\s>]/i.test(lines)) return `<html><head>\r\n${META}</head>${lines}</html>`;
  return `<html><head>\r\n${META}</head><body>${lines}</body></html>`;
}

export function safeHtml(html: string): string {
  return html
    .replace(/<(script|iframe|object|embed|applet|form)\b[^>]*>[\s\S]*?<\/\1\s*>/gi, '')
    .replace(/<\/?(script|iframe|object|embed|applet|form)\b[^>]*>/gi, '')
    .replace(/\son[a-z]+\s*=\s*("[^"]*"|'[^']*'|[^\s>]+)/gi, '')
    .replace(/(\s(?:href|src)\s*=\s*["']?)\s*javascript:[^"'\s>]*/gi, '$1');
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', nbsp: ' ', apos: "'" };

export function textOf(html: string): string {
  return html
    .replace(/<(script|style|head)\b[\s\S]*?<\/\1\s*>/gi, '')
    .replace(/<br\s*\/?>|<\/(p|div|tr|li|h[1-6])\s*>/gi, '\r\n')
    .replace(/<[^>]*>/g, '')
    .replace(/&(?:#(\d+)|([a-z]+));/gi, (whole, number: string | undefined, name: string | undefined) =>
      number === undefined ? (ENTITIES[name?.toLowerCase() ?? ''] ?? whole) : character(Number(number), whole),
    );
}

const character = (code: number, whole: string): string =>
  code > 0 && code < 0x110000 ? String.fromCodePoint(code) : whole;

/** As Exchange shows text where HTML is asked for. */
export function htmlOf(text: string): string {
  const escaped = text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replace(/\r\n|\r|\n/g, '<br>\r\n');
  return `<html><head>\r\n${META}\r\n<meta name="Generator" content="Microsoft Exchange Server">\r\n<!-- converted from text --></head>\r\n<body>\r\n<div class="PlainText">${escaped}</div>\r\n</body>\r\n</html>\r\n`;
}
