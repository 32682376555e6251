import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface CorpusFile {
  path: string;
  bytes: Buffer;
  /** Of what Dovecot shows as BODY[]. */
  servedSha256: string;
  hasNul: boolean;
}

/** Every .eml below the folder, by path. */
export async function corpusFiles(folder: string): Promise<CorpusFile[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile() && entry.name.endsWith('.eml'));
  const files: CorpusFile[] = [];
  for (const path of paths.map((entry) => join(entry.parentPath, entry.name)).sort()) {
    files.push(corpusFile(path, await readFile(path)));
  }
  return files;
}

export function corpusFile(path: string, bytes: Buffer): CorpusFile {
  const servedSha256 = createHash('sha256').update(servedBytes(bytes)).digest('hex');
  return { path, bytes, servedSha256, hasNul: bytes.includes(0) };
}

/** What Dovecot shows as BODY[]: CRLF in place of a bare LF, 0x80 in place of a NUL (Dovecot 2.3). */
export function servedBytes(bytes: Buffer): Buffer {
  const served = bytes
    .toString('latin1')
    .replace(/(?<!\r)\n/g, '\r\n')
    .replaceAll('\0', '\x80');
  return Buffer.from(served, 'latin1');
}
