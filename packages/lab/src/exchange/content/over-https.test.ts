import { readFile } from 'node:fs/promises';
import { request } from 'node:https';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeTempDir, type TempDir } from '../../process/temp-dir.ts';
import { type Exchange365, startExchange } from '../exchange-365.ts';

let temp: TempDir;
let exchange: Exchange365;
beforeEach(async () => {
  temp = await makeTempDir();
  const roles = ['Mail.ReadWrite', 'Mail-Advanced.ReadWrite.All'];
  exchange = await startExchange({ dir: temp.path, users: ['ann@example.com'], roles });
});
afterEach(async () => {
  await exchange.stop();
  await temp.remove();
});

interface Answer {
  status: number;
  json: Record<string, unknown>;
}

async function ask(
  method: string,
  url: string,
  body: Buffer | string,
  headers: Record<string, string>,
): Promise<Answer> {
  const answered = Promise.withResolvers<Answer>();
  const ca = await readFile(exchange.caFile);
  const asked = request(url, { ca, method, headers }, (response) => {
    buffer(response).then((bytes) => {
      const json: Record<string, unknown> = bytes.length === 0 ? {} : JSON.parse(bytes.toString());
      answered.resolve({ status: response.statusCode ?? 0, json });
    }, answered.reject);
  });
  asked.on('error', answered.reject);
  asked.end(body);
  return answered.promise;
}

const graph = (method: string, path: string, body: Buffer | string, type = 'application/json'): Promise<Answer> =>
  ask(method, `${exchange.graphUrl}${path}`, body, {
    authorization: `Bearer ${exchange.token()}`,
    'content-type': type,
  });

test('a range that fails after it was taken shows in the status, and the upload goes on from there', async () => {
  const mime = Buffer.from('Subject: Plan\r\n\r\nbody\r\n').toString('base64');
  const made = await graph('POST', '/beta/users/ann@example.com/mailFolders/inbox/importMime', mime, 'text/plain');
  expect(made).toMatchObject({ status: 201, json: { isDraft: false, subject: 'Plan' } });
  const size = 3_500_000;
  const path = `/v1.0/users/ann@example.com/messages/${String(made.json.id)}/attachments/createUploadSession`;
  const item = JSON.stringify({ AttachmentItem: { attachmentType: 'file', name: 'a.bin', size } });
  const url = String((await graph('POST', path, item)).json.uploadUrl);
  const put = async (first: number, last: number): Promise<number> => {
    const headers = { 'content-range': `bytes ${first}-${last}/${size}`, 'content-type': 'application/octet-stream' };
    return (await ask('PUT', url, Buffer.alloc(last + 1 - first, 7), headers)).status;
  };
  exchange.faults.add({ method: 'PUT', path: /AttachmentSessions/, nth: 2, after: { status: 500 } });
  exchange.faults.add({ method: 'PUT', path: /AttachmentSessions/, nth: 3, before: { status: 500 } });
  expect([await put(0, 999_999), await put(1_000_000, 1_999_999)]).toEqual([200, 500]);
  expect((await ask('GET', url, '', {})).json).toMatchObject({ nextExpectedRanges: ['2000000'] });
  expect([await put(2_000_000, size - 1), await put(2_000_000, size - 1)]).toEqual([500, 201]);
  const inbox = exchange.dump('ann@example.com').folders.find(({ wellKnownName }) => wellKnownName === 'inbox');
  expect(inbox?.messages).toMatchObject([{ isDraft: false, attachments: [{ name: 'a.bin', size }] }]);
});
