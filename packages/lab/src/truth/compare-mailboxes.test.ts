import { expect, test } from 'vitest';
import { compareMailboxes } from './compare-mailboxes.ts';
import type { FolderMap, TruthMessage } from './truth.ts';

function message(sha256: string, changes: Partial<TruthMessage> = {}): TruthMessage {
  return { sha256, flags: ['\\Seen'], internalDate: '2020-01-01T00:00:00Z', bytes: 5, kind: 'text', ...changes };
}

function mailbox(folders: Record<string, TruthMessage[]>): FolderMap {
  const entries = Object.entries(folders).map(([name, messages]) => [
    name,
    { subscribed: true, specialUse: null, messages },
  ]);
  return Object.fromEntries(entries);
}

test('equal mailboxes have no differences, in whatever order their messages are', () => {
  const [a, b] = [message('a'), message('b')];
  expect(compareMailboxes(mailbox({ INBOX: [a, b, a] }), mailbox({ INBOX: [a, a, b] }))).toEqual([]);
});

test('two equal messages are two', () => {
  const [a, b] = [message('a'), message('b')];
  expect(compareMailboxes(mailbox({ INBOX: [a, a] }), mailbox({ INBOX: [a] }))).toEqual([
    '"INBOX": missing text a, 5 bytes, 2020-01-01T00:00:00Z, (\\Seen)',
  ]);
  expect(compareMailboxes(mailbox({ INBOX: [a, b] }), mailbox({ INBOX: [a, a, b, b] }))).toHaveLength(2);
});

test('a changed flag or date is one difference, not two', () => {
  const lines = compareMailboxes(
    mailbox({ INBOX: [message('a')] }),
    mailbox({ INBOX: [message('a', { flags: [], internalDate: '2020-01-01T00:00:01Z', kind: 'uid 1' })] }),
  );
  expect(lines).toEqual([
    '"INBOX": text / uid 1 a: INTERNALDATE 2020-01-01T00:00:01Z, expected 2020-01-01T00:00:00Z; flags (), expected (\\Seen)',
  ]);
});

test('folders are told apart, unless renamed or ignored', () => {
  const [expected, actual] = [mailbox({ 'v1.2': [], Old: [] }), mailbox({ v1_2: [], New: [] })];
  expect(compareMailboxes(expected, actual)).toHaveLength(4);
  expect(compareMailboxes(expected, actual, { renames: { 'v1.2': 'v1_2' }, ignoreFolders: ['Old', 'New'] })).toEqual(
    [],
  );
});

test('subscription and role count', () => {
  const other: FolderMap = { Sent: { subscribed: false, specialUse: '\\Sent', messages: [] } };
  expect(compareMailboxes(mailbox({ Sent: [] }), other)).toEqual([
    '"Sent": subscribed is false, expected true',
    '"Sent": special use is \\Sent, expected null',
  ]);
});
