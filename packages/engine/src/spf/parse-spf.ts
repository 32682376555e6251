/** SPF records as text (RFC 7208 section 4.6). */

const MECHANISMS = ['all', 'include', 'a', 'mx', 'ptr', 'ip4', 'ip6', 'exists'] as const;

export type SpfMechanism = (typeof MECHANISMS)[number];

export type SpfTerm =
  | {
      kind: 'mechanism';
      text: string;
      qualifier: '+' | '-' | '~' | '?';
      name: SpfMechanism;
      /** Without its colon: a domain or an address, with its prefix length; '' where there is none. */
      value: string;
    }
  | { kind: 'modifier'; text: string; name: string; value: string }
  /** No mechanism that is known: the whole record is an error (permerror). */
  | { kind: 'unknown'; text: string };

/** Whether a TXT record is an SPF record: the version is all of the first word (RFC 7208 section 4.5). */
export function isSpf(text: string): boolean {
  return /^v=spf1( |$)/i.test(text);
}

/** The terms after the version, in their order. */
export function spfTerms(record: string): SpfTerm[] {
  return record.split(' ').slice(1).filter(Boolean).map(termOf);
}

function termOf(text: string): SpfTerm {
  const modifier = /^([a-z][a-z0-9._-]*)=(.*)$/i.exec(text);
  if (modifier !== null) {
    return { kind: 'modifier', text, name: (modifier[1] ?? '').toLowerCase(), value: modifier[2] ?? '' };
  }
  const [, sign = '', word = '', rest = ''] = /^([+\-~?]?)([a-z0-9]+)(.*)$/i.exec(text) ?? [];
  const name = MECHANISMS.find((one) => one === word.toLowerCase());
  if (name === undefined || !isWellFormed(name, rest)) return { kind: 'unknown', text };
  return { kind: 'mechanism', text, qualifier: qualifierOf(sign), name, value: rest.replace(/^:/, '') };
}

function qualifierOf(sign: string): '+' | '-' | '~' | '?' {
  return sign === '-' || sign === '~' || sign === '?' ? sign : '+';
}

function isWellFormed(name: SpfMechanism, rest: string): boolean {
  switch (name) {
    case 'all':
      return rest === '';
    case 'include':
    case 'exists':
      return /^:[^/]+$/.test(rest);
    case 'ip4':
      return /^:\d{1,3}(\.\d{1,3}){3}(\/\d{1,2})?$/.test(rest);
    case 'ip6':
      return /^:[0-9a-f:.]*:[0-9a-f:.]*(\/\d{1,3})?$/i.test(rest);
    case 'a':
    case 'mx':
    case 'ptr':
      return /^(:[^/]+)?(\/\d{1,2})?(\/\/?\d{1,3})?$/.test(rest);
  }
}

/** What makes two terms the same, whatever their qualifier and case. */
export function spfKey(term: SpfTerm): string {
  if (term.kind !== 'mechanism') return term.text.toLowerCase();
  const value = term.value.toLowerCase().replace(/\.$/, '');
  return `${term.name}:${term.name === 'ip4' ? value.replace(/\/32$/, '') : value.replace(/\/128$/, '')}`;
}
