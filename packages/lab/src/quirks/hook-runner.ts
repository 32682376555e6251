import { ConnectionEnded } from './answer-queue.ts';
import type { AppendMessage } from './append-arguments.ts';
import type { Command, Ending, LiteralWatch, Quirk, QuirkConnection, ServerResponse, Verdict } from './quirk.ts';

type OnResponse = 'drop' | Ending;

/** Asks the quirks of a server in their order; the first that decides is the last that is asked. */
export interface HookRunner {
  command(command: Command): Promise<Verdict | undefined>;
  append(message: AppendMessage, command: Command): Promise<Verdict | LiteralWatch[]>;
  response(response: ServerResponse): Promise<OnResponse | undefined>;
  close(): void;
}

/** A quirk threw: a mistake in the test, not something a server does. */
export class QuirkFault extends Error {
  override name = 'QuirkFault';
}

export function createHookRunner(quirks: readonly Quirk[], connection: QuirkConnection): HookRunner {
  const guarded = async <T>({ name }: Quirk, body: () => T): Promise<Awaited<T>> => {
    try {
      return await body();
    } catch (error) {
      throw faultOf(name, error);
    }
  };
  const guardedNow = <T>({ name }: Quirk, body: () => T): T => {
    try {
      return body();
    } catch (error) {
      throw faultOf(name, error);
    }
  };
  const guardedWatch = (quirk: Quirk, watch: LiteralWatch): LiteralWatch => ({
    kind: 'watch',
    onBytes: (bytes) => guardedNow(quirk, () => watch.onBytes?.(bytes)),
    onEnd: () => guardedNow(quirk, () => watch.onEnd?.()),
  });
  return {
    command: async (command) => {
      for (const quirk of quirks) {
        const verdict = await guarded(quirk, () => quirk.onCommand?.(command, connection));
        if (verdict) return verdict;
      }
      return undefined;
    },
    append: async (message, command) => {
      const watches: LiteralWatch[] = [];
      for (const quirk of quirks) {
        const result = await guarded(quirk, () => quirk.onAppend?.(message, command, connection));
        if (result?.kind === 'watch') watches.push(guardedWatch(quirk, result));
        else if (result) return result;
      }
      return watches;
    },
    response: async (response) => {
      for (const quirk of quirks) {
        const result = await guarded(quirk, () => quirk.onResponse?.(response, connection));
        if (result) return result;
      }
      return undefined;
    },
    close: () => {
      for (const quirk of quirks) quirk.onClose?.(connection);
    },
  };
}

function faultOf(name: string, error: unknown): unknown {
  if (error instanceof ConnectionEnded) return error;
  return new QuirkFault(`The quirk "${name}" failed: ${error instanceof Error ? error.message : String(error)}`, {
    cause: error,
  });
}
