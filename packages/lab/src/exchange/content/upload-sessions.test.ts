import { expect, test } from 'vitest';
import { type ContentWorld, contentWorld } from './content.test.support.ts';

const SIZE = 4_000_000;
const BYTES = Buffer.alloc(SIZE, 'mail');

async function session(box: ContentWorld, id: string, item: object = {}): ReturnType<ContentWorld['ask']> {
  const body = {
    AttachmentItem: { attachmentType: 'file', name: 'b.bin', size: SIZE, contentType: 'image/png', ...item },
  };
  return box.ask('POST', `users/ann@example.com/messages/${id}/attachments/createUploadSession`, { body });
}

const put = (
  box: ContentWorld,
  url: string,
  first: number,
  last: number,
  more: { total?: number; headers?: object } = {},
) =>
  box.ask('PUT', url, {
    body: BYTES.subarray(first, last + 1),
    headers: { 'content-range': `bytes ${first}-${last}/${more.total ?? SIZE}`, ...more.headers },
  });

test('ranges in order make the attachment; the casing of the answers differs, the last one has no body', async () => {
  const box = contentWorld();
  const item = box.message();
  const made = await session(box, item.id, { isInline: true, contentId: 'x@y' });
  expect(made).toMatchObject({
    status: 201,
    json: { nextExpectedRanges: ['0-'], expirationDateTime: expect.any(String) },
  });
  const url = String(made.json.uploadUrl);
  expect(url).toMatch(/^https:\/\/127\.0\.0\.1:1\/api\/v2\.0\/Users\('.*authtoken=./);
  const first = await put(box, url, 0, 1_999_999);
  expect(first).toMatchObject({
    status: 200,
    json: { ExpirationDateTime: expect.any(String), nextExpectedRanges: ['2000000'] },
  });
  expect(item.attachments).toHaveLength(0);
  expect((await box.ask('GET', url)).json).toEqual(first.json);
  const last = await put(box, url, 2_000_000, SIZE - 1);
  expect(last).toMatchObject({
    status: 201,
    headers: { location: expect.stringContaining("/Attachments('") },
    json: {},
  });
  expect(item.attachments).toMatchObject([
    { name: 'b.bin', contentType: 'image/png', isInline: true, contentId: 'x@y' },
  ]);
  expect(item.attachments[0]?.bytes.equals(BYTES)).toBe(true);
  expect((await box.ask('GET', url)).status).toBe(404);
});

test('what may not be sent is refused, and the session stays where it was', async () => {
  const box = contentWorld();
  const item = box.message();
  const url = String((await session(box, item.id)).json.uploadUrl);
  await put(box, url, 0, 999_999);
  expect((await put(box, url, 0, 999_999)).status).toBe(400);
  expect((await put(box, url, 1_500_000, 1_600_000)).status).toBe(400);
  expect((await put(box, url, 1_000_000, 1_999_999, { total: SIZE + 1 })).status).toBe(400);
  box.world.switches.uploadOutOfOrderStatus = 416;
  expect((await put(box, url, 0, 999_999)).status).toBe(416);
  expect((await put(box, url, 1_000_000, 1_999_999, { headers: { authorization: 'Bearer x' } })).status).toBe(401);
  expect((await put(box, url.replace(/authtoken=.*/, 'authtoken=no'), 1_000_000, 1_999_999)).status).toBe(404);
  expect(
    (await box.ask('PUT', url, { body: BYTES, headers: { 'content-range': `bytes 0-${SIZE - 1}/${SIZE}` } })).status,
  ).toBe(413);
  expect((await box.ask('GET', url)).json).toMatchObject({ nextExpectedRanges: ['1000000'] });
  expect((await box.ask('DELETE', url)).status).toBe(204);
  expect((await put(box, url, 1_000_000, 1_999_999)).status).toBe(404);
});

test('of two sessions on one message the later end is 412, and its file is not there', async () => {
  const box = contentWorld();
  const item = box.message();
  const urls = [await session(box, item.id), await session(box, item.id)].map(({ json }) => String(json.uploadUrl));
  const ends: number[] = [];
  for (const url of urls) {
    await put(box, url, 0, 1_999_999);
    ends.push((await put(box, url, 2_000_000, SIZE - 1)).status);
  }
  expect(ends).toEqual([201, 412]);
  expect(item.attachments).toHaveLength(1);
});

test('a session ends with its time', async () => {
  const box = contentWorld();
  box.world.switches.uploadLifetimeSeconds = 60;
  const url = String((await session(box, box.message().id)).json.uploadUrl);
  box.clock.advance(59);
  expect((await put(box, url, 0, 9)).status).toBe(200);
  box.clock.advance(1);
  expect((await put(box, url, 10, 19)).status).toBe(404);
});

test.each([
  { size: 2_999_999, status: 400, code: 'ErrorAttachmentSizeShouldNotBeLessThanMinimumSize' },
  { size: 5_000_000, status: 400, code: 'ErrorMessageSizeExceeded' },
])('a session for $size bytes: $code', async ({ size, status, code }) => {
  const box = contentWorld({ maxMessageBytes: 4_500_000 });
  expect(await session(box, box.message().id, { size })).toMatchObject({ status, json: { code } });
});

test('the last range of a message that grows too large is refused', async () => {
  const box = contentWorld({ maxMessageBytes: SIZE });
  const url = String((await session(box, box.message().id)).json.uploadUrl);
  await put(box, url, 0, 1_999_999);
  expect((await put(box, url, 2_000_000, SIZE - 1)).json).toEqual({ code: 'ErrorMessageSizeExceeded' });
});
