import { type GoneMessage, MxodusError } from '@mxodus/model';
import type { SyncContext } from './sync-context.ts';

export interface PlaceAtDestination {
  /** The folder of the destination. */
  path: string;
  /** Those whose copy is still where it was put. */
  present: { gone: GoneMessage; destinationUid: number }[];
}

/** Which copies are still where they were put: not moved or deleted by the user, their folder neither deleted nor made anew. */
export async function placesAtDestination(
  context: SyncContext,
  messages: readonly GoneMessage[],
): Promise<PlaceAtDestination[]> {
  const session = await context.connections.destination();
  const places: PlaceAtDestination[] = [];
  for (const path of new Set(messages.map(({ destination }) => destination))) {
    const here = messages.filter(({ destination }) => destination === path);
    const status = await session.status(path);
    if (status === null) continue;
    const there = new Set(await uidsOf(context, path));
    const present = here.flatMap((gone) => {
      const { destinationUid, destinationUidValidity } = gone;
      const inPlace =
        destinationUid !== null && destinationUidValidity === status.uidValidity && there.has(destinationUid);
      return inPlace ? [{ gone, destinationUid }] : [];
    });
    if (present.length > 0) places.push({ path, present });
  }
  return places;
}

async function uidsOf(context: SyncContext, path: string): Promise<number[]> {
  try {
    return await (await context.connections.destination()).uids(path);
  } catch (error) {
    // It was there a moment ago; a folder that cannot be opened holds nothing that can be moved.
    if (error instanceof MxodusError && error.code === 'SERVER_ANSWER') return [];
    throw error;
  }
}
