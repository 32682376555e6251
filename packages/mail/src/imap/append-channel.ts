import { type FileHandle, open } from 'node:fs/promises';
import {
  type AppendAnswer,
  type Appender,
  type AppendOutcome,
  invariant,
  MxodusError,
  type OutgoingMessage,
} from '@mxodus/model';
import { appendItem, quoted, readAppendUid, refusalReason, refusedOutcome } from './append-command.ts';
import { type AppendShape, type AppendStep, appendShape, appendSteps } from './append-shape.ts';
import type { TaggedAnswer, Wire } from './wire.ts';

/** APPEND commands under way at once. */
const WINDOW = 32;
const FILE_CHUNK_BYTES = 256 * 1024;
/** A server that is slow to say goodbye must not keep the process. */
const GOODBYE_MS = 2000;

export interface AppendChannelOptions {
  /** In upper case. */
  capabilities: readonly string[];
  /** Modified UTF-7 name of a folder. */
  wireName: (path: string) => string;
  /** What it throws ends the connection, before a byte of the command was sent. */
  onWrite: (command: string) => void;
  /** Asked before each command is completed (see CommitGate). Default: nobody, and commands follow each other without a pause. */
  mayCommit?: (() => void) | undefined;
}

/**
 * Appends over a connection of its own, because imapflow sends one command at a time (12 messages a second at 40 ms).
 *
 *   server offers           how                                                   round trips
 *   MULTIAPPEND, LITERAL+   one command for the whole batch; on NO it is halved   none: batches follow each other
 *   LITERAL+                up to 32 APPEND commands under way                    1/32 a message
 *   LITERAL-                the same for up to 4096 bytes, others ask first       1/32 or 1 a message
 *   neither                 one APPEND after the other, each asks first           2 a message
 *
 * Writing is one queue: a command is written whole before the next begins, in the order of the calls; answers find their command by
 * its tag. MULTIAPPEND is all or nothing (RFC 3502): after a NO none of the batch is stored, so its halves may be sent; they join
 * the queue. After a lost connection nothing is known, and nothing is sent again here.
 */
export class AppendChannel implements Appender {
  readonly strategy: Appender['strategy'];
  readonly #wire: Wire;
  readonly #options: AppendChannelOptions;
  readonly #shape: AppendShape;
  /** The last in the queue of writers. */
  #writing: Promise<unknown> = Promise.resolve();
  /** The last call, settled. */
  #answered: Promise<unknown> = Promise.resolve();
  #underWay = 0;
  #onRoom: () => void = () => undefined;

  constructor(wire: Wire, options: AppendChannelOptions) {
    this.#wire = wire;
    this.#options = options;
    this.#shape = appendShape(options.capabilities);
    this.strategy = this.#shape.strategy;
  }

  get usable(): boolean {
    return this.#wire.usable;
  }

  append(folder: string, messages: readonly OutgoingMessage[]): Promise<AppendAnswer> {
    // All steps join the queue now, before any later call.
    const steps = appendSteps(messages, this.#shape).map((step) => this.#run(folder, step));
    const answer = Promise.all(steps).then(joined);
    const inOrder = this.#answered.then(() => answer);
    this.#answered = inOrder.catch(() => undefined);
    answer.catch(() => undefined);
    return inOrder;
  }

  async close(): Promise<void> {
    const timer = setTimeout(() => this.#wire.close(), GOODBYE_MS);
    try {
      const { pending } = await this.#inTurn(async () => {
        const tag = this.#wire.nextTag();
        const goodbye = this.#wire.answer(tag);
        await this.#wire.write(`${tag} LOGOUT\r\n`);
        return { pending: goodbye };
      });
      await pending;
    } catch (error) {
      // The connection is gone already, which is what was wanted.
      if (this.#wire.usable && !(error instanceof MxodusError)) throw error;
    } finally {
      clearTimeout(timer);
    }
    this.#wire.close();
  }

  async #run(folder: string, step: AppendStep): Promise<AppendAnswer> {
    const answer = await this.#send(folder, step);
    const count = step.messages.length;
    // No folder, or a server that is busy: smaller batches would be refused as well.
    const hopeless = (): boolean => ['no-folder', 'busy'].includes(refusalReason(answer.text));
    if (answer.status === 'OK' || count === 1 || hopeless()) return answerOf(answer, count);
    const half = count >> 1;
    const halves = [step.messages.slice(0, half), step.messages.slice(half)];
    return joined(await Promise.all(halves.map((messages) => this.#run(folder, { ...step, messages }))));
  }

  /** Writes one command when its turn has come. Whatever goes wrong on the way ends the connection: nobody knows what is on the line. */
  async #send(folder: string, step: AppendStep): Promise<TaggedAnswer> {
    const { pending } = await this.#inTurn(async () => {
      while (this.#underWay >= WINDOW) await new Promise<void>((resolve) => (this.#onRoom = resolve));
      // Throws what ended the connection, before the command is counted as sent.
      await this.#wire.write();
      try {
        const written = await (step.literal === 'synchronising'
          ? this.#writeAsking(folder, step.messages)
          : this.#write(folder, step.messages));
        this.#underWay += 1;
        void written.pending.catch(() => undefined).then(() => this.#makeRoom());
        if (this.strategy === 'plain') await written.pending;
        return written;
      } catch (error) {
        this.#wire.close();
        throw error;
      }
    });
    return await pending;
  }

  /** One writer at a time, in the order they came. */
  #inTurn<T>(write: () => Promise<T>): Promise<T> {
    const turn = this.#writing.then(write);
    this.#writing = turn.catch(() => undefined);
    return turn;
  }

  #makeRoom(): void {
    this.#underWay -= 1;
    this.#onRoom();
  }

  /** One APPEND with non-synchronising literals; the answer comes later. */
  async #write(folder: string, messages: readonly OutgoingMessage[]): Promise<Pending> {
    const pieces = messages.flatMap((message): (Buffer | string)[] => {
      invariant(message.body.kind === 'memory', 'a message in a file asks first');
      return [appendItem(message, 'non-synchronising', this.#shape.binary), message.body.bytes];
    });
    const { tag, pending } = this.#begin();
    await this.#complete(`${tag} APPEND ${this.#name(folder)}`, ...pieces, '\r\n');
    return { pending };
  }

  /** One message with a synchronising literal: the server may refuse it before its bytes are sent. */
  async #writeAsking(folder: string, [message]: readonly OutgoingMessage[]): Promise<Pending> {
    invariant(message !== undefined, 'a message that asks first goes alone');
    const { body } = message;
    const file = body.kind === 'file' ? await open(body.path) : null;
    try {
      const { tag, pending } = this.#begin();
      const go = this.#wire.continuation(pending);
      // The command itself may fail first.
      go.catch(() => undefined);
      const item = appendItem(message, 'synchronising', this.#shape.binary);
      await this.#wire.write(`${tag} APPEND ${this.#name(folder)}${item}`);
      if ((await go) !== 'go on') return { pending };
      if (body.kind === 'memory') await this.#complete(body.bytes, '\r\n');
      else if (file !== null) await this.#writeFile(file, body.size);
      return { pending };
    } finally {
      await file?.close();
    }
  }

  /** Exactly as many bytes as were announced: one too few or too many, and the server takes commands for mail or mail for commands. */
  async #writeFile(file: FileHandle, size: number): Promise<void> {
    const read = async (from: number): Promise<Buffer> => {
      const chunk = Buffer.allocUnsafe(Math.min(FILE_CHUNK_BYTES, size - from));
      const { bytesRead } = await file.read(chunk, 0, chunk.length, from);
      invariant(bytesRead > 0 || size === from, `a spilled message has ${size} bytes`);
      return chunk.subarray(0, bytesRead);
    };
    let chunk = await read(0);
    for (let end = chunk.length; end < size; end += chunk.length) {
      await this.#wire.write(chunk);
      chunk = await read(end);
    }
    await this.#complete(chunk, '\r\n');
  }

  /** Writes what the command ends with. */
  #complete(...pieces: readonly (Buffer | string)[]): Promise<void> {
    const { mayCommit } = this.#options;
    return mayCommit === undefined ? this.#wire.write(...pieces) : this.#wire.commit(mayCommit, ...pieces);
  }

  #begin(): { tag: string; pending: Promise<TaggedAnswer> } {
    try {
      this.#options.onWrite('APPEND');
    } catch (error) {
      this.#wire.fail(error);
      throw error;
    }
    const tag = this.#wire.nextTag();
    return { tag, pending: this.#wire.answer(tag) };
  }

  #name(folder: string): string {
    return quoted(this.#options.wireName(folder));
  }
}

/** Boxed, so that returning it from an async function does not wait for the answer. */
interface Pending {
  pending: Promise<TaggedAnswer>;
}

function answerOf(answer: TaggedAnswer, count: number): AppendAnswer {
  const same = (outcome: AppendOutcome): AppendOutcome[] => Array.from({ length: count }, () => outcome);
  if (answer.status !== 'OK') return { uidValidity: null, outcomes: same(refusedOutcome(answer)) };
  const appended = readAppendUid(answer.text, count);
  if (appended === null) return { uidValidity: null, outcomes: same({ kind: 'stored', uid: null }) };
  return { uidValidity: appended.uidValidity, outcomes: appended.uids.map((uid) => ({ kind: 'stored', uid })) };
}

/** One answer for all. A UID that belongs to another UIDVALIDITY than the last one tells nothing any more. */
function joined(answers: readonly AppendAnswer[]): AppendAnswer {
  const uidValidity = answers.findLast((answer) => answer.uidValidity !== null)?.uidValidity ?? null;
  const outcomes = answers.flatMap((answer) =>
    answer.uidValidity === uidValidity ? answer.outcomes : answer.outcomes.map(withoutUid),
  );
  return { uidValidity, outcomes };
}

const withoutUid = (outcome: AppendOutcome): AppendOutcome =>
  outcome.kind === 'stored' ? { kind: 'stored', uid: null } : outcome;
