import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import type { Lab, MailStream } from '@mxodus/lab';
import { EXIT, MxodusError } from '@mxodus/model';
import { z } from 'zod';
import { demoConfig } from '../demo/demo-config.ts';
import { runStep } from '../demo/run-step.ts';
import {
  demoCommand as commandLine,
  type DemoResult,
  demoHeading,
  demoIntroduction,
  demoVerdict,
} from '../views/demo.ts';
import type { CliCommand, Outcome, Session } from './session.ts';

const optionsSchema = z.object({ dir: z.string(), messages: z.coerce.number().int().positive() });

const TTL_SECONDS = 15;
const MAIL_EVERY_MS = 300;

export const demoCommand: CliCommand = (program, start) => {
  program
    .command('demo')
    .summary('the whole journey on real servers on this machine, in under three minutes')
    .description(
      'Seeds a company at an old host and moves it to a new one: check, plan, sync, cutover under mail, verify, report.',
    )
    .option('--dir <folder>', 'where the config, the plan and the report go', 'mxodus-demo')
    .option('--messages <n>', 'messages of the company', '6000')
    .action(start({ name: 'demo' }, async (session, _words, options) => demo(session, optionsSchema.parse(options))));
};

async function demo(session: Session, { dir, messages }: z.output<typeof optionsSchema>): Promise<Outcome> {
  const started = performance.now();
  const folder = resolve(dir);
  await rm(join(folder, '.mxodus'), { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const lab = await startServers();
  try {
    const tour = new Tour(session, lab, folder);
    const seconds = (): number => (performance.now() - started) / 1000;
    return await tour.run(messages, seconds);
  } finally {
    await lab.stop();
  }
}

async function startServers(): Promise<Lab> {
  // Only the demo needs the lab; every other command starts without it.
  const { startLab } = await import('@mxodus/lab');
  try {
    return await startLab({ mxTtl: TTL_SECONDS });
  } catch (error) {
    if (!(error instanceof Error) || Reflect.get(error, 'code') !== 'ENOENT') throw error;
    throw new MxodusError('LAB_UNAVAILABLE', {
      what: `a server of the demo is not installed: ${error.message}`,
      why: 'the demo runs real mail and name servers on this machine',
      advice: 'npm run demo in the repository installs them (Debian); elsewhere: docker compose run --rm demo',
      cause: error,
    });
  }
}

class Tour {
  readonly #session: Session;
  readonly #lab: Lab;
  readonly #folder: string;
  #step = 0;

  constructor(session: Session, lab: Lab, folder: string) {
    this.#session = session;
    this.#lab = lab;
    this.#folder = folder;
  }

  async run(messages: number, seconds: () => number): Promise<Outcome> {
    const { output } = this.#session;
    const { old, new: target, zone, users } = this.#lab;
    output.print(demoIntroduction({ old: old.port, new: target.imapsPort, zone, people: users.length }, output.style));
    this.#heading(`The old host gets ${messages.toLocaleString('en')} messages, some of them as odd as real ones are`);
    const { seedCompany } = await import('@mxodus/lab');
    await seedCompany({ server: old, users, messages, domain: zone });
    await writeFile(join(this.#folder, 'mxodus.yaml'), demoConfig(this.#lab));

    const plan = 'demo.plan.json';
    await this.#mxodus('Is every server there, does every sign-in work?', ['check']);
    await this.#mxodus('What goes where, what will not fit? (reads only)', ['plan']);
    await this.#mxodus('Copy, while everybody goes on working', ['sync', plan]);
    this.#heading('Strangers begin to write to the company, some through servers that keep old DNS answers too long');
    const streams = [
      this.#lab.startStream({ everyMs: MAIL_EVERY_MS }),
      this.#lab.startStream({ everyMs: MAIL_EVERY_MS * 2, profile: 'sticky', stickySeconds: 5 }),
    ];
    try {
      await this.#mxodus('The same command again: only what is new', ['sync', plan]);
      await this.#mxodus('Cutover: TTL down, wait, final delta, switch, drain, TTL back', [
        'cutover',
        'run',
        plan,
        '--execute',
      ]);
      for (const stream of streams) await stream.stop();
    } finally {
      for (const stream of streams) stream.abandon();
    }
    await this.#mxodus('After the switch the same command fetches what still reached the old host', ['sync', plan]);
    await this.#mxodus('Compare every message at both ends, byte for byte', ['verify', plan, '--level', 'bytes']);
    await this.#mxodus('What happened, for the people who ask', ['report', plan, '--html', 'report.html']);
    return this.#verdict(streams, seconds());
  }

  async #verdict(streams: readonly MailStream[], seconds: number): Promise<Outcome> {
    const { output } = this.#session;
    const sent = streams.flatMap((stream) => [...stream.sent]);
    const bounced = streams.flatMap((stream) => stream.bounced).length;
    const { countArrivals } = await import('@mxodus/lab');
    const { arrived, lost, doubled } = await countArrivals(this.#lab.new, sent);
    const switchedAt = this.#lab.sinks.new.received.find((mail) => mail.accepted)?.time ?? '';
    const late = this.#lab.sinks.old.received.filter((mail) => mail.accepted && mail.time > switchedAt).length;
    const reportFile = relative(process.cwd(), join(this.#folder, 'report.html'));
    const result: DemoResult = {
      sent: sent.length,
      arrived,
      lost: lost.length,
      doubled: doubled.length,
      bounced,
      late,
      seconds,
      reportFile,
    };
    output.print(demoVerdict(result, output.style));
    const good = lost.length + doubled.length + bounced === 0 && arrived === sent.length;
    return { exitCode: good ? EXIT.done : EXIT.bug, summary: { ...result } };
  }

  #heading(title: string): void {
    this.#step += 1;
    this.#session.output.print(demoHeading(this.#step, title, this.#session.output.style));
  }

  async #mxodus(title: string, args: readonly string[]): Promise<void> {
    const { output, signal } = this.#session;
    this.#heading(title);
    output.print(commandLine(args, output.style));
    const code = await runStep({ args, cwd: this.#folder, env: { DEMO_MASTER: this.#lab.master.password }, signal });
    if (code !== EXIT.done) throw demoStopped(args.join(' '), code);
  }
}

/** A step of the demo did not end well; it has said why itself. */
function demoStopped(command: string, code: number): MxodusError {
  const interrupted = code === EXIT.interrupted;
  return new MxodusError(interrupted ? 'INTERRUPTED' : 'INVARIANT', {
    what: `"mxodus ${command}" ended with ${code}`,
    why: interrupted ? 'it was asked to stop' : 'in the demo every step must end with 0; its words are above',
    advice: interrupted ? 'npm run demo starts a new one' : 'please report it with the output above',
  });
}
