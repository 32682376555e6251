import { existsSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { EXIT, MxodusError } from '@mxodus/model';
import type { Command } from 'commander';
import { z } from 'zod';
import type { Project } from '../compose.ts';
import { exportedText, importedText } from '../views/ledger.ts';
import { assertNoRun } from './fleet/open-run.ts';
import { configWords, openPlan, openProjectOf } from './open-plan.ts';
import type { CliCommand, Outcome, Session, Start } from './session.ts';
import { aloneWith } from './with-ledger.ts';

const optionsSchema = z.object({ output: z.string().optional() });

export const ledgerCommand: CliCommand = (program, start) => {
  const ledger = program
    .command('ledger')
    .summary('take the memory of what was moved to another place: export, import')
    .description(
      'The ledger as a file of lines: from SQLite to PostgreSQL, or back. It holds addresses, no mail and no secrets.',
    );
  addExport(ledger, start);
  addImport(ledger, start);
};

function addExport(ledger: Command, start: Start): void {
  ledger
    .command('export')
    .description('Writes the ledger of the config into a file. Nothing else may work on the project meanwhile.')
    .argument('[plan]', 'the plan file; without it the config of -c, or mxodus.yaml here')
    .option('-o, --output <file>', 'the file (default: <project>.ledger.ndjson beside the config)')
    .action(
      start({ name: 'ledger export' }, async (session, [plan], options) => {
        const project = plan === undefined ? await openProjectOf(session) : (await openPlan(session, plan)).project;
        return exportTo(session, project, optionsSchema.parse(options).output);
      }),
    );
}

function addImport(ledger: Command, start: Start): void {
  ledger
    .command('import')
    .description('Fills the empty ledger of the config from such a file: all of it, or nothing.')
    .argument('<file>', 'what `ledger export` wrote')
    .action(
      start({ name: 'ledger import' }, async (session, [file = '']) =>
        importFrom(session, await openProjectOf(session), file),
      ),
    );
}

async function exportTo(session: Session, project: Project, named: string | undefined): Promise<Outcome> {
  const { output } = session;
  const path = named ?? join(dirname(project.loaded.path), `${project.config.project}.ledger.ndjson`);
  if (existsSync(path)) await assertMayWrite(path);
  const lines = await aloneWith(session, project, async (_lease, { signal }) => {
    await assertNoRun(project);
    const found = await project.transfer.lines();
    if (found === null) throw nothingYet(project);
    return write(path, found, signal);
  });
  const { kind } = project.config.ledger;
  output.print(exportedText({ project: project.config.project, kind, path, lines }, output.style));
  return { exitCode: EXIT.done, summary: { file: path, lines } };
}

async function importFrom(session: Session, project: Project, path: string): Promise<Outcome> {
  const { output } = session;
  const counts = await aloneWith(session, project, async (lease) => {
    await assertNoRun(project);
    return project.transfer.fill(lease, linesOf(path));
  });
  const { kind } = project.config.ledger;
  const words = configWords(session);
  output.print(importedText({ project: project.config.project, kind, path, counts, words }, output.style));
  return { exitCode: EXIT.done, summary: { file: path, rows: counts } };
}

/** Whole or not at all, over an earlier export too; readable by this user only. Returns the number of lines. */
async function write(path: string, lines: AsyncIterable<string>, signal: AbortSignal): Promise<number> {
  const temporary = `${path}.${process.pid}.tmp`;
  let count = 0;
  try {
    const file = await open(temporary, 'wx', 0o600);
    try {
      for await (const line of lines) {
        signal.throwIfAborted();
        await file.write(`${line}\n`);
        count += 1;
      }
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    return count;
  } catch (error) {
    await rm(temporary, { force: true });
    throw fileTrouble(error, {
      path,
      what: 'cannot be written',
      advice: 'name a file in a folder that you may write, with -o',
    });
  }
}

/** A wrong word after -o costs nobody a config or a plan: only an earlier export gives way. */
async function assertMayWrite(path: string): Promise<void> {
  for await (const line of linesOf(path)) {
    if (line.startsWith('{"mxodus_ledger"')) return;
    throw new MxodusError('USAGE', {
      what: `there is already a file ${path}`,
      why: 'it is no export of a ledger; it was left as it is',
      advice: 'give another name with -o, or remove the file first',
      where: path,
    });
  }
}

async function* linesOf(path: string): AsyncGenerator<string> {
  try {
    const file = await open(path);
    yield* file.readLines({ encoding: 'utf8' });
  } catch (error) {
    throw fileTrouble(error, { path, what: 'cannot be read', advice: 'name what `mxodus ledger export` wrote' });
  }
}

function fileTrouble(error: unknown, { path, what, advice }: { path: string; what: string; advice: string }): unknown {
  const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined;
  if (error instanceof MxodusError || typeof code !== 'string' || !/^E[A-Z]+$/.test(code)) return error;
  return new MxodusError(code === 'ENOSPC' ? 'DISK_FULL' : 'USAGE', {
    what: `the file ${path} ${what}`,
    why: code === 'ENOENT' ? 'there is no such file or folder' : `the system says ${code}`,
    advice,
    cause: error,
  });
}

const nothingYet = ({ config, loaded }: Project): MxodusError =>
  new MxodusError('USAGE', {
    what: `project "${config.project}" has no ledger yet`,
    why: 'nothing was synced with this config',
    advice: `name the config whose ledger is meant; this is ${loaded.path}`,
  });
