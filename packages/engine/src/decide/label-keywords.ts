/** IMAP keywords (RFC 9051 flag-keyword: an atom) for the labels of a Gmail source. */

/** Dovecot's mail_max_keyword_length; the shortest limit known (2026-11). */
const MAX_LENGTH = 50;
/** Labels that are flags already. */
const ALREADY_FLAGS = new Set(['\\starred', '\\flagged', '\\draft', '\\drafts', '\\seen']);
/** Keywords that mean something to mail programs (IANA registry, and what Thunderbird and Apple Mail set). */
const TAKEN = [
  ...['$Forwarded', '$MDNSent', '$SubmitPending', '$Submitted', '$Junk', '$NotJunk', '$Phishing', '$Important'],
  ...['Junk', 'NonJunk', 'NotJunk', 'Forwarded', 'Redirected', 'NIL'],
];
/** Atom characters (RFC 9051), without `}`, which some servers refuse with `{`. */
const NOT_ATOM = /[^!#$&'+,\-./0-9:;<=>?@A-Z[^_`a-z|~]/gu;
const MARKS = /\p{M}/gu;

/**
 * The keyword for one label; null: it is a flag already. Blanks and what no atom may hold become "_", accents are dropped, and what has
 * no ASCII letters is written in modified UTF-7 (RFC 3501 5.1.3, as Thunderbird does). Two labels may get the same: see
 * `labelKeywords`.
 */
export function keywordOf(label: string): string | null {
  if (label.startsWith('\\')) {
    const name = label.slice(1).replace(NOT_ATOM, '_');
    return ALREADY_FLAGS.has(label.toLowerCase()) ? null : `$${name}`.slice(0, MAX_LENGTH);
  }
  const plain = label.normalize('NFKD').replace(MARKS, '');
  const ascii = /[^\x00-\x7f]/.test(plain) ? modifiedUtf7(label) : plain;
  const atom = ascii.replace(NOT_ATOM, '_').slice(0, MAX_LENGTH);
  return atom === '' ? '_' : atom;
}

/**
 * Gives each label a keyword of its own (they are equal without regard to case). Labels that need no change come first and keep their
 * name; of the others, by name, the later ones are numbered.
 *
 * @param known what earlier passes gave; it stays as it is
 */
export function labelKeywords(
  labels: Iterable<string>,
  known: ReadonlyMap<string, string> = new Map(),
): Map<string, string> {
  const given = new Map(known);
  const taken = new Set([...TAKEN, ...given.values()].map((keyword) => keyword.toLowerCase()));
  const wishes = [...new Set(labels)]
    .filter((label) => !given.has(label))
    .map((label) => ({ label, keyword: keywordOf(label) }))
    .sort((a, b) => Number(a.keyword !== a.label) - Number(b.keyword !== b.label) || (a.label < b.label ? -1 : 1));
  for (const { label, keyword } of wishes) {
    if (keyword === null) continue;
    const free = label.startsWith('\\') ? keyword : firstFree(keyword, taken);
    taken.add(free.toLowerCase());
    given.set(label, free);
  }
  return given;
}

function firstFree(keyword: string, taken: ReadonlySet<string>): string {
  if (!taken.has(keyword.toLowerCase())) return keyword;
  for (let n = 2; ; n += 1) {
    const numbered = `${keyword.slice(0, MAX_LENGTH - String(n).length - 1)}_${n}`;
    if (!taken.has(numbered.toLowerCase())) return numbered;
  }
}

const modifiedUtf7 = (text: string): string =>
  text.replace(/&|[^\x20-\x7e]+/gu, (run) =>
    run === '&'
      ? '&-'
      : `&${Buffer.from(run, 'utf16le').swap16().toString('base64').replace(/=+$/, '').replaceAll('/', ',')}-`,
  );
