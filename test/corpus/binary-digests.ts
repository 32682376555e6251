import { createHash } from 'node:crypto';
import { type Dovecot, signedIn } from '@mxodus/lab';

/**
 * The hash of BINARY[] (RFC 3516) of each message of INBOX: unlike BODY[] it shows a NUL as what it is. A UID is missing where the
 * server cannot decode the message's parts.
 */
export async function binaryDigests(
  server: Dovecot,
  user: string,
  uids: readonly number[],
): Promise<Map<number, string>> {
  const found = new Map<number, string>();
  await signedIn(server, user, server.password, async (connection) => {
    await connection.command('EXAMINE INBOX');
    for (const uid of uids) {
      await connection.command(`UID FETCH ${uid} (BINARY.PEEK[])`, (response) => {
        const literal = response.find((piece) => typeof piece === 'object' && piece.kind === 'bytes');
        if (typeof literal !== 'object' || literal.kind !== 'bytes') return;
        found.set(uid, createHash('sha256').update(literal.bytes).digest('hex'));
      });
    }
  });
  return found;
}
