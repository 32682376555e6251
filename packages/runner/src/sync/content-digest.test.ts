import { expect, it } from 'vitest';
import { bodyDigest } from './content-digest.ts';

const digest = (text: string): string => bodyDigest(Buffer.from(text, 'latin1'));

it.each([
  ['another delivery', 'Received: a\r\nSubject: x\r\n\r\nHello\r\n', 'Subject: x\r\n\r\nHello\r\n', true],
  ['other contents', 'Subject: x\r\n\r\nHello\r\n', 'Subject: x\r\n\r\nGoodbye\r\n', false],
  [
    'all header, and with the empty line a server added',
    'Message-ID: <a@x>\r\nX-A: 1',
    'Message-ID: <a@x>\r\nX-A: 1\r\n\r\n',
    true,
  ],
  ['no header at all: what looks like fields is content', 'one: 1\r\ntwo: 2', 'one: 1\r\ntwo: 3', false],
  [
    'a line that is no field is content',
    'Message-ID: <a@x>\r\nno field',
    'Message-ID: <a@x>\r\nno field\r\n\r\n',
    false,
  ],
])('%s', (_what, one, other, same) => {
  expect(digest(one) === digest(other)).toBe(same);
});
