import type { FolderRole } from '@mxodus/model';
import { describe, expect, it, test } from 'vitest';
import {
  decideLabels,
  type LabelFolder,
  type LabelledMessage,
  type LabelPlace,
  type LabelPolicy,
  labelOrder,
} from './gmail-labels.ts';

const folder = (source: string, role: FolderRole | null = null, destination = source): LabelFolder => ({
  source,
  role,
  destination,
});
const INBOX = folder('INBOX', 'inbox');
const SENT = folder('[Gmail]/Sent Mail', 'sent', 'Sent');
const DRAFTS = folder('[Gmail]/Drafts', 'drafts', 'Drafts');
const ALL = folder('[Gmail]/All Mail', 'all', 'Archive');
const STARRED = folder('[Gmail]/Starred', 'flagged');
const IMPORTANT = folder('[Gmail]/Important', 'important');
const SPAM = folder('[Gmail]/Spam', 'junk', 'Junk');
const WORK = folder('Work');
const FOLDERS = [ALL, WORK, IMPORTANT, SENT, STARRED, INBOX, SPAM, DRAFTS];

describe('labelOrder', () => {
  const names = (policy: LabelPolicy): string =>
    labelOrder(FOLDERS, policy)
      .map(({ destination }) => destination)
      .join(' ');

  it.each(['folders', 'first'] as const)('%s: what people look for first, All Mail last, no views', (policy) => {
    expect(names(policy)).toBe('INBOX Sent Drafts Work Junk Archive');
  });

  it('keywords: All Mail before the labels', () => {
    expect(names('keywords')).toBe('INBOX Sent Drafts Archive Work Junk');
  });
});

interface Case {
  policy: LabelPolicy;
  in: LabelFolder;
  /** Destination folders that have it; "?" after the name: at an unknown UID. */
  placed?: string[];
  claimed?: string;
  labels?: string[];
}

const place = (text: string): LabelPlace => ({
  destination: text.replace('?', ''),
  destinationUid: text.endsWith('?') ? null : 5,
});

function answer({ policy, in: where, placed = [], claimed, labels }: Case): string {
  const message: LabelledMessage = { uid: 1, emailId: 'm', ...(labels === undefined ? {} : { labels }) };
  const [decided] = decideLabels(where, [message], {
    policy,
    placed: new Map(placed.length === 0 ? [] : [['m', placed.map(place)]]),
    claimed: new Map(claimed === undefined ? [] : [['m', claimed]]),
    keywords: new Map(),
  });
  switch (decided?.kind) {
    case 'copy':
      return ['copy', ...decided.keywords].join(' ');
    case 'copy-from':
      return `copy from ${decided.place.destination}`;
    case 'left-out':
      return `left out: ${decided.why}`;
    case undefined:
      return 'no answer';
  }
}

test.each<[string, Case, string]>([
  ['a new message', { policy: 'folders', in: INBOX }, 'copy'],
  ['its second label', { policy: 'folders', in: WORK, placed: ['INBOX'] }, 'copy from INBOX'],
  ['its third label', { policy: 'folders', in: WORK, placed: ['INBOX?', 'Sent'] }, 'copy from Sent'],
  ['a copy whose place is not known', { policy: 'folders', in: WORK, placed: ['INBOX?'] }, 'copy'],
  [
    'already right here',
    { policy: 'folders', in: WORK, placed: ['INBOX', 'Work'] },
    'left out: the same message is in Work',
  ],
  ['its first label failed', { policy: 'folders', in: WORK, claimed: 'INBOX' }, 'copy'],
  [
    'All Mail, and a label has it',
    { policy: 'folders', in: ALL, placed: ['Work'] },
    'left out: the same message is in Work',
  ],
  [
    'All Mail, and a label has it at an unknown UID',
    { policy: 'folders', in: ALL, placed: ['Work?'] },
    'left out: the same message is in Work',
  ],
  [
    'All Mail, and its label failed',
    { policy: 'folders', in: ALL, claimed: 'Work' },
    'left out: the same message comes from Work',
  ],
  ['All Mail only', { policy: 'folders', in: ALL }, 'copy'],
  ['All Mail only, whatever labels say', { policy: 'folders', in: ALL, labels: ['\\Inbox', 'Work'] }, 'copy'],
  ['Starred', { policy: 'folders', in: STARRED }, 'left out: [Gmail]/Starred shows messages of other folders'],
  ['Spam', { policy: 'folders', in: SPAM }, 'copy'],

  ['a new message', { policy: 'first', in: INBOX, labels: ['Work'] }, 'copy'],
  ['its second label', { policy: 'first', in: WORK, placed: ['INBOX'] }, 'left out: the same message is in INBOX'],
  [
    'its first label failed',
    { policy: 'first', in: WORK, claimed: 'INBOX' },
    'left out: the same message comes from INBOX',
  ],
  [
    'All Mail, and a label has it',
    { policy: 'first', in: ALL, placed: ['INBOX'] },
    'left out: the same message is in INBOX',
  ],
  ['All Mail only', { policy: 'first', in: ALL }, 'copy'],
  ['Important', { policy: 'first', in: IMPORTANT }, 'left out: [Gmail]/Important shows messages of other folders'],

  [
    'the inbox',
    { policy: 'keywords', in: INBOX, labels: ['To do', '\\Important', 'Work', '\\Starred', '\\Inbox'] },
    'copy $Important To_do Work',
  ],
  ['the inbox, of which Sent is a label', { policy: 'keywords', in: INBOX, labels: ['\\Sent'] }, 'copy $Sent'],
  [
    'Sent, and the inbox has it',
    { policy: 'keywords', in: SENT, placed: ['INBOX'], labels: ['\\Inbox'] },
    'left out: the same message is in INBOX',
  ],
  ['Sent', { policy: 'keywords', in: SENT, labels: ['\\Sent', 'Work'] }, 'copy Work'],
  ['Drafts', { policy: 'keywords', in: DRAFTS, labels: ['\\Draft'] }, 'copy'],
  ['All Mail', { policy: 'keywords', in: ALL, labels: ['Work', 'Home'] }, 'copy Home Work'],
  [
    'All Mail, and the inbox has it',
    { policy: 'keywords', in: ALL, placed: ['INBOX'], labels: ['Work'] },
    'left out: the same message is in INBOX',
  ],
  [
    'a label, and All Mail has it',
    { policy: 'keywords', in: WORK, placed: ['Archive'] },
    'left out: the same message is in Archive',
  ],
  ['a label that All Mail does not list', { policy: 'keywords', in: WORK, labels: ['Work', 'Home'] }, 'copy Home'],
  ['Spam', { policy: 'keywords', in: SPAM, labels: ['\\Spam'] }, 'copy'],
  ['no labels known', { policy: 'keywords', in: ALL }, 'copy'],
])('%s (%o)', (_, given, expected) => {
  expect(answer(given)).toBe(expected);
});

describe('decideLabels', () => {
  const nothing = { placed: new Map(), claimed: new Map(), keywords: new Map() };

  it.each(['folders', 'first', 'keywords'] as const)('%s: loses no message that has no EMAILID', (policy) => {
    expect(decideLabels(ALL, [{ uid: 1 }, { uid: 2 }], { ...nothing, policy }).map(({ kind }) => kind)).toEqual([
      'copy',
      'copy',
    ]);
  });

  it('keeps keywords apart and known ones as they are', () => {
    const messages = [
      { uid: 1, emailId: 'm', labels: ['a b'] },
      { uid: 2, emailId: 'n', labels: ['a*b', 'Work'] },
    ];
    const keywords = new Map([
      ['a b', 'mine'],
      ['Work', 'work'],
    ]);
    expect(decideLabels(ALL, messages, { ...nothing, policy: 'keywords', keywords })).toEqual([
      { kind: 'copy', uid: 1, keywords: ['mine'] },
      { kind: 'copy', uid: 2, keywords: ['a_b', 'work'] },
    ]);
  });

  it('plays a whole mailbox: every message arrives, none twice in one folder, each fetched once', () => {
    const mailbox: Record<string, string[]> = {
      INBOX: ['a', 'b'],
      '[Gmail]/Sent Mail': ['b', 'c'],
      Work: ['a', 'd'],
      '[Gmail]/Starred': ['a'],
      '[Gmail]/Spam': ['s'],
      '[Gmail]/All Mail': ['a', 'b', 'c', 'd', 'e'],
    };
    const play = (policy: LabelPolicy): { at: string[]; fetched: number } => {
      const placed = new Map<string, LabelPlace[]>();
      let fetched = 0;
      for (const each of labelOrder(FOLDERS, policy)) {
        const messages = (mailbox[each.source] ?? []).map((emailId, uid) => ({ uid, emailId }));
        for (const decided of decideLabels(each, messages, { ...nothing, policy, placed })) {
          if (decided.kind === 'left-out') continue;
          if (decided.kind === 'copy') fetched += 1;
          const emailId = messages[decided.uid]?.emailId ?? '';
          placed.set(emailId, [...(placed.get(emailId) ?? []), { destination: each.destination, destinationUid: 1 }]);
        }
      }
      const at = [...placed].map(
        ([emailId, places]) => `${emailId}:${places.map(({ destination }) => destination).join('+')}`,
      );
      return { at: at.sort(), fetched };
    };
    expect(play('folders')).toEqual({
      at: ['a:INBOX+Work', 'b:INBOX+Sent', 'c:Sent', 'd:Work', 'e:Archive', 's:Junk'],
      fetched: 6,
    });
    expect(play('first')).toEqual({
      at: ['a:INBOX', 'b:INBOX', 'c:Sent', 'd:Work', 'e:Archive', 's:Junk'],
      fetched: 6,
    });
    expect(play('keywords')).toEqual({
      at: ['a:INBOX', 'b:INBOX', 'c:Sent', 'd:Archive', 'e:Archive', 's:Junk'],
      fetched: 6,
    });
  });
});
