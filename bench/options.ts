import { parseArgs } from 'node:util';

/** What one run of the benchmark does. */
export interface BenchOptions {
  /** Of the main data set. */
  messages: number;
  runs: number;
  /** Round trip to the source, and to the destination, ms. */
  rttMs: number;
  only: 'loopback' | 'delay' | null;
  /** Also the 150 MB message, and the mailbox of `many` messages. */
  large: boolean;
  many: number;
  /** Compare every copy with its source, message by message. */
  verify: boolean;
  /** Build the data sets anew. */
  fresh: boolean;
  tools: readonly string[] | null;
  /** Executable; null: there is none. */
  imapsync: string | null;
  /** As it was called, to repeat it. */
  command: string;
}

export const USAGE = `npm run bench -- [--messages 50000] [--runs 1] [--rtt 40] [--only loopback|delay] [--large] [--many 200000]
                 [--verify] [--fresh] [--tools mbsync,imapsync,mxodus]`;

export function readOptions(args: string[], env: NodeJS.ProcessEnv): BenchOptions {
  const { values } = parseArgs({
    args,
    options: {
      messages: { type: 'string', default: '50000' },
      runs: { type: 'string', default: '1' },
      rtt: { type: 'string', default: '40' },
      only: { type: 'string' },
      large: { type: 'boolean', default: false },
      many: { type: 'string', default: '200000' },
      verify: { type: 'boolean', default: false },
      fresh: { type: 'boolean', default: false },
      tools: { type: 'string' },
    },
  });
  const { only } = values;
  if (only !== undefined && only !== 'loopback' && only !== 'delay') throw new Error(`--only ${only}\n${USAGE}`);
  return {
    messages: whole('messages', values.messages),
    runs: whole('runs', values.runs),
    rttMs: whole('rtt', values.rtt),
    only: only ?? null,
    large: values.large,
    many: whole('many', values.many),
    verify: values.verify,
    fresh: values.fresh,
    tools: values.tools?.split(',') ?? null,
    imapsync: env.IMAPSYNC || null,
    command: ['npm run bench', ...(args.length > 0 ? ['--', ...args] : [])].join(' '),
  };
}

function whole(name: string, text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new Error(`--${name} ${text}: expected a whole number\n${USAGE}`);
  return Number(text);
}
