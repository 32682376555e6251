import { isUtf8 } from 'node:buffer';
import type { MailSession } from '@mxodus/model';
import type { ReadBody } from './confirm-bodies.ts';
import { fetchAround } from './fetch-around.ts';
import type { OpenFolder, SyncContext } from './sync-context.ts';

/** What Dovecot 2.3 shows for NUL in BODY[] (2026-11). Size and BODY[] of both ends are equal then, whichever of the two is stored. */
const SHOWN = 0x80;

/** What is to be sent in place of what BODY[] showed, or what is to be reported about it. */
export type NulFinding = { bytes: Buffer } | { altered: { what: string; why: string } };

/**
 * Asks by BINARY[] (RFC 3516) for the bodies that may hide a NUL, and says by UID what it found. Not found: there is none, or the
 * source has no BINARY and nobody can tell.
 */
export async function findNul(
  context: SyncContext,
  { source, sourceUidValidity }: OpenFolder,
  { reader, read }: { reader: MailSession; read: readonly ReadBody[] },
): Promise<Map<number, NulFinding>> {
  const found = new Map<number, NulFinding>();
  const hiding = read.filter(({ bytes }) => bytes.includes(SHOWN) && !bytes.includes(0) && !isUtf8(bytes));
  if (hiding.length === 0 || !reader.facts.capabilities.includes('BINARY')) return found;
  const binary = new Map<number, Buffer>();
  const fetch = (uids: readonly number[]) => reader.fetchBinary(source, uids, sourceUidValidity);
  const take = ({ uid, body }: { uid: number; body: Buffer }): void => void binary.set(uid, body);
  await fetchAround(fetch, { uids: hiding.map(({ meta }) => meta.uid), take });
  const { facts } = await context.connections.destination();
  const keeps = facts.capabilities.includes('BINARY');
  for (const { meta, bytes: shown } of hiding) {
    const bytes = binary.get(meta.uid);
    if (bytes !== undefined && asShown(bytes).equals(shown)) {
      const nuls = bytes.filter((byte) => byte === 0).length;
      if (nuls > 0) found.set(meta.uid, keeps ? { bytes } : { altered: stored(nuls) });
    } else if (bytes === undefined || !hasLines(bytes, shown)) found.set(meta.uid, { altered: UNCLEAR });
  }
  return found;
}

const asShown = (bytes: Buffer): Buffer => Buffer.from(bytes.map((byte) => (byte === 0 ? SHOWN : byte)));

/** Whether the lines that may hide a NUL are in the decoded message as they were shown: then they hide none. */
function hasLines(decoded: Buffer, shown: Buffer): boolean {
  for (let at = shown.indexOf(SHOWN); at !== -1; ) {
    const end = shown.indexOf(10, at);
    const line = shown.subarray(shown.lastIndexOf(10, at) + 1, end === -1 ? shown.length : end);
    if (!decoded.includes(line)) return false;
    at = end === -1 ? -1 : shown.indexOf(SHOWN, end);
  }
  return true;
}

const stored = (nuls: number) => ({
  what: nuls === 1 ? '1 NUL byte is stored as 0x80' : `${nuls} NUL bytes are stored as 0x80`,
  why: 'the destination has no BINARY (RFC 3516)',
});

const UNCLEAR = {
  what: 'NUL bytes, if it has any, are stored as 0x80',
  why: 'the source shows NUL as 0x80, and its BINARY (RFC 3516) gives the message decoded or not at all',
};
