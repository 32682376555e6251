import { type ErrorCode, type FetchedMessage, MxodusError } from '@mxodus/model';

/** The server answered, and its answer was NO. */
const REFUSALS: readonly ErrorCode[] = ['SERVER_ANSWER', 'SERVER_BUSY', 'PERMISSION_DENIED'];

/**
 * Fetches the messages; where the server ends a FETCH with NO (one damaged message is enough), the rest is halved until only what it
 * really does not give is left out.
 */
export async function fetchAround(
  fetch: (uids: readonly number[]) => AsyncIterable<FetchedMessage>,
  { uids, take }: { uids: readonly number[]; take: (message: FetchedMessage) => void },
): Promise<void> {
  const left = new Set(uids);
  try {
    for await (const message of fetch(uids)) {
      left.delete(message.uid);
      take(message);
    }
  } catch (error) {
    const refused = error instanceof MxodusError && REFUSALS.includes(error.code);
    if (!refused) throw error;
    if (uids.length === 1) return;
    const rest = [...left];
    const half = Math.max(1, rest.length >> 1);
    if (rest.length > 0) await fetchAround(fetch, { uids: rest.slice(0, half), take });
    if (rest.length > half) await fetchAround(fetch, { uids: rest.slice(half), take });
  }
}
