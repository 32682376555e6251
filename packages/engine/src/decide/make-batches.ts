import type { MessageMeta } from '@mxodus/model';

export interface BatchLimits {
  messages: number;
  bytes: number;
  /** A message of this size or more goes alone, through the disk. */
  aloneFromBytes: number;
}

export interface Batch {
  kind: 'memory' | 'disk';
  messages: MessageMeta[];
  bytes: number;
}

/** Cuts the messages, in order, into batches bounded by number and bytes. */
export function makeBatches(messages: readonly MessageMeta[], limits: BatchLimits): Batch[] {
  const batches: Batch[] = [];
  let open: Batch | undefined;
  for (const message of messages) {
    if (message.bytes >= limits.aloneFromBytes) {
      batches.push({ kind: 'disk', messages: [message], bytes: message.bytes });
      continue;
    }
    if (open === undefined || open.messages.length >= limits.messages || open.bytes + message.bytes > limits.bytes) {
      open = { kind: 'memory', messages: [], bytes: 0 };
      batches.push(open);
    }
    open.messages.push(message);
    open.bytes += message.bytes;
  }
  return batches;
}
