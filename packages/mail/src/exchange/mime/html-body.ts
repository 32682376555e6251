/** Text as HTML that looks the same. */
export const textAsHtml = (text: string): string =>
  `<pre style="white-space: pre-wrap">${text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')}</pre>`;

/** Several HTML documents as one: the bodies of the others go to the end of the first one's. */
export function joinHtml(documents: readonly string[]): string {
  const [first = '', ...others] = documents;
  if (others.length === 0) return first;
  const end = first.toLowerCase().lastIndexOf('</body');
  const inner = others.map(innerHtml).join('');
  return end < 0 ? first + inner : first.slice(0, end) + inner + first.slice(end);
}

function innerHtml(document: string): string {
  const lower = document.toLowerCase();
  const tag = lower.indexOf('<body');
  const start = tag < 0 ? 0 : lower.indexOf('>', tag) + 1;
  const end = lower.lastIndexOf('</body');
  return document.slice(start, end < start ? undefined : end);
}

/** The Content-IDs an HTML document refers to (RFC 2392), decoded. */
export function referredIds(html: string): Set<string> {
  const ids = new Set<string>();
  for (const [, id = ''] of html.matchAll(/\bcid:([^\s"'<>()\\]+)/gi)) {
    const plain = id.replaceAll('&amp;', '&');
    ids.add(plain);
    ids.add(percentDecoded(plain));
  }
  return ids;
}

/** Puts another address in the place of one that is a whole attribute. null: the document does not have it. */
export function withAddress(html: string, address: string, other: string): string | null {
  const changed = html.replaceAll(`"${address}"`, `"${other}"`).replaceAll(`'${address}'`, `'${other}'`);
  return changed === html ? null : changed;
}

function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // A lone "%": it is meant as it is written.
    return text;
  }
}
