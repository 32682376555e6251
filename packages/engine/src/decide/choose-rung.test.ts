import type { FolderStatus } from '@mxodus/model';
import { expect, test } from 'vitest';
import { chooseRung, type Rung } from './choose-rung.ts';

const status = (rest: Partial<FolderStatus> = {}): FolderStatus => ({
  messages: 10,
  uidNext: 20,
  uidValidity: 7,
  highestModseq: '100',
  bytes: null,
  ...rest,
});
const SAME = status();
const FULL = ['CONDSTORE', 'QRESYNC'];

interface Row {
  before?: FolderStatus | null;
  now?: FolderStatus;
  capabilities?: string[];
  needsLook?: boolean;
}

test.each<[string, Row, Rung]>([
  ['nothing changed', {}, 'unchanged'],
  ['nothing changed, on a server without the extensions in its list', { capabilities: [] }, 'unchanged'],
  ['something is left to do', { needsLook: true }, 'qresync'],
  ['MODSEQ rose', { now: status({ highestModseq: '101' }) }, 'qresync'],
  [
    'MODSEQ rose beyond what a number holds',
    { before: status({ highestModseq: '9007199254740993' }), now: status({ highestModseq: '9007199254740992' }) },
    'full-scan',
  ],
  ['a new message', { now: status({ uidNext: 21, messages: 11, highestModseq: '101' }) }, 'qresync'],
  ['UIDNEXT rose and nothing else', { now: status({ uidNext: 21 }) }, 'qresync'],
  ['messages went, MODSEQ stayed', { now: status({ messages: 9 }) }, 'qresync'],
  ['CONDSTORE only', { now: status({ highestModseq: '101' }), capabilities: ['condstore'] }, 'condstore'],
  [
    'QRESYNC without CONDSTORE in the list',
    { now: status({ highestModseq: '101' }), capabilities: ['QRESYNC'] },
    'qresync',
  ],
  ['neither', { now: status({ highestModseq: '101' }), capabilities: ['IDLE'] }, 'flag-diff'],
  ['no MODSEQ before', { before: status({ highestModseq: null }) }, 'flag-diff'],
  ['no MODSEQ now', { now: status({ highestModseq: null }) }, 'flag-diff'],
  ['no MODSEQ at all', { before: status({ highestModseq: null }), now: status({ highestModseq: null }) }, 'flag-diff'],
  [
    'a folder without MODSEQs',
    { before: status({ highestModseq: '0' }), now: status({ highestModseq: '0' }) },
    'flag-diff',
  ],
  ['the first time', { before: null }, 'full-scan'],
  ['another UIDVALIDITY', { now: status({ uidValidity: 8 }) }, 'full-scan'],
  ['UIDNEXT went back', { now: status({ uidNext: 19 }) }, 'full-scan'],
  ['MODSEQ went back', { now: status({ highestModseq: '99' }) }, 'full-scan'],
  ['messages came without new UIDs', { now: status({ messages: 12, uidNext: 21, highestModseq: '101' }) }, 'full-scan'],
])('%s', (_, { before = SAME, now = SAME, capabilities = FULL, needsLook = false }, expected) => {
  expect(chooseRung({ before, now, capabilities, needsLook })).toBe(expected);
});
