import { writeFile } from 'node:fs/promises';
import { EXIT, MxodusError } from '@mxodus/model';
import { plannedChanges } from '@mxodus/runner';
import { z } from 'zod';
import { certificateOf } from '../../certificate/certificate-of.ts';
import { type Certificate, certificateSchema } from '../../certificate/certificate-schema.ts';
import { journalDigest } from '../../certificate/journal-digest.ts';
import { certificateText } from '../../views/certificate.ts';
import { certificatePage } from '../../views/certificate-page/certificate-page.ts';
import { type OpenedPlan, openPlan } from '../open-plan.ts';
import type { Outcome, Session } from '../session.ts';
import { cutoverPlan, lateMailOf } from './opened-cutover.ts';
import type { CutoverVerb } from './verb.ts';

const optionsSchema = z.object({ html: z.string().optional() });

export const reportVerb: CutoverVerb = (cutover, start) => {
  cutover
    .command('report')
    .description(
      'What can be proven of the cutover: test mails, states, waits, changes, gates, waivers. Reads files only.',
    )
    .argument('<plan>', 'the plan file')
    .option('--html <file>', 'write it as one page that needs nothing else')
    .action(
      start({ name: 'cutover report' }, (session, [planPath = ''], options) =>
        report(session, planPath, optionsSchema.parse(options).html),
      ),
    );
};

/** With --json exactly one line, the report itself. */
async function report(session: Session, planPath: string, page: string | undefined): Promise<Outcome> {
  const { output } = session;
  const certificate = await readCertificate(session, await openPlan(session, planPath));
  if (output.json) output.document(`${JSON.stringify(certificateSchema.parse(certificate))}\n`);
  output.print(certificateText(certificate, output.width, output.style));
  if (page !== undefined) {
    await writePage(page, certificatePage(certificate));
    output.print(`\nPage saved to ${page}.`);
  }
  return { exitCode: EXIT.done, summary: null };
}

async function readCertificate(session: Session, opened: OpenedPlan): Promise<Certificate> {
  const { plan, project } = opened;
  const entries = await project.journal();
  return certificateOf({
    plan,
    planned: plannedChanges(cutoverPlan(opened)),
    entries,
    digest: await journalDigest(project.journalPath, entries),
    lateMail: await lateMailOf(opened),
    alterations: await alterationsOf(opened),
    version: session.version,
    now: session.now(),
  });
}

async function alterationsOf({ plan, project }: OpenedPlan): Promise<number | null> {
  const ledger = await project.readLedger();
  if (ledger === null) return null;
  try {
    const planned = new Set(plan.mailboxes.map(({ address }) => address));
    return (await ledger.alterations()).filter(({ address }) => planned.has(address)).length;
  } finally {
    await ledger.close();
  }
}

async function writePage(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text);
  } catch (cause) {
    throw new MxodusError('USAGE', {
      what: `the page ${path} cannot be written`,
      why: cause instanceof Error ? cause.message : String(cause),
      advice: 'name a file in a folder that is there and that you may write',
      cause,
    });
  }
}
