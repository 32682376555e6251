import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { foldJournal } from '@mxodus/engine';
import { EXIT, MxodusError } from '@mxodus/model';
import { Option } from 'commander';
import { z } from 'zod';
import type { Notice } from '../../notices/notice.ts';
import { noticePage } from '../../notices/notice-page.ts';
import { noticeText } from '../../notices/notice-text.ts';
import { noticeTimes } from '../../notices/notice-times.ts';
import { noticesOf } from '../../notices/notices-of.ts';
import { noticeList } from '../../views/notices.ts';
import { openPlan } from '../open-plan.ts';
import type { Outcome, Session } from '../session.ts';
import type { CutoverVerb } from './verb.ts';

const optionsSchema = z.object({ out: z.string(), lang: z.literal('en') });

export const notifyVerb: CutoverVerb = (cutover, start) => {
  cutover
    .command('notify')
    .description('Writes the notices for users and partners, as text and pages, with computed times. Sends nothing.')
    .argument('<plan>', 'the plan file')
    .option('--out <folder>', 'where they go', 'notices')
    .addOption(new Option('--lang <language>', 'their language').choices(['en']).default('en'))
    .action(
      start({ name: 'cutover notify', emptySummary: { files: [] } }, (session, [planPath = ''], options) =>
        notify(session, planPath, optionsSchema.parse(options).out),
      ),
    );
};

async function notify(session: Session, planPath: string, folder: string): Promise<Outcome> {
  const { plan, project } = await openPlan(session, planPath);
  const progress = foldJournal(await project.journal());
  const times = noticeTimes({
    settings: project.config.cutover,
    ttls: plan.domains.map(({ before }) => before.ttl),
    switchedAt: progress.plan === plan.sha256 ? progress.switchedAt : null,
  });
  const notices = noticesOf(plan, times);
  const files = await writeNotices(folder, notices);
  session.output.print(noticeList({ notices, times, folder }, session.output.style));
  return { exitCode: EXIT.done, summary: { files } };
}

async function writeNotices(folder: string, notices: readonly Notice[]): Promise<string[]> {
  const files = notices.flatMap((notice) => [
    { path: join(folder, `${notice.name}.txt`), text: noticeText(notice) },
    { path: join(folder, `${notice.name}.html`), text: noticePage(notice) },
  ]);
  try {
    await mkdir(folder, { recursive: true });
    await Promise.all(files.map(({ path, text }) => writeFile(path, text)));
  } catch (cause) {
    throw new MxodusError('USAGE', {
      what: `the notices cannot be written to ${folder}`,
      why: cause instanceof Error ? cause.message : String(cause),
      advice: 'name a folder that you may write with --out',
      cause,
    });
  }
  return files.map(({ path }) => path);
}
