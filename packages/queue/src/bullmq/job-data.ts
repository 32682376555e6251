import type { JobProgress } from '@mxodus/model';

/** All that is kept of a job in Redis beside its id. */
export interface JobData {
  /** By server key. */
  connections: Readonly<Record<string, number>>;
  /** It was cancelled while a worker had it. */
  cancelled?: true;
}

/** Data of Redis; what is not ours is left out. */
export function jobData(value: unknown): JobData {
  const { connections, cancelled } = fields(value);
  const counts = Object.entries(fields(connections)).filter((entry): entry is [string, number] => isCount(entry[1]));
  return { connections: Object.fromEntries(counts), ...(cancelled === true ? { cancelled } : {}) };
}

/** What a worker says of a job to who watches. */
export type JobNote = { kind: 'started' } | { kind: 'progress'; progress: JobProgress };

/** null: not one of ours. */
export function jobNote(value: unknown): JobNote | null {
  const { kind, progress } = fields(value);
  if (kind === 'started') return { kind };
  const { settled, messages } = fields(progress);
  if (kind !== 'progress' || !isCount(settled) || !isCount(messages)) return null;
  return { kind, progress: { settled, messages } };
}

const isCount = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value) && value >= 0;

/** Of a record; nothing else has any. */
function fields(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {};
}
