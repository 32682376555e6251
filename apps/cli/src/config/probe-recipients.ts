import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { dnsName, MxodusError } from '@mxodus/model';
import { parse } from 'csv-parse/sync';
import type { LoadedConfig } from './load-config.ts';

/**
 * Every address the new mail hosts have to take: the mailboxes' own, where they have a new one that too, and those of
 * `cutover.probe.recipients`. Only addresses of the domains that are switched: no other host is asked about.
 */
export async function probeRecipients(
  { config, baseDir }: Pick<LoadedConfig, 'config' | 'baseDir'>,
  mailboxes: readonly { address: string; destination: { address: string } }[],
): Promise<string[]> {
  const listed = await Promise.all(
    (config.cutover.probe?.recipients ?? []).map((entry) =>
      typeof entry === 'string' ? [entry] : addressesIn(entry.file, baseDir),
    ),
  );
  const domains = new Set(Object.keys(config.domains).map(dnsName));
  const all = [
    ...mailboxes.flatMap(({ address, destination }) => [address, destination.address]),
    ...listed.flat(),
  ].map((address) => address.toLowerCase());
  return [...new Set(all)].filter((address) => domains.has(dnsName(address.slice(address.lastIndexOf('@') + 1))));
}

/** One address a line, or a CSV with a column `address`. */
export async function addressesIn(file: string, baseDir: string): Promise<string[]> {
  const text = await readList(file, baseDir);
  const rows: string[][] = parse(text, {
    delimiter: [',', ';', '\t'],
    trim: true,
    skip_empty_lines: true,
    bom: true,
    relax_column_count: true,
  });
  const column = rows[0]?.findIndex((cell) => cell.toLowerCase() === 'address') ?? -1;
  const cells = column === -1 ? rows.map(([first = '']) => first) : rows.slice(1).map((row) => row[column] ?? '');
  const addresses = cells.filter((cell) => cell !== '' && !cell.startsWith('#'));
  const odd = addresses.findIndex((cell) => !/^[^\s@]+@[^\s@]+$/.test(cell));
  if (odd === -1) return addresses;
  throw new MxodusError('CSV_INVALID', {
    what: `"${addresses[odd]}" is not an address`,
    why: 'a list of recipients has one address a line, or a column `address`',
    advice: 'correct the line',
    where: file,
  });
}

async function readList(file: string, baseDir: string): Promise<string> {
  try {
    return await readFile(resolve(baseDir, file), 'utf8');
  } catch (error) {
    const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined;
    if (typeof code !== 'string') throw error;
    throw new MxodusError('CSV_INVALID', {
      what: `the list of recipients ${file} cannot be read`,
      why: code === 'ENOENT' ? 'there is no such file' : `the system says ${code}`,
      advice: `correct the path: it starts at ${baseDir}`,
      where: file,
    });
  }
}
