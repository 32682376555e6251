import { createReadStream } from 'node:fs';
import {
  type AppendAnswer,
  type Appender,
  type AppendOutcome,
  invariant,
  MxodusError,
  type OutgoingMessage,
} from '@mxodus/model';
import { appendItem, bodySize, quoted, readAppendUid, refusalReason } from './append-command.ts';
import type { TaggedAnswer, Wire } from './wire.ts';

/** Larger messages go alone and ask first: a server may drop the connection on an oversized `{n+}`. */
const ALONE_FROM_BYTES = 1024 * 1024;
/** APPEND commands under way at once where there is LITERAL+ and no MULTIAPPEND. */
const WINDOW = 16;

export interface AppendChannelOptions {
  capabilities: readonly string[];
  /** Modified UTF-7 name of a folder. */
  wireName: (path: string) => string;
  onWrite: (command: string) => void;
}

interface Answered {
  uidValidity: number | null;
  outcomes: AppendOutcome[];
}

/**
 * Appends over a connection of its own, because imapflow sends one command at a time (12 messages a second at 40 ms).
 *
 *   server offers           how                                                   round trips
 *   MULTIAPPEND, LITERAL+   one command for the whole batch; on NO it is halved   1 a batch
 *   LITERAL+                up to 16 APPEND commands under way                    1/16 a message
 *   neither                 one APPEND after the other, each asks first           2 a message
 *
 * MULTIAPPEND is all or nothing (RFC 3502): after a NO none of the batch is stored, so halves may be sent. After a lost connection
 * nothing is known, and nothing is sent again here.
 */
export class AppendChannel implements Appender {
  readonly strategy: Appender['strategy'];
  readonly #wire: Wire;
  readonly #options: AppendChannelOptions;
  readonly #binary: boolean;

  constructor(wire: Wire, options: AppendChannelOptions) {
    this.#wire = wire;
    this.#options = options;
    const has = (name: string): boolean => options.capabilities.includes(name);
    this.#binary = has('BINARY');
    this.strategy = !has('LITERAL+') ? 'plain' : has('MULTIAPPEND') ? 'multiappend' : 'pipelined';
  }

  get usable(): boolean {
    return this.#wire.usable;
  }

  async append(folder: string, messages: readonly OutgoingMessage[]): Promise<AppendAnswer> {
    const small = messages.filter((message) => !this.#goesAlone(message));
    const smallAnswer = await this.#appendSmall(folder, small);
    const outcomes = [...smallAnswer.outcomes];
    const all: AppendOutcome[] = [];
    let { uidValidity } = smallAnswer;
    for (const message of messages) {
      if (!this.#goesAlone(message)) {
        const outcome = outcomes.shift();
        invariant(outcome !== undefined, 'each message has an outcome');
        all.push(outcome);
        continue;
      }
      const alone = await this.#appendAlone(folder, message);
      uidValidity = alone.uidValidity ?? uidValidity;
      all.push(...alone.outcomes);
    }
    return { uidValidity, outcomes: all };
  }

  async close(): Promise<void> {
    const tag = this.#wire.nextTag();
    const answer = this.#wire.answer(tag);
    // A server that is slow to say goodbye must not keep the process.
    const timer = setTimeout(() => this.#wire.close(), 2000);
    try {
      await this.#wire.write(`${tag} LOGOUT\r\n`);
      await answer;
    } catch (error) {
      // The connection is gone already, which is what was wanted.
      if (!(error instanceof MxodusError)) throw error;
    } finally {
      clearTimeout(timer);
    }
    this.#wire.close();
  }

  #goesAlone(message: OutgoingMessage): boolean {
    return message.body.kind === 'file' || bodySize(message) >= ALONE_FROM_BYTES || this.strategy === 'plain';
  }

  async #appendSmall(folder: string, messages: readonly OutgoingMessage[]): Promise<Answered> {
    if (messages.length === 0) return { uidValidity: null, outcomes: [] };
    return this.strategy === 'multiappend' ? this.#multiappend(folder, messages) : this.#pipeline(folder, messages);
  }

  async #multiappend(folder: string, messages: readonly OutgoingMessage[]): Promise<Answered> {
    const answer = await this.#send(folder, messages);
    // No folder, or a server that is busy: smaller batches would be refused as well.
    const hopeless = ['no-folder', 'busy'].includes(refusalReason(answer.text));
    if (answer.status === 'OK' || messages.length === 1 || hopeless) return outcomesOf(answer, messages.length);
    const half = messages.length >> 1;
    const first = await this.#multiappend(folder, messages.slice(0, half));
    const second = await this.#multiappend(folder, messages.slice(half));
    return { uidValidity: second.uidValidity ?? first.uidValidity, outcomes: [...first.outcomes, ...second.outcomes] };
  }

  async #pipeline(folder: string, messages: readonly OutgoingMessage[]): Promise<Answered> {
    const results: Answered[] = [];
    const underWay: Pending[] = [];
    const settleOldest = async (): Promise<void> => {
      const oldest = underWay.shift();
      if (oldest) results.push(outcomesOf(await oldest.pending, 1));
    };
    for (const message of messages) {
      if (underWay.length >= WINDOW) await settleOldest();
      underWay.push(await this.#write(folder, [message]));
    }
    while (underWay.length > 0) await settleOldest();
    return { uidValidity: results.at(-1)?.uidValidity ?? null, outcomes: results.flatMap((result) => result.outcomes) };
  }

  async #send(folder: string, messages: readonly OutgoingMessage[]): Promise<TaggedAnswer> {
    return await (await this.#write(folder, messages)).pending;
  }

  /** Writes one APPEND with non-synchronising literals; the answer comes later. */
  async #write(folder: string, messages: readonly OutgoingMessage[]): Promise<Pending> {
    this.#options.onWrite('APPEND');
    const tag = this.#wire.nextTag();
    const pending = this.#wire.answer(tag);
    const pieces: (Buffer | string)[] = [`${tag} APPEND ${quoted(this.#options.wireName(folder))}`];
    for (const message of messages) {
      invariant(message.body.kind === 'memory', 'a message in a file goes alone');
      pieces.push(appendItem(message, 'non-synchronising', this.#binary), message.body.bytes);
    }
    pieces.push('\r\n');
    await this.#wire.write(...pieces);
    return { pending };
  }

  /** One message with a synchronising literal: the server may refuse it before its bytes are sent. */
  async #appendAlone(folder: string, message: OutgoingMessage): Promise<Answered> {
    this.#options.onWrite('APPEND');
    const tag = this.#wire.nextTag();
    const pending = this.#wire.answer(tag);
    const go = this.#wire.continuation(pending);
    await this.#wire.write(
      `${tag} APPEND ${quoted(this.#options.wireName(folder))}${appendItem(message, 'synchronising', this.#binary)}`,
    );
    const early = await go;
    if (early !== 'go on') return outcomesOf(early, 1);
    if (message.body.kind === 'memory') await this.#wire.write(message.body.bytes);
    else
      for await (const chunk of createReadStream(message.body.path, { highWaterMark: 256 * 1024 }))
        await this.#wire.write(chunk);
    await this.#wire.write('\r\n');
    return outcomesOf(await pending, 1);
  }
}

/** Boxed, so that returning it from an async function does not wait for the answer. */
interface Pending {
  pending: Promise<TaggedAnswer>;
}

function outcomesOf(answer: TaggedAnswer, count: number): Answered {
  if (answer.status !== 'OK') {
    const response = `${answer.status} ${answer.text}`;
    const refused: AppendOutcome = { kind: 'refused', reason: refusalReason(answer.text), response };
    return { uidValidity: null, outcomes: Array.from({ length: count }, () => refused) };
  }
  const appended = readAppendUid(answer.text, count);
  const outcomes = Array.from(
    { length: count },
    (_, index): AppendOutcome => ({ kind: 'stored', uid: appended?.uids[index] ?? null }),
  );
  return { uidValidity: appended?.uidValidity ?? null, outcomes };
}
