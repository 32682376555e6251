import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { HOSTILE_KINDS, seedMaildirs, withTempDir } from '@mxodus/lab';
import type { Body } from '@mxodus/model';
import PostalMime from 'postal-mime';
import { describe, expect, it } from 'vitest';
import type { GraphAttachment } from './graph-message.ts';
import { asAttachment, type ReadContent, readContent } from './read-content.ts';

const inMemory = (message: string | Buffer): Body => ({
  kind: 'memory',
  bytes: typeof message === 'string' ? Buffer.from(message, 'latin1') : message,
});
const OPTIONS = { tempDir: '.', memoryBytes: 4_000_000 };
const changes = ({ alterations }: ReadContent): string[] => alterations.map(({ what }) => what);
const HEAD = 'From: a@example.org\r\nSubject: s\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n';

async function sha256(content: GraphAttachment['content']): Promise<string> {
  const hash = createHash('sha256');
  if (content.kind === 'memory') return hash.update(content.bytes).digest('hex');
  for await (const chunk of createReadStream(content.path)) hash.update(chunk);
  return hash.digest('hex');
}

/** The other parser ends every line of what is not base64 in LF, also the last one. */
const withLineFeeds = (bytes: Buffer): string => bytes.toString('latin1').replaceAll('\r\n', '\n').replace(/\n+$/, '');

describe('reading a message', () => {
  it('takes every hostile message, and finds the attachments another parser finds', async () => {
    await withTempDir(async (dir) => {
      await seedMaildirs({
        server: { home: (user) => join(dir, user), layout: 'fs' },
        users: ['u'],
        messagesPerUser: HOSTILE_KINDS.length + 40,
        largestBytes: 200_000,
      });
      const files = (await readdir(dir, { recursive: true, withFileTypes: true })).filter(
        (entry) => entry.isFile() && /[/\\](?:cur|new)$/.test(entry.parentPath),
      );
      expect(files.length).toBeGreaterThan(HOSTILE_KINDS.length);
      for (const { parentPath, name } of files) {
        const bytes = await readFile(join(parentPath, name));
        const content = await readContent(inMemory(bytes), OPTIONS);
        const other = await PostalMime.parse(bytes, { forceRfc822Attachments: true });
        expect(content.attachments, name).toHaveLength(other.attachments.length);
        for (const [index, { content: given }] of other.attachments.entries()) {
          const theirs = Buffer.from(typeof given === 'string' ? given : new Uint8Array(given));
          const ours = content.attachments[index]?.content;
          const bytes = ours?.kind === 'memory' ? ours.bytes : Buffer.alloc(0);
          expect(bytes.equals(theirs) || withLineFeeds(bytes) === withLineFeeds(theirs), name).toBe(true);
        }
      }
    });
  });

  it.each([
    [
      '249 attachments and the original for more than 250',
      'image/png',
      300,
      250,
      '51 of 300 attachments are only in original.eml, the attached original',
    ],
    ['one body for ten thousand texts', 'text/plain', 10_000, 0, '10000 text parts were joined into one body'],
    [
      'the original for more parts than anyone reads',
      'image/png',
      20_001,
      1,
      'the content was kept only as original.eml, the attached original',
    ],
  ])('makes %s', async (_, type, count, attachments, change) => {
    const parts = Array.from({ length: count }, (_part, at) => `--b\r\nContent-Type: ${type}\r\n\r\np${at}\r\n`);
    const message = Buffer.from(`${HEAD}${parts.join('')}--b--\r\n`);
    const content = await readContent(inMemory(message), OPTIONS);
    expect(content.attachments).toHaveLength(attachments);
    expect(changes(content)).toEqual([change]);
    if (attachments > 0) {
      expect(content.attachments.at(-1)).toMatchObject({ name: 'original.eml', size: message.length });
    }
  });

  it.each([
    [
      'nested without end',
      'its parts are nested more than 200 levels deep',
      Array.from(
        { length: 5000 },
        (_, at) => `Content-Type: multipart/mixed; boundary=n${at}x\r\n\r\n--n${at}x\r\n`,
      ).join(''),
    ],
    [
      'with an endless header',
      'the parser gave up (Max header size for a MIME node exceeded)',
      'X-A: b\r\n'.repeat(40_000),
    ],
    [
      'with an endless line',
      'the parser gave up (Max header size for a MIME node exceeded)',
      `X-A: ${'b'.repeat(3_000_000)}\r\n`,
    ],
  ])('attaches a message %s whole', async (_, why, rest) => {
    const message = Buffer.from(`From: a@example.org\r\nSubject: s\r\nDate: 1 Feb 2012 10:00 GMT\r\n${rest}`);
    const content = await readContent(inMemory(message), OPTIONS);
    expect(content.message).toMatchObject({ subject: 's', body: { contentType: 'text', content: '' } });
    expect(content.properties).toContainEqual({ id: 'SystemTime 0x0039', value: '2012-02-01T10:00:00Z' });
    expect(content.attachments).toMatchObject([
      { name: 'original.eml', contentType: 'message/rfc822', size: message.length },
    ]);
    expect(content.alterations).toContainEqual({
      what: 'the content was kept only as original.eml, the attached original',
      why,
    });
  });

  it('attaches a text that is too long for a body, and names it', async () => {
    const content = await readContent(
      inMemory(`From: a@example.org\r\n\r\n${'0123456789\r\n'.repeat(250_000)}`),
      OPTIONS,
    );
    expect(content.message.body).toEqual({ contentType: 'text', content: '' });
    expect(content.attachments).toMatchObject([{ name: 'attachment.txt', contentType: 'text/plain', size: 3_000_000 }]);
    expect(changes(content)).toEqual(['text that was too long for the body was kept as an attachment']);
  });

  it('puts attachments to disk when memory is used up, and removes them', async () => {
    await withTempDir(async (tempDir) => {
      const part = (letter: string): string => `--b\r\nContent-Type: image/png\r\n\r\n${letter.repeat(600)}\r\n`;
      const content = await readContent(inMemory(`${HEAD}${part('a')}${part('b')}--b--`), {
        tempDir,
        memoryBytes: 1000,
      });
      expect(content.attachments.map(({ content: { kind }, size }) => [kind, size])).toEqual([
        ['memory', 600],
        ['file', 600],
      ]);
      const [, stored] = content.attachments;
      if (stored?.content.kind === 'file') expect(await readFile(stored.content.path, 'utf8')).toBe('b'.repeat(600));
      await content.discard();
      expect(await readdir(tempDir)).toEqual([]);
    });
  });

  it('passes on what the disk says, and leaves nothing there', async () => {
    await withTempDir(async (tempDir) => {
      const gone: Body = { kind: 'file', path: join(tempDir, 'gone'), size: 10 };
      await expect(readContent(gone, { tempDir, memoryBytes: 10 })).rejects.toMatchObject({ code: 'ENOENT' });
      await writeFile(join(tempDir, 'file'), '');
      await expect(
        readContent(inMemory(`${HEAD}--b\r\nContent-Type: image/png\r\n\r\n${'a'.repeat(100)}`), {
          tempDir: join(tempDir, 'file'),
          memoryBytes: 10,
        }),
      ).rejects.toMatchObject({ code: 'ENOTDIR' });
      expect(await readdir(tempDir)).toEqual(['file']);
    });
  });

  it('never has a large message in memory', async () => {
    await withTempDir(async (tempDir) => {
      const path = join(tempDir, 'large.eml');
      const lines = 400_000;
      await writeLarge(path, lines);
      const { size } = await stat(path);
      expect(size).toBeGreaterThan(60_000_000);
      await mkdir(join(tempDir, 'parts'));
      const peak = watchMemory();
      const content = await readContent(
        { kind: 'file', path, size },
        { tempDir: join(tempDir, 'parts'), memoryBytes: 1_000_000 },
      );
      expect(peak()).toBeLessThan(16_000_000);
      expect(content.attachments.map((attachment) => attachment.size)).toEqual([lines * 57, lines * 77]);
      const expected = createHash('sha256');
      for (let at = 0; at < lines; at++) expected.update('a'.repeat(57));
      expect(content.attachments[0] && (await sha256(content.attachments[0].content))).toBe(expected.digest('hex'));
      await content.discard();
    });
  });
});

describe('the original as an attachment', () => {
  it('has what the header says, and every byte', async () => {
    const message = Buffer.from(`${HEAD}--b\r\n\r\ntext\r\n--b--\r\n`);
    const content = await asAttachment(inMemory(message), 'Exchange said: no');
    expect(content.message).toMatchObject({ subject: 's', from: { emailAddress: { address: 'a@example.org' } } });
    expect(content.attachments.map((one) => [one.name, one.size])).toEqual([['original.eml', message.length]]);
    expect(content.attachments[0] && (await sha256(content.attachments[0].content))).toBe(
      createHash('sha256').update(message).digest('hex'),
    );
    expect(content.alterations).toEqual([
      { what: 'the content was kept only as original.eml, the attached original', why: 'Exchange said: no' },
    ]);
  });

  it('leaves the file of the body where it is', async () => {
    await withTempDir(async (dir) => {
      const path = join(dir, 'body');
      await writeFile(path, `${HEAD}--b\r\n`);
      const content = await asAttachment({ kind: 'file', path, size: 90 });
      expect(content.attachments[0]?.content).toMatchObject({ kind: 'file', path });
      await content.discard();
      expect(await readdir(dir)).toEqual(['body']);
    });
  });
});

/** Two attachments, one in base64, one in quoted-printable, of so many lines each. */
async function writeLarge(path: string, lines: number): Promise<void> {
  const file = createWriteStream(path);
  const base64 = `${Buffer.from('a'.repeat(57)).toString('base64')}\r\n`.repeat(1000);
  const quoted = `${'=41'.repeat(2)}${'b'.repeat(73)}\r\n`.repeat(1000);
  const pieces = function* (): Generator<string> {
    yield `${HEAD}--b\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\n`;
    for (let at = 0; at < lines; at += 1000) yield base64;
    yield '--b\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n';
    for (let at = 0; at < lines; at += 1000) yield quoted;
    yield '\r\n--b--\r\n';
  };
  for (const piece of pieces()) if (!file.write(piece)) await once(file, 'drain');
  file.end();
  await once(file, 'close');
}

/** The most bytes that were alive at any time since, above those alive at the start. */
function watchMemory(): () => number {
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  const alive = (): number => {
    collect();
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  };
  const before = alive();
  let most = before;
  let timer = setTimeout(look, 400);
  // A busy machine takes longer to collect than the pause is: the work would never get on.
  function look(): void {
    const began = performance.now();
    most = Math.max(most, alive());
    timer = setTimeout(look, Math.max(400, 4 * (performance.now() - began)));
  }
  return () => {
    clearTimeout(timer);
    return Math.max(most, alive()) - before;
  };
}
