import { invariant } from '@mxodus/model';
import type { ImapFlow } from 'imapflow';
import { encodePath } from 'imapflow/lib/tools.js';

/** Commands that imapflow has no exact method for, through its own queue, encoder and parser. */

export type Attribute = { type: 'ATOM' | 'STRING' | 'SEQUENCE'; value: string } | Attribute[];

/**
 * Sends one command and waits for its tagged OK. Rejects with imapflow's error on NO and BAD. `onUntagged` is called for each
 * untagged response of the command's own name.
 */
export async function rawCommand(
  client: ImapFlow,
  verb: string,
  attributes: readonly Attribute[],
  onUntagged: () => void = () => undefined,
): Promise<void> {
  // exec() is in every build of imapflow but not in its types (2.10.2).
  const exec: unknown = Reflect.get(client, 'exec');
  invariant(typeof exec === 'function', 'imapflow has exec()');
  const response: unknown = await Reflect.apply(exec, client, [
    verb,
    attributes,
    { untagged: { [verb]: async () => onUntagged() } },
  ]);
  invariant(typeof response === 'object' && response !== null, 'imapflow answers with a response');
  // Without next() the reader stays parked and every later command hangs.
  const next: unknown = Reflect.get(response, 'next');
  invariant(typeof next === 'function', 'a response has next()');
  Reflect.apply(next, response, []);
}

/** The wire form of a folder name: modified UTF-7 (RFC 3501 5.1.3). */
export const wireName = (client: ImapFlow, path: string): string => encodePath(client, path);
