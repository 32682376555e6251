import { expect, it } from 'vitest';
import { readMessageId } from './message-meta.ts';

it.each([
  ['Message-ID: <a@b>\r\n\r\n', '<a@b>'],
  ['message-id:<a@b>\n', '<a@b>'],
  ['MESSAGE-ID:\r\n <a@b>\r\n\r\n', '<a@b>'],
  ['Message-Id: <a\r\n\tb@c>  \r\n\r\n', '<a b@c>'],
  ['Message-ID: <first@a>\r\nMessage-ID: <second@a>\r\n\r\n', '<first@a>'],
  ['Message-ID: gr\xfcn', 'gr\xfcn'],
  ['Message-ID: \r\n\r\n', null],
  ['Message-ID:', null],
  ['\r\n', null],
  ['', null],
  ['X-Message-ID: <a@b>\r\n', null],
])('reads %j', (header, id) => {
  expect(readMessageId(Buffer.from(header, 'latin1'))).toBe(id);
});
