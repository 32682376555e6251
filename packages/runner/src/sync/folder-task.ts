import type { FolderRole, FolderStatus } from '@mxodus/model';

/** One folder of the source, and where it goes. */
export interface FolderTask {
  source: string;
  destination: string;
  role: FolderRole | null;
  subscribed: boolean;
  /** Why it has another name at the destination; null when it has not. */
  renamed: string | null;
  status: FolderStatus;
  /** What the destination listed under that name when the pass began. */
  atDestination: { subscribed: boolean; status: FolderStatus } | null;
}
