import { MxodusError } from '@mxodus/model';
import { type DestinationStream, destination, type Logger, pino, stdTimeFunctions } from 'pino';

/** Fields that could hold a secret if somebody ever logged one. */
const NEVER_SHOWN = ['password', 'secret', 'token', 'url', 'redis', 'authorization'];

const STDERR = 2;

export interface LogOptions {
  /** Of the worker; in each line. */
  worker: string;
  /** Addresses and user names as they are; else ids only. */
  addresses: boolean;
  /** The names not to be shown, beside everything with an @ in it. */
  isName: (word: string) => boolean;
  /** Default: stderr. */
  to?: DestinationStream;
}

export interface WorkerLog {
  info(fields: Readonly<Record<string, unknown>>, message: string): void;
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
  /** What was thrown: its code and words, a bug with its stack. */
  trouble(fields: Readonly<Record<string, unknown>>, error: unknown, message: string): void;
  /** Fields that name a mailbox: left out unless addresses are logged. */
  mailbox(address: string): Readonly<Record<string, unknown>>;
}

/** The one writer of a worker's log: a line of JSON each, written before the call returns, so that none is lost at the end. */
export function workerLog(options: LogOptions): WorkerLog {
  const logger = makeLogger(options);
  const words = (text: string): string => (options.addresses ? text : withoutNames(text, options.isName));
  return {
    info: (fields, message) => logger.info(fields, message),
    warn: (fields, message) => logger.warn(fields, message),
    trouble: (fields, error, message) => logger.error({ ...fields, ...errorFields(error, words) }, message),
    mailbox: (address) => (options.addresses ? { mailbox: address } : {}),
  };
}

function makeLogger({ worker, to }: LogOptions): Logger {
  const paths = NEVER_SHOWN.flatMap((name) => [name, `*.${name}`]);
  return pino(
    {
      base: { worker },
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (level) => ({ level }) },
      redact: { paths, censor: '[not shown]' },
    },
    to ?? destination({ fd: STDERR, sync: true }),
  );
}

function errorFields(error: unknown, words: (text: string) => string): Record<string, unknown> {
  if (error instanceof MxodusError) {
    const { code, what, why, where } = error;
    return {
      ...{ code, what: words(what), why: words(why) },
      ...(where === undefined ? {} : { where: words(where) }),
      ...(code === 'INVARIANT' ? { stack: error.stack } : {}),
    };
  }
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  return { code: 'UNEXPECTED', what: words(message), ...(stack === undefined ? {} : { stack: words(stack) }) };
}

/** "ann@old.example refused" becomes "<name> refused". */
function withoutNames(text: string, isName: (word: string) => boolean): string {
  return text.replace(/[^\s"'`<>()[\]{},;:=]+/g, (word) => {
    const bare = word.replace(/[.!?]+$/, '');
    return /.@./.test(bare) || isName(bare) ? `<name>${word.slice(bare.length)}` : word;
  });
}
