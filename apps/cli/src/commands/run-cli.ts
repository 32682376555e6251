import { EXIT, type ExitCode, MxodusError } from '@mxodus/model';
import { Command, CommanderError, Option } from 'commander';
import { configProblems } from '../config/config-error.ts';
import { errorText, type Trouble, troubleOf } from '../output/error-text.ts';
import { writeLog } from '../output/log-file.ts';
import { Output } from '../output/output.ts';
import { PROGRESS_CHOICES, progressMode } from '../output/progress-mode.ts';
import { makeStyle } from '../output/style.ts';
import type { Terminal } from '../output/terminal.ts';
import { commands } from './all.ts';
import { collect } from './mailbox-filter.ts';
import {
  type GlobalOptions,
  globalOptionsSchema,
  type Session,
  type Start,
  type StopWords,
  type Verb,
} from './session.ts';

export interface Host {
  terminal: Terminal;
  signal: AbortSignal;
  /** Changed by commands that stop in a way of their own. */
  stopWords?: StopWords;
  now: () => Date;
  version: string;
  /** Told of the output of the run, for signals that print. */
  onOutput: (output: Output) => void;
}

/** Runs one command line; the exit code is decided here and nowhere else. */
export async function runCli(argv: readonly string[], host: Host): Promise<ExitCode> {
  const run = new CommandRun(argv, host);
  return run.finished();
}

class CommandRun {
  readonly #argv: readonly string[];
  readonly #host: Host;
  #exitCode: ExitCode = EXIT.done;

  constructor(argv: readonly string[], host: Host) {
    this.#argv = argv;
    this.#host = host;
  }

  async finished(): Promise<ExitCode> {
    const said: string[] = [];
    const program = this.#program((text) => said.push(text));
    try {
      await program.parseAsync([...this.#argv], { from: 'user' });
      return this.#exitCode;
    } catch (error) {
      if (!(error instanceof CommanderError)) throw error;
      if (error.exitCode === 0) return EXIT.done;
      // Without a command, the help that was printed says it all.
      if (error.code === 'commander.help' && !this.#wantsJson) return EXIT.usage;
      return this.#refuse(said.join('') || 'no command was given');
    }
  }

  #program(onError: (text: string) => void): Command {
    const { terminal, version } = this.#host;
    const program = new Command('mxodus')
      .description(
        'Moves a company’s mail to another host with no message lost, none doubled and no hour without mail.',
      )
      .version(version, '--version', 'print the version')
      .option('-c, --config <file>', 'the config (default: mxodus.yaml here, or beside the plan)', collect)
      .option('--json', 'JSON lines on stdout; the last is the summary')
      .addOption(
        new Option('--progress <how>', 'how progress is shown on stderr').choices(PROGRESS_CHOICES).default('auto'),
      )
      .option('--no-color', 'no colour')
      .helpOption('-h, --help', 'print help')
      .addHelpText('after', HELP_END);
    for (const add of commands) add(program, this.#start);
    for (const command of [program, ...everyCommand(program)]) {
      command
        .exitOverride()
        .configureHelp({ showGlobalOptions: true })
        .configureOutput({
          writeOut: (text) => terminal.stdout.write(text),
          writeErr: (text) => {
            if (text.startsWith('error:')) onError(text);
            else if (!this.#wantsJson) terminal.stderr.write(text);
          },
          getOutHelpWidth: () => terminal.stdout.columns ?? 100,
          getErrHelpWidth: () => terminal.stderr.columns ?? 100,
        });
    }
    return program;
  }

  /** Before the options are known: what was typed has to do. */
  get #wantsJson(): boolean {
    return this.#argv.includes('--json') || this.#argv.join(' ').includes('--progress json');
  }

  #start: Start =
    (verb, run) =>
    async (...commanderArguments) => {
      const command = commanderArguments.at(-1);
      const words = commanderArguments.slice(0, -2).flat();
      if (!(command instanceof Command)) throw new TypeError('commander calls an action with its command last');
      const { config: configs, ...others } = globalOptionsSchema.parse(command.optsWithGlobals());
      const session = this.#session({ ...others, config: configs.at(-1), configs });
      try {
        if (configs.length > 1 && verb.manyConfigs !== true) throw severalConfigs(verb, configs);
        const { exitCode, summary } = await closing(session, () =>
          run(session, words.filter(isString), command.opts()),
        );
        session.output.end();
        this.#exitCode = exitCode;
        if (summary !== null) session.output.summary({ command: verb.name, exit_code: exitCode, ...summary });
      } catch (error) {
        session.output.end();
        this.#exitCode = this.#fail(session, verb, error);
      }
    };

  #session(options: GlobalOptions): Session {
    const { terminal, now, signal, version, onOutput } = this.#host;
    const json = options.json || options.progress === 'json';
    const progress = progressMode(options.progress, json, terminal);
    const output = new Output({ terminal, json, progress, colour: options.color, now });
    onOutput(output);
    const commandLine = ['mxodus', ...this.#argv].join(' ');
    const { stopWords = { first: '', again: null } } = this.#host;
    return { options, output, signal, stopWords, atEnd: [], now, version, commandLine, logFile: null };
  }

  #fail(session: Session, verb: Verb, error: unknown): ExitCode {
    const { output } = session;
    const interrupted = this.#host.signal.aborted && !(error instanceof MxodusError);
    const troubles = interrupted ? [stopped()] : problemsOf(error).map(troubleOf);
    const exitCode = troubles[0]?.exitCode ?? EXIT.bug;
    const log = exitCode === EXIT.bug ? writeLog(session.logFile, error, session) : null;
    for (const trouble of troubles) output.error(trouble, log);
    output.summary({ command: verb.name, exit_code: exitCode, ...verb.emptySummary });
    return exitCode;
  }

  /** A command line that cannot be understood. */
  #refuse(said: string): ExitCode {
    const { terminal, now } = this.#host;
    const [first = '', ...more] = said.trim().split('\n');
    const trouble: Trouble = {
      kind: 'error',
      code: 'USAGE',
      exitCode: EXIT.usage,
      where: null,
      what: first.replace(/^error: /, ''),
      why: more.join(' ').replace(/^\((.*)\)$/, '$1') || 'this is not how mxodus is used',
      advice: `mxodus ${this.#knownVerb()}--help`,
    };
    if (this.#wantsJson) {
      const output = new Output({ terminal, json: true, progress: 'quiet', colour: false, now });
      output.error(trouble);
      output.summary({ command: this.#knownVerb().trim() || null, exit_code: EXIT.usage });
    } else {
      terminal.stderr.write(errorText(trouble, makeStyle(false)));
    }
    return EXIT.usage;
  }

  /** "sync ", "cutover run "; '' where no known verb was typed. */
  #knownVerb(): string {
    let { commands: below } = this.#program(() => undefined);
    let verb = '';
    for (const word of this.#argv) {
      const command = below.find((one) => one.name() === word);
      if (command === undefined) continue;
      verb += `${word} `;
      below = command.commands;
    }
    return verb;
  }
}

async function closing<T>({ atEnd }: Session, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } finally {
    for (const close of atEnd.reverse()) await close();
  }
}

const severalConfigs = ({ name }: Verb, configs: readonly string[]): MxodusError =>
  new MxodusError('USAGE', {
    what: `-c was given ${configs.length} times: ${configs.join(', ')}`,
    why: `mxodus ${name} works with one config`,
    advice: 'name the one that is meant',
  });

const HELP_END = `
Example:
  mxodus check                        every server and every sign-in
  mxodus plan                         what goes where, what will not fit (reads only)
  mxodus sync acme.plan.json          copy; run it again to bring in what is new
  mxodus verify acme.plan.json        compare both ends

Exit codes: 0 done, 1 bug, 2 usage or config, 3 some messages not moved, 4 sign-in, 5 temporary, 6 safety gate,
8 changes pending, 130 interrupted. Errors: docs/errors.md.
`;

const everyCommand = (command: Command): Command[] => command.commands.flatMap((sub) => [sub, ...everyCommand(sub)]);

const isString = (value: unknown): value is string => typeof value === 'string';

const problemsOf = (error: unknown): readonly unknown[] =>
  error instanceof MxodusError ? configProblems(error) : [error];

const stopped = (): Trouble => ({
  kind: 'error',
  code: 'INTERRUPTED',
  exitCode: EXIT.interrupted,
  where: null,
  what: 'stopped by a signal',
  why: 'what was in flight was finished and is in the ledger',
  advice: 'the same command goes on where it stopped',
});
