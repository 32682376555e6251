import type { Appender, OutgoingMessage } from '@mxodus/model';
import { bodySize, type LiteralKind } from './append-command.ts';

/** Larger messages go alone and ask first: a server may drop the connection on an oversized `{n+}`. */
const ASK_FROM_BYTES = 1024 * 1024;
/** RFC 7888: what LITERAL- allows without asking. */
const LITERAL_MINUS_BYTES = 4096;

/** What a server's capabilities allow an APPEND command to be. */
export interface AppendShape {
  strategy: Appender['strategy'];
  /** The largest message that goes without asking first; -1: none. */
  unaskedBytes: number;
  /** Messages of one command. */
  messages: number;
  /** RFC 3516: literal8 may carry NUL. */
  binary: boolean;
}

/** One APPEND: several messages only without asking. */
export interface AppendStep {
  literal: LiteralKind;
  messages: readonly OutgoingMessage[];
}

/** @param capabilities in upper case */
export function appendShape(capabilities: readonly string[]): AppendShape {
  const has = (name: string): boolean => capabilities.includes(name);
  const unaskedBytes = has('LITERAL+') ? ASK_FROM_BYTES - 1 : has('LITERAL-') ? LITERAL_MINUS_BYTES : -1;
  const many = has('MULTIAPPEND') && unaskedBytes >= 0;
  return {
    strategy: unaskedBytes < 0 ? 'plain' : many ? 'multiappend' : 'pipelined',
    unaskedBytes,
    messages: many ? Math.min(...limitsOf(capabilities)) : 1,
    binary: has('BINARY'),
  };
}

/** RFC 9738: how many messages one command may be about, or may store. */
function limitsOf(capabilities: readonly string[]): number[] {
  const stated = capabilities.flatMap((name) => /^(?:MESSAGELIMIT|SAVELIMIT)=([1-9]\d{0,9})$/.exec(name)?.[1] ?? []);
  return [Number.POSITIVE_INFINITY, ...stated.map(Number)];
}

/** The commands that append these messages, in their order. */
export function appendSteps(messages: readonly OutgoingMessage[], shape: AppendShape): AppendStep[] {
  const steps: { literal: LiteralKind; messages: OutgoingMessage[] }[] = [];
  for (const message of messages) {
    const asks = message.body.kind === 'file' || bodySize(message) > shape.unaskedBytes;
    const last = steps.at(-1);
    if (!asks && last?.literal === 'non-synchronising' && last.messages.length < shape.messages) {
      last.messages.push(message);
    } else {
      steps.push({ literal: asks ? 'synchronising' : 'non-synchronising', messages: [message] });
    }
  }
  return steps;
}
