import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { type Config, canonicalJson, MxodusError } from '@mxodus/model';
import { configError } from './config-error.ts';
import { readConfig } from './config-issues.ts';
import { crossChecks } from './cross-checks.ts';
import { type ConfiguredMailbox, expandMailboxes } from './expand-mailboxes.ts';
import { mailboxChecks } from './mailbox-checks.ts';
import { notSupportedYet } from './not-supported.ts';
import { parseYaml } from './yaml-source.ts';

export interface LoadedConfig {
  /** As the user named it. */
  path: string;
  /** Its folder, absolute: where relative paths in it start. */
  baseDir: string;
  config: Config;
  /** The entries of `mailboxes` and the rows of the lists. */
  mailboxes: readonly ConfiguredMailbox[];
  /** Of the parsed config and the mailboxes: equal for equal meaning, whatever the comments and the order of keys. No secret is in it, and no waiver. */
  sha256: string;
}

/** Reads and checks a config. Throws ConfigError with every problem of the file; see `configProblems`. */
export async function loadConfig(path: string): Promise<LoadedConfig> {
  const source = parseYaml(await readText(path), path);
  const { config, problems } = readConfig(source);
  if (config === null) throw configError(problems);
  const { placed, problems: inLists } = await expandMailboxes(config, { path, source });
  problems.push(...crossChecks(config, source), ...notSupportedYet(config, source));
  problems.push(...inLists, ...mailboxChecks(config, placed));
  if (problems.length > 0) throw configError(problems);
  const mailboxes = placed.map(({ mailbox }) => mailbox);
  const sha256 = createHash('sha256')
    .update(canonicalJson({ config: decisive(config), mailboxes }))
    .digest('hex');
  return { path, baseDir: dirname(resolve(path)), config, mailboxes, sha256 };
}

/** A waiver is given when a gate is met, perhaps in the middle of a cutover: it is in the journal, and makes no plan stale. */
const decisive = (config: Config): Config => ({ ...config, cutover: { ...config.cutover, waive: [] } });

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined;
    if (typeof code !== 'string') throw error;
    throw new MxodusError('CONFIG_NOT_FOUND', {
      what: `the config ${path} cannot be read`,
      why: code === 'ENOENT' ? 'there is no such file' : `the system says ${code}`,
      advice: 'name it with -c FILE, or start from an example in plans/',
      where: path,
      cause: error,
    });
  }
}
