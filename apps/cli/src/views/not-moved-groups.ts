import type { EventOf } from '@mxodus/model';
import { causeOf, count, size } from '../output/figures.ts';
import type { Style } from '../output/style.ts';

type NotMoved = EventOf<'not_moved'>;

interface Group {
  bucket: NotMoved['bucket'];
  why: string;
  count: number;
  bytes: number;
  first: NotMoved[];
}

const EXAMPLES = 3;

/** Messages that were not moved, by cause: the first three of each, and how many. */
export class NotMovedGroups {
  readonly #groups = new Map<string, Group>();

  add(message: NotMoved): void {
    const key = `${message.bucket} ${causeOf(message.why)}`;
    const group = this.#groups.get(key) ?? { bucket: message.bucket, why: message.why, count: 0, bytes: 0, first: [] };
    this.#groups.set(key, group);
    group.count += 1;
    group.bytes += message.bytes;
    if (group.first.length < EXAMPLES) group.first.push(message);
  }

  /** Largest first. */
  get all(): Group[] {
    return [...this.#groups.values()].sort((a, b) => b.count - a.count);
  }

  lines(style: Style): string[] {
    return this.all.flatMap(({ bucket, why, count: total, bytes, first }) => [
      `  ${style.warn(nameOf(bucket).padEnd(8))}  ${count(total)} of ${size(bytes)}: ${why}`,
      ...first.map(({ mailbox, folder, uid }) => `            ${mailbox}  ${folder}  uid ${uid}`),
      ...(total > first.length ? [style.dim(`            and ${count(total - first.length)} more, same cause`)] : []),
    ]);
  }
}

export const nameOf = (bucket: NotMoved['bucket']): string => bucket.replace('_', ' ');
