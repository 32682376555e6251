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

/**
 * Cuts the messages, in order, into batches bounded by number and bytes; made one at a time, as they are wanted.
 *
 * @param company how many messages at most may travel with this one; default: as many as the limits say
 */
export function* makeBatches(
  messages: Iterable<MessageMeta>,
  limits: BatchLimits,
  company: (uid: number) => number = () => limits.messages,
): Generator<Batch> {
  let open: Batch = { kind: 'memory', messages: [], bytes: 0 };
  let room = limits.messages;
  for (const message of messages) {
    if (message.bytes >= limits.aloneFromBytes) {
      yield { kind: 'disk', messages: [message], bytes: message.bytes };
      continue;
    }
    const most = company(message.uid);
    const full = open.messages.length >= Math.min(room, most) || open.bytes + message.bytes > limits.bytes;
    if (full && open.messages.length > 0) {
      yield open;
      open = { kind: 'memory', messages: [], bytes: 0 };
      room = limits.messages;
    }
    open.messages.push(message);
    open.bytes += message.bytes;
    room = Math.min(room, most);
  }
  if (open.messages.length > 0) yield open;
}
