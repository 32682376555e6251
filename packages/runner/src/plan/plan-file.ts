import { open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { MxodusError, type Plan, planSchema } from '@mxodus/model';
import { hashPlan } from './hash-plan.ts';

/** Throws PLAN_NOT_FOUND, PLAN_INVALID or PLAN_EDITED. */
export async function readPlan(path: string): Promise<Plan> {
  const parsed = planSchema.safeParse(parseJson(await readText(path), path));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const place = issue === undefined || issue.path.length === 0 ? '' : ` (at ${issue.path.map(String).join('.')})`;
    throw invalid(path, `it does not have the form of a plan${place}; another version of mxodus may have made it`);
  }
  const plan = parsed.data;
  if (hashPlan(plan) === plan.sha256) return plan;
  throw new MxodusError('PLAN_EDITED', {
    what: `the plan ${path} was changed after it was made`,
    why: 'its hash does not match what is in it',
    advice: 'change the config instead, then run `mxodus plan` again',
    where: path,
  });
}

/**
 * Writes the plan whole or not at all. Without `replace` only an earlier plan of the same project gives way: a wrong word after -o
 * costs nobody a config or another project's plan.
 */
export async function writePlan(path: string, plan: Plan, options: { replace: boolean }): Promise<'new' | 'replaced'> {
  const before = await textOrNull(path);
  const text = `${JSON.stringify(plan, null, 2)}\n`;
  if (before !== null && !options.replace && !isPlanOf(plan.project, before)) {
    throw new MxodusError('USAGE', {
      what: `there is already a file ${path}`,
      why: `it is no plan of project "${plan.project}"; it was left as it is`,
      advice: 'give another name with -o, or remove the file first',
      where: path,
    });
  }
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    await writeDurably(temporary, text);
    await rename(temporary, path);
    await syncFolder(dirname(path));
  } catch (error) {
    await rm(temporary, { force: true });
    throw unwritable(path, error);
  }
  return before === null ? 'new' : 'replaced';
}

/** Also one of an older version, or one that was edited. */
function isPlanOf(project: string, text: string): boolean {
  try {
    const found: unknown = JSON.parse(text);
    if (typeof found !== 'object' || found === null) return false;
    return Reflect.get(found, 'type') === 'plan' && Reflect.get(found, 'project') === project;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}

async function writeDurably(path: string, text: string): Promise<void> {
  const file = await open(path, 'w');
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const code = systemCode(error);
    throw new MxodusError('PLAN_NOT_FOUND', {
      what: `the plan ${path} cannot be read`,
      why: code === 'ENOENT' ? 'there is no such file' : `the system says ${code}`,
      advice: 'make it with `mxodus plan`; it prints where the plan is',
      where: path,
      cause: error,
    });
  }
}

async function textOrNull(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return null;
    throw unwritable(path, error);
  }
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) throw invalid(path, 'it is not JSON');
    throw error;
  }
}

const invalid = (path: string, why: string): MxodusError =>
  new MxodusError('PLAN_INVALID', {
    what: `${path} is not a plan`,
    why,
    advice: 'name the file `mxodus plan` wrote, or plan again',
    where: path,
  });

function unwritable(path: string, error: unknown): MxodusError {
  const code = systemCode(error);
  return new MxodusError(code === 'ENOSPC' ? 'DISK_FULL' : 'USAGE', {
    what: `the plan ${path} cannot be written`,
    why: code === 'ENOENT' ? 'there is no such folder' : `the system says ${code}`,
    advice: 'give another place with -o; nothing else was changed',
    where: path,
    cause: error,
  });
}

/** Anything but an error of the system is a bug. */
function systemCode(error: unknown): string {
  const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined;
  if (typeof code !== 'string') throw error;
  return code;
}
