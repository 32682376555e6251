import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { decodeModifiedUtf7, encodeModifiedUtf7 } from './modified-utf7.ts';
import { readMailbox } from './read-mailbox.ts';
import { createResponseReader, type Response } from './response-reader.ts';

test.each([
  ['plain', 'plain'],
  ['R&D', 'R&-D'],
  ['Caf\u00e9', 'Caf&AOk-'],
  ['台北', '&U,BTFw-'],
  ['🚀&', '&2D3egA-&-'],
])('%j is %j on the wire', (name, wire) => {
  expect(encodeModifiedUtf7(name)).toBe(wire);
  expect(decodeModifiedUtf7(wire)).toBe(name);
});

test('a response is read the same however the stream is cut', () => {
  const stream = Buffer.from(
    '* 1 FETCH (BODY[] {12}\r\n)\r\nA1 OK {3} UID 7)\r\n* LIST () "/" {4}\r\na"\\b\r\nL1 OK\r\n',
  );
  const read = (step: number): Response[] => {
    const found: Response[] = [];
    const feed = createResponseReader((response) => found.push(response));
    for (let at = 0; at < stream.length; at += step) feed(stream.subarray(at, at + step));
    return found;
  };
  const whole = read(stream.length);
  expect(whole).toHaveLength(3);
  expect(whole[0]).toMatchObject(['* 1 FETCH (BODY[] ', { kind: 'digest', length: 12 }, ' UID 7)']);
  expect(whole[1]).toEqual(['* LIST () "/" ', { kind: 'bytes', bytes: Buffer.from('a"\\b') }, '']);
  for (const step of [1, 2, 3, 7]) expect(read(step)).toEqual(whole);
});

test('readMailbox fails when a server drops a row', async () => {
  const answers: [RegExp, string][] = [
    [/CAPABILITY/, '* CAPABILITY IMAP4rev1\r\n'],
    [/LIST/, '* LIST () "/" {5}\r\nINBOX\r\n'],
    [/EXAMINE/, '* 2 EXISTS\r\n'],
    [/FETCH/, '* 1 FETCH (UID 1 FLAGS () INTERNALDATE " 1-Feb-2020 03:04:05 +0100" BODY[] "x")\r\n'],
  ];
  const server = createServer((socket) => {
    socket.write('* OK ready\r\n');
    socket.on('error', () => socket.destroy());
    socket.on('data', (data) => {
      const line = data.toString();
      const untagged = answers.find(([pattern]) => pattern.test(line))?.[1] ?? '';
      socket.write(`${untagged}${line.split(' ')[0]} OK done\r\n`);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('No port.');
  await expect(readMailbox({ host: '127.0.0.1', port: address.port }, 'ann', 'pass')).rejects.toThrow(
    'INBOX has 2 messages, but FETCH gave 1',
  );
  server.close();
});
