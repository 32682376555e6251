import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Config, MailboxEntry, MxodusError, Secret } from '@mxodus/model';
import { problem } from './config-error.ts';
import { readMailboxCsv } from './mailbox-csv.ts';
import type { YamlSource } from './yaml-source.ts';

/** One mailbox, from `mailboxes:` or from a list. */
export interface ConfiguredMailbox {
  address: string;
  /** Name of the server. */
  source: string;
  user: string | null;
  password: Secret | null;
  /** Where to, when the list says so; null: the rules decide. */
  to: string | null;
  newAddress: string | null;
  toUser: string | null;
  toPassword: Secret | null;
}

export interface PlacedMailbox {
  mailbox: ConfiguredMailbox;
  /** File and line. */
  where: string;
}

export interface ConfigFile {
  /** As the user named it. */
  path: string;
  source: YamlSource;
}

/** The entries and the rows of the lists, in their order. Every address is there once. */
export async function expandMailboxes(
  config: Config,
  file: ConfigFile,
): Promise<{ placed: PlacedMailbox[]; problems: MxodusError[] }> {
  const placed: PlacedMailbox[] = [];
  const problems: MxodusError[] = [];
  for (const [index, entry] of config.mailboxes.entries()) {
    const where = file.source.where(['mailboxes', index]);
    if ('address' in entry) {
      placed.push({ mailbox: fromEntry(entry), where });
      continue;
    }
    const list = await fromList(entry, file, file.source.where(['mailboxes', index, 'file']));
    placed.push(...list.placed);
    problems.push(...list.problems);
  }
  return { placed, problems: [...problems, ...duplicates(placed)] };
}

function fromEntry(entry: MailboxEntry): ConfiguredMailbox {
  const { address, source, user, password, destination } = entry;
  return {
    address,
    source,
    user: user ?? null,
    password: password ?? null,
    to: null,
    newAddress: null,
    toUser: destination?.user ?? null,
    toPassword: destination?.password ?? null,
  };
}

async function fromList(
  entry: { file: string; source: string },
  file: ConfigFile,
  where: string,
): Promise<{ placed: PlacedMailbox[]; problems: MxodusError[] }> {
  const display = join(dirname(file.path), entry.file);
  const text = await read(resolve(dirname(file.path), entry.file));
  if (text === undefined) {
    const details = {
      what: `the mailbox list ${entry.file} cannot be read`,
      why: `there is no such file beside ${file.path}, or it may not be read`,
      advice: 'its path starts at the folder of the config',
      where,
    };
    return { placed: [], problems: [problem('CSV_INVALID', details)] };
  }
  const { rows, problems } = readMailboxCsv(text, display);
  const placed = rows.map(({ line, ...row }) => ({
    mailbox: { source: entry.source, ...row },
    where: `${display}:${line}`,
  }));
  return { placed, problems };
}

/** undefined: there is nothing to read. */
async function read(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined;
    if (typeof code === 'string') return undefined;
    throw error;
  }
}

function duplicates(placed: readonly PlacedMailbox[]): MxodusError[] {
  const first = new Map<string, string>();
  return placed.flatMap(({ mailbox: { address }, where }) => {
    const key = address.toLowerCase();
    const before = first.get(key);
    if (before === undefined) {
      if (address !== '') first.set(key, where);
      return [];
    }
    return [
      problem('CONFIG_INVALID', {
        what: `${address} is there twice`,
        why: `it is also at ${before}; an address names one mailbox`,
        advice: 'remove one of the two',
        where,
      }),
    ];
  });
}
