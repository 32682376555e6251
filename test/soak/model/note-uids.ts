import type { FolderMap } from '@mxodus/lab';
import type { Stored } from './mailbox.ts';

/** Takes the UIDs from a look that agrees with the model. Twins in a folder may swap theirs: nothing is done to one of them alone. */
export function noteUids(stored: Iterable<Stored>, actual: FolderMap): void {
  const uids = new Map<string, number[]>();
  for (const [folder, { messages }] of Object.entries(actual)) {
    for (const { sha256, kind } of messages) {
      const place = `${folder}\n${sha256}`;
      uids.set(place, [...(uids.get(place) ?? []), Number(kind.replace('uid ', ''))]);
    }
  }
  for (const message of stored) message.uid = uids.get(`${message.folder}\n${message.content.sha256}`)?.pop() ?? null;
}
