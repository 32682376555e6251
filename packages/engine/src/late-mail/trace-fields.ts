/** A field of a header: its name in lower case, its value unfolded. */
export interface TraceField {
  name: string;
  value: string;
}

const WANTED: ReadonlySet<string> = new Set([
  'received',
  'return-path',
  'from',
  'message-id',
  'received-spf',
  'authentication-results',
]);

/** What is looked at of a header, of a field, and of how many fields: a header can be made of megabytes of them. */
const HEADER_WINDOW = 128 * 1024;
const VALUE_WINDOW = 4096;
const FIELDS = 200;

const LF = 0x0a;
const CR = 0x0d;

/**
 * The fields that tell where a message came from, in the order they are in: the one on top was added last. Never throws: lines may end
 * with CRLF, LF, CR or CR CR LF, and what is no field is passed over.
 */
export function traceFields(header: Uint8Array): TraceField[] {
  const fields: TraceField[] = [];
  let open: TraceField | null = null;
  for (const line of linesOf(Buffer.from(header.subarray(0, HEADER_WINDOW)))) {
    if (line === '') break;
    if (/^[ \t]/.test(line)) {
      if (open !== null && open.value.length < VALUE_WINDOW) open.value += line;
      continue;
    }
    const [match, name = ''] = /^([!-9;-~]{1,40})[ \t]{0,20}:/.exec(line) ?? [];
    open = null;
    if (match === undefined || !WANTED.has(name.toLowerCase())) continue;
    if (fields.length === FIELDS) break;
    open = { name: name.toLowerCase(), value: line.slice(match.length) };
    fields.push(open);
  }
  return fields.map(({ name, value }) => ({ name, value: plain(value.slice(0, VALUE_WINDOW)) }));
}

/** In one line, without anything that steers a terminal or turns the direction of writing. */
export function plain(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, ' ')
    .replace(/ {2,}/g, ' ')
    .trim();
}

function* linesOf(bytes: Buffer): Generator<string> {
  for (let at = 0; at < bytes.length; ) {
    let end = at;
    while (end < bytes.length && bytes[end] !== LF && bytes[end] !== CR) end += 1;
    yield bytes.toString('utf8', at, end);
    let next = end;
    while (bytes[next] === CR) next += 1;
    at = bytes[next] === LF ? next + 1 : end + 1;
  }
}
