import { answer, defineQuirk, type Quirk, type Verdict } from './quirk.ts';

export interface CapabilityEdit {
  /** The only ones after sign-in, in place of the server's own: 'IMAP4rev1 UIDPLUS'. */
  only?: string;
  remove?: readonly string[];
  add?: readonly string[];
}

/** What a client may not send without the capability. */
const NEEDS: readonly (readonly [string, RegExp])[] = [
  ['CONDSTORE', /^(?:SELECT|EXAMINE|STATUS|(?:UID )?(?:FETCH|STORE|SEARCH)) .*(?:CONDSTORE|MODSEQ|CHANGEDSINCE)/],
  ['QRESYNC', /QRESYNC|VANISHED/],
  ['LIST-STATUS', /^LIST .*RETURN \(.*STATUS/],
  ['LIST-EXTENDED', /^LIST .*RETURN/],
  ['SPECIAL-USE', /^LIST .*SPECIAL-USE/],
  ['STATUS=SIZE', /^(?:STATUS|LIST) .*\bSIZE\b/],
  ['MOVE', /^(?:UID )?MOVE /],
  ['UIDPLUS', /^UID EXPUNGE/],
  ['NAMESPACE', /^NAMESPACE/],
  ['ENABLE', /^ENABLE/],
  ['UNSELECT', /^UNSELECT/],
  ['ID', /^ID /],
  ['IDLE', /^IDLE/],
  ['ESEARCH', /^(?:UID )?SEARCH RETURN/],
  ['QUOTA', /^GETQUOTA/],
];
/** Response codes that come with a capability. */
const GIVES: readonly (readonly [string, RegExp])[] = [
  ['CONDSTORE', /\[(?:HIGHESTMODSEQ [^\]]*|NOMODSEQ)\] ?/],
  ['UIDPLUS', /\[(?:APPENDUID|COPYUID) [^\]]*\] ?/],
];
/** RFC 7888 §5. */
const LARGEST_OF_LITERAL_MINUS = 4096;

/**
 * Other capabilities than the server's own, wherever they are named: in the greeting, in the answer to LOGIN, in CAPABILITY.
 * What is not offered is not there either: its commands are answered BAD, and its response codes are taken out.
 */
export function capabilities({ only, remove = [], add = [] }: CapabilityEdit): Quirk {
  const removed = new Set(remove.map((word) => word.toUpperCase()));
  const kept = only?.split(' ') ?? null;
  const offered = (word: string): boolean => {
    if (add.includes(word)) return true;
    return !removed.has(word.toUpperCase()) && (kept?.includes(word) ?? true);
  };
  const edit = (list: string): string => {
    const own = list.split(' ');
    // Before sign-in a server names how to sign in.
    const base = own.some((word) => word.startsWith('AUTH='))
      ? own.filter((word) => offered(word) || !kept || isForSignIn(word))
      : (kept ?? own);
    return [...new Set([...base.filter((word) => !removed.has(word.toUpperCase())), ...add])].join(' ');
  };
  const literalIsAllowed = (size: number): boolean =>
    offered('LITERAL+') || (offered('LITERAL-') && size <= LARGEST_OF_LITERAL_MINUS);

  return defineQuirk('capabilities', (hit) => {
    const refuse = (text: string): Verdict => {
      hit();
      return answer(`BAD ${text}`);
    };
    return {
      onCommand: (command) => {
        const literal = /\{(\d+)\+\}$/.exec(command.text)?.[1];
        if (literal !== undefined && !literalIsAllowed(Number(literal))) return refuse('Unexpected literal');
        const text = command.text.toUpperCase();
        const missing = NEEDS.find(([word, pattern]) => !offered(word) && pattern.test(text));
        return missing && refuse(`Unknown command or argument: ${missing[0]} is not offered`);
      },
      onAppend: ({ index, size, synchronising }) => {
        if (index > 0 && !offered('MULTIAPPEND')) return refuse('One message only');
        return synchronising || literalIsAllowed(size) ? undefined : refuse('Unexpected literal');
      },
      onResponse: (response) => {
        const before = response.text;
        response.text = before
          .replace(/^(\* CAPABILITY )(.*)$/, (_, head: string, list: string) => head + edit(list))
          .replace(/\[CAPABILITY ([^\]]*)\]/, (_, list: string) => `[CAPABILITY ${edit(list)}]`);
        for (const [word, code] of GIVES) if (!offered(word)) response.text = response.text.replace(code, '');
        if (response.text !== before) hit();
        return undefined;
      },
    };
  });
}

const isForSignIn = (word: string): boolean => /^(?:IMAP4|AUTH=|SASL-IR|STARTTLS|LOGIN)/.test(word);
