import { expect, test } from 'vitest';
import { folderOrder } from './folder-order.ts';

const order = (...texts: string[]): string[] =>
  folderOrder(
    texts.map((text) => {
      const [source = '', role] = text.split(':');
      return { source, role: role ?? null };
    }),
  ).map(({ source }) => source);

test.each([
  [
    'INBOX, Sent and Drafts come first, the rest by name',
    ['b', 'Drafts', 'a', 'Sent', 'INBOX'],
    'INBOX Sent Drafts a b',
  ],
  ['a role counts more than a name', ['Sent:archive', 'Gesendet:sent', 'INBOX'], 'INBOX Gesendet Sent'],
  [
    'the prefix of old servers does not hide a usual name',
    ['INBOX.a', 'INBOX.Sent', 'INBOX'],
    'INBOX INBOX.Sent INBOX.a',
  ],
])('%s', (_name, given, expected) => expect(order(...given).join(' ')).toBe(expected));
