import { copyFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { countArrivals, type Lab, type MailStream, type SentMail, seedCompany, startLab } from '@mxodus/lab';
import { EXIT, MxodusError } from '@mxodus/model';
import type { Outcome, Session } from '../commands/session.ts';
import { demoCommand as commandLine, type DemoResult, demoHeading, demoVerdict } from '../views/demo.ts';
import { runStep } from './run-step.ts';
import { type Story, storyOf } from './story.ts';

export interface DemoOptions {
  dir: string;
  messages: number;
  to: 'imap' | 'exchange';
}

const TTL_SECONDS = 15;
const MAIL_EVERY_MS = 300;
/** Those with the most mail. */
const BUSIEST = ['ann', 'bob', 'carol', 'dave'];

export async function runDemo(session: Session, { dir, messages, to }: DemoOptions): Promise<Outcome> {
  const started = performance.now();
  const folder = resolve(dir);
  await rm(join(folder, '.mxodus'), { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const lab = await startServers(to);
  try {
    const tour = new Tour(session, lab, folder);
    const seconds = (): number => (performance.now() - started) / 1000;
    return await tour.run(messages, seconds);
  } finally {
    await lab.stop();
  }
}

async function startServers(to: DemoOptions['to']): Promise<Lab> {
  try {
    return await startLab({ mxTtl: TTL_SECONDS, ...(to === 'exchange' ? { exchange: { users: BUSIEST } } : {}) });
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
  readonly #story: Story;
  readonly #folder: string;
  readonly #streams: MailStream[] = [];
  #step = 0;

  constructor(session: Session, lab: Lab, folder: string) {
    this.#session = session;
    this.#lab = lab;
    this.#story = storyOf(lab);
    this.#folder = folder;
  }

  async run(messages: number, seconds: () => number): Promise<Outcome> {
    const { output } = this.#session;
    const { old, zone, users } = this.#lab;
    output.print(this.#story.introduction(output.style));
    this.#heading(`The old host gets ${messages.toLocaleString('en')} messages, some of them as odd as real ones are`);
    await seedCompany({ server: old, users, messages, domain: zone });
    await writeFile(join(this.#folder, 'mxodus.yaml'), this.#story.config);
    for (const [name, from] of Object.entries(this.#story.files)) await copyFile(from, join(this.#folder, name));

    const plan = 'demo.plan.json';
    await this.#mxodus('Is every server there, does every sign-in work?', ['check']);
    await this.#mxodus(this.#story.planTitle, ['plan']);
    await this.#mxodus('Copy, while everybody goes on working', ['sync', plan]);
    this.#heading('Strangers begin to write to the company, some through servers that keep old DNS answers too long');
    await this.#underMail(async () => {
      await this.#mxodus('The same command again: only what is new', ['sync', plan]);
      await this.#mxodus('Cutover: TTL down, wait, final delta, switch, drain, TTL back', [
        'cutover',
        'run',
        plan,
        '--execute',
      ]);
    });
    await this.#mxodus('After the switch the same command fetches what still reached the old host', ['sync', plan]);
    await this.#mxodus(this.#story.verifyTitle, ['verify', plan, '--level', 'bytes']);
    await this.#mxodus('What happened, for the people who ask', ['report', plan, '--html', 'report.html']);
    return this.#verdict(seconds());
  }

  /** Strangers write while `work` goes on; those who know the new addresses begin when these work. */
  async #underMail(work: () => Promise<void>): Promise<void> {
    const streams = this.#streams;
    const { newAddresses } = this.#story;
    const begin = (...options: Parameters<Lab['startStream']>): void =>
      void streams.push(this.#lab.startStream(...options));
    begin({ everyMs: MAIL_EVERY_MS });
    begin({ everyMs: MAIL_EVERY_MS * 2, profile: 'sticky', stickySeconds: 5 });
    const watch = setInterval(() => {
      if (newAddresses.length === 0 || !this.#lab.sinks.new.received.some(({ accepted }) => accepted)) return;
      clearInterval(watch);
      begin({ everyMs: MAIL_EVERY_MS * 3, recipients: newAddresses });
    }, MAIL_EVERY_MS);
    try {
      await work();
      clearInterval(watch);
      for (const stream of streams) await stream.stop();
    } finally {
      clearInterval(watch);
      for (const stream of streams) stream.abandon();
    }
  }

  async #verdict(seconds: number): Promise<Outcome> {
    const { output } = this.#session;
    const { newSink, newPlace, places, footnote } = this.#story;
    const sent: SentMail[] = this.#streams.flatMap((stream) => [...stream.sent]);
    const bounced = this.#streams.flatMap((stream) => stream.bounced).length;
    const { arrived, lost, doubled } = await countArrivals(places, sent);
    const switchedAt = newSink.received.find((mail) => mail.accepted)?.time ?? '';
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
    output.print(demoVerdict({ ...result, newPlace, footnote: footnote() }, output.style));
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
    const code = await runStep({ args, cwd: this.#folder, env: this.#story.secrets, signal });
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
