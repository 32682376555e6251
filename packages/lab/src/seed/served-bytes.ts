/**
 * What Dovecot 2.3 shows as BODY[] for a Maildir file with these bytes: every bare LF is CRLF, every NUL is 0x80.
 * Returns `stored` itself when nothing changes.
 */
export function servedBytes(stored: Buffer): Buffer {
  const lineEnds = bareLineFeeds(stored);
  const hasNul = stored.includes(0);
  if (lineEnds.length === 0 && !hasNul) return stored;
  const served = Buffer.allocUnsafe(stored.length + lineEnds.length);
  let from = 0;
  let to = 0;
  for (const at of lineEnds) {
    to += stored.copy(served, to, from, at);
    served[to++] = 0x0d;
    from = at;
  }
  stored.copy(served, to, from);
  if (hasNul) {
    for (let at = served.indexOf(0); at !== -1; at = served.indexOf(0, at + 1)) served[at] = 0x80;
  }
  return served;
}

function bareLineFeeds(bytes: Buffer): number[] {
  const found: number[] = [];
  for (let at = bytes.indexOf(0x0a); at !== -1; at = bytes.indexOf(0x0a, at + 1)) {
    if (at === 0 || bytes[at - 1] !== 0x0d) found.push(at);
  }
  return found;
}
