import { type Digests, digestsOf, type IndependentView } from './independent-view.ts';
import { textOfHtml, wordsOf } from './words.ts';

/** A copy as Exchange has it. */
export interface Copy {
  subject: string | null;
  bodyType: 'text' | 'html';
  body: string;
  from: { address: string } | null;
  toRecipients: readonly { address: string }[];
  ccRecipients: readonly { address: string }[];
  internetMessageId: string;
  /** Milliseconds. */
  sent: number;
  attachments: readonly { contentType: string | null; bytes: Buffer }[];
}

/** Something of the copy is not what the independent parser sees. */
export type Difference =
  | { about: 'subject' | 'from' | 'to' | 'cc' | 'message-id' | 'sent'; mine: string; theirs: string }
  | PartDifference
  | { about: 'words'; lost: string[] };

export interface PartDifference {
  about: 'attachment lost' | 'attachment more';
  part: Digests;
  /** All of its words are in the body. */
  inBody: boolean;
}

export interface Compared {
  differences: Difference[];
  /** Attachments with equal bytes, and those with equal lines only. */
  matches: { exact: number; byLines: number };
}

const LONGEST_SUBJECT = 255;

export function compareCopy(view: IndependentView, copy: Copy): Compared {
  const { matches, lost, more } = matched(
    view.attachments,
    copy.attachments.map(({ contentType, bytes }) => digestsOf(contentType ?? '', bytes)),
  );
  const shown = wordsOf(copy.bodyType === 'html' ? textOfHtml(copy.body) : copy.body);
  const attached = copy.attachments.flatMap(({ contentType, bytes }) =>
    contentType?.startsWith('text/') ? [...wordsOf(textOf(contentType, bytes.toString('utf8')))] : [],
  );
  const there = shown.union(new Set(attached));
  const lostWords = [...view.words].filter((word) => !there.has(word));
  const isIn = ({ type, bytes }: Digests, words: Set<string>): boolean =>
    wordsOf(textOf(type, bytes.toString('latin1').replace(/[^\x00-\x7f]+/g, ' '))).isSubsetOf(words);
  return {
    matches,
    differences: [
      ...valuesOf(view, copy).flatMap(([about, mine, theirs]) => (mine === theirs ? [] : [{ about, mine, theirs }])),
      ...lost.map((part): Difference => ({ about: 'attachment lost', part, inBody: isIn(part, shown) })),
      ...more.map((part): Difference => ({ about: 'attachment more', part, inBody: isIn(part, view.words) })),
      ...(lostWords.length === 0 ? [] : [{ about: 'words' as const, lost: lostWords }]),
    ],
  };
}

const textOf = (type: string, text: string): string => (type === 'text/html' ? textOfHtml(text) : text);

type Value = [about: 'subject' | 'from' | 'to' | 'cc' | 'message-id' | 'sent', mine: string, theirs: string];

function valuesOf(view: IndependentView, copy: Copy): Value[] {
  const plain = (text: string): string => text.replace(/\s+/g, ' ').trim();
  const seconds = (milliseconds: number): string => new Date(Math.floor(milliseconds / 1000) * 1000).toISOString();
  const list = (people: readonly { address: string }[]): string =>
    people.map(({ address }) => address.toLowerCase()).join(', ');
  return [
    ['subject', plain(plain(view.subject).slice(0, LONGEST_SUBJECT)), plain(copy.subject ?? '')],
    ['from', view.from.slice(0, 1).join(), list(copy.from === null ? [] : [copy.from])],
    ['to', view.to.join(', '), list(copy.toRecipients)],
    ['cc', view.cc.join(', '), list(copy.ccRecipients)],
    ...(view.messageId === null ? [] : [['message-id', plain(view.messageId), copy.internetMessageId] satisfies Value]),
    ...(view.sent === null ? [] : [['sent', seconds(view.sent), seconds(copy.sent)] satisfies Value]),
  ];
}

/** Each part has one partner at most: the same bytes first, then the same lines. */
function matched(mine: readonly Digests[], theirs: readonly Digests[]) {
  let [lost, more] = [mine, theirs];
  const take = (isEqual: (mine: Digests, theirs: Digests) => boolean): number => {
    const left = [...more];
    const without = lost.filter((part) => {
      const at = left.findIndex((other) => isEqual(part, other));
      if (at >= 0) left.splice(at, 1);
      return at < 0;
    });
    const found = lost.length - without.length;
    [lost, more] = [without, left];
    return found;
  };
  const same = take((part, other) => part.sha256 === other.sha256);
  const asSent = take((part, other) => part.sent.includes(other.sha256));
  const byLines = take((part, other) => part.lines === other.lines);
  return { matches: { exact: same + asSent, byLines }, lost, more };
}
