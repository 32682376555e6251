import { EXIT } from '@mxodus/model';
import { InvalidArgumentError, Option } from 'commander';
import { z } from 'zod';
import type { CliCommand, Outcome, Session, Verb } from './session.ts';
import { wholeNumber } from './whole-number.ts';

const addressSchema = z.object({ host: z.string(), port: z.number() });

const optionsSchema = z.object({
  atOnce: z.number().optional(),
  listen: addressSchema,
  logAddresses: z.boolean(),
});

type WorkerCommandOptions = z.output<typeof optionsSchema>;

const USUAL_ADDRESS = { host: '127.0.0.1', port: 9464 };
const MOST_AT_ONCE = 1000;

export const workerCommand: CliCommand = (program, start) => {
  program
    .command('worker')
    .summary('do what is ordered from the fleet, until it is stopped')
    .description(
      'Does the runs that `mxodus sync` orders from the fleet, until it is stopped (exit 0). Several projects share a worker: -c A.yaml -c B.yaml. ' +
        'GET /healthz, /readyz and /metrics at the address of --listen; the log is JSON lines on stderr.',
    )
    .option('--at-once <n>', 'mailboxes at the same time (default: by cores and limits)', wholeNumber(1, MOST_AT_ONCE))
    .addOption(
      new Option('--listen <host:port>', 'where health and metrics are; port 0: any free one')
        .argParser(hostAndPort)
        .default(USUAL_ADDRESS, '127.0.0.1:9464'),
    )
    .option('--log-addresses', 'addresses and user names in the log, instead of ids only', false)
    .action(start(VERB, (session, _words, options) => worker(session, optionsSchema.parse(options))));
};

const VERB: Verb = { name: 'worker', manyConfigs: true };

const DEFAULT_CONFIG = 'mxodus.yaml';

async function worker(session: Session, options: WorkerCommandOptions): Promise<Outcome> {
  const { startWorker } = await import('../worker-services.ts');
  const { configs } = session.options;
  const giveUp = new AbortController();
  // The log says so itself, in lines of JSON.
  session.stopWords.first = '';
  session.stopWords.again = () => giveUp.abort();
  await startWorker(session, {
    ...options,
    paths: configs.length === 0 ? [DEFAULT_CONFIG] : configs,
    giveUp: giveUp.signal,
  });
  return { exitCode: EXIT.done, summary: {} };
}

/** "127.0.0.1:9464", "[::1]:9464"; ":9464" for every address of the machine. */
function hostAndPort(value: string): z.output<typeof addressSchema> {
  const { six, host, port } =
    /^(?:\[(?<six>[\da-f:.]+)\]|(?<host>[^:[\]]*)):(?<port>\d{1,5})$/i.exec(value)?.groups ?? {};
  if (port === undefined || Number(port) > 65_535)
    throw new InvalidArgumentError('It is HOST:PORT, such as 0.0.0.0:9464.');
  return { host: six ?? (host || '::'), port: Number(port) };
}
