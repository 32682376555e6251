import type { GoneMessage } from '@mxodus/model';
import { type Look, pairLooks } from './pair-looks.ts';

/** A message that is new in a source folder. */
export interface AddedMessage extends Look {
  uid: number;
  /** See MessageMeta. */
  emailId?: string;
}

export interface MovePairing<A> {
  sure: { gone: GoneMessage; added: A }[];
  /** Asked again with the digests that are missing it may be sure; else the content tells: the gone ones are at the destination. */
  unclear: { gone: GoneMessage[]; added: A[] }[];
  left: { gone: GoneMessage[]; added: A[] };
}

/**
 * Finds the new messages that are old ones filed elsewhere, or under another UID in the same folder. An equal EMAILID is sure (RFC
 * 8474 5.1: it survives MOVE and COPY); a different one proves nothing, since a client may move by APPEND and expunge. Then date, size
 * and header digest, as multisets. Each message is used once. Linear; pairs in the order given.
 */
export function pairMoves<A extends AddedMessage>(gone: readonly GoneMessage[], added: readonly A[]): MovePairing<A> {
  const byEmailId = Map.groupBy(
    gone.filter(({ emailId }) => emailId !== null),
    ({ emailId }) => emailId,
  );
  const used = new Map<string, number>();
  const taken = new Set<GoneMessage>();
  const sure: MovePairing<A>['sure'] = [];
  const others: A[] = [];
  for (const message of added) {
    const { emailId } = message;
    const count = emailId === undefined ? 0 : (used.get(emailId) ?? 0);
    const same = emailId === undefined ? undefined : byEmailId.get(emailId)?.[count];
    if (emailId === undefined || same === undefined) {
      others.push(message);
      continue;
    }
    used.set(emailId, count + 1);
    taken.add(same);
    sure.push({ gone: same, added: message });
  }
  const looks = pairLooks(
    gone.filter((message) => !taken.has(message)),
    others,
  );
  return {
    sure: [...sure, ...looks.sure.map(({ a, b }) => ({ gone: a, added: b }))],
    unclear: looks.unclear.map(({ a, b }) => ({ gone: a, added: b })),
    left: { gone: looks.left.a, added: looks.left.b },
  };
}
