import type { MxodusError, Secret } from '@mxodus/model';
import { CsvError, parse } from 'csv-parse/sync';
import { problem } from './config-error.ts';
import { inBackticks, nearest } from './did-you-mean.ts';

/** A mailbox list: a header line, then one mailbox a line, separated by commas or semicolons. */

const MAILBOX_COLUMNS = [
  'address',
  'user',
  'password_env',
  'password_file',
  'to',
  'new_address',
  'to_user',
  'to_password_env',
  'to_password_file',
] as const;

type Column = (typeof MAILBOX_COLUMNS)[number];

interface MailboxRow {
  line: number;
  address: string;
  user: string | null;
  password: Secret | null;
  to: string | null;
  newAddress: string | null;
  toUser: string | null;
  toPassword: Secret | null;
}

export interface MailboxCsv {
  rows: MailboxRow[];
  problems: MxodusError[];
}

const ADDRESS = /^[^\s@]\S*@[^\s@]+$/;

export function readMailboxCsv(text: string, display: string): MailboxCsv {
  const invalid = (what: string, line: number, advice: string): MxodusError =>
    problem('CSV_INVALID', {
      what,
      why: 'this line of the mailbox list cannot be used',
      advice,
      where: `${display}:${line}`,
    });
  const read = records(text);
  if ('line' in read) {
    return {
      rows: [],
      problems: [invalid(read.what, read.line, 'close every quote; put a quote inside quotes twice')],
    };
  }
  const [header, ...body] = read.records;
  if (header === undefined)
    return { rows: [], problems: [invalid('the list is empty', 1, 'begin with a header line')] };
  const headerProblems = wrongHeader(header.cells).map(({ what, advice }) => invalid(what, header.line, advice));
  if (headerProblems.length > 0) return { rows: [], problems: headerProblems };
  const problems: MxodusError[] = [];
  const rows = body.flatMap(({ cells, line }) => {
    if (cells.length > header.cells.length) {
      const what = `there are ${cells.length} values for ${header.cells.length} columns`;
      problems.push(invalid(what, line, 'quote a value that holds the separator'));
      return [];
    }
    const row = toRow(header.cells, cells, line);
    problems.push(...wrongRow(row.cell).map(({ what, advice }) => invalid(what, line, advice)));
    return [row.value];
  });
  return { rows, problems };
}

interface Complaint {
  what: string;
  advice: string;
}

interface CsvRecord {
  cells: string[];
  line: number;
}

function records(text: string): { records: CsvRecord[] } | { what: string; line: number } {
  const header = text.split(/\r?\n/, 1)[0] ?? '';
  const delimiter = header.includes(';') && !header.includes(',') ? ';' : ',';
  const found: CsvRecord[] = [];
  try {
    parse(text, {
      bom: true,
      delimiter,
      on_record: (cells: string[], { lines }) => {
        found.push({ cells, line: lines });
        return null;
      },
      relax_column_count: true,
      skip_empty_lines: true,
      trim: true,
    });
    return { records: found };
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    // csv-parse quotes the line in its message: it is not passed on.
    const line: unknown = Reflect.get(error, 'lines');
    return { what: 'a quote is wrong or never closed', line: typeof line === 'number' ? line : 1 };
  }
}

const isKnown = (column: string): boolean => MAILBOX_COLUMNS.some((known) => known === column);

/** A name that is not like a known one is not repeated: without a header line it may be a password. */
function wrongHeader(columns: readonly string[]): Complaint[] {
  const known = `the columns are ${inBackticks(MAILBOX_COLUMNS)}`;
  const isHeader = columns.some((column) => isKnown(column) || nearest(column, MAILBOX_COLUMNS) !== undefined);
  if (!isHeader) return [{ what: 'the first line names no column', advice: `begin with a header line; ${known}` }];
  const complaints = columns.flatMap((column, index): Complaint[] => {
    if (columns.indexOf(column) !== index)
      return [{ what: `column ${index + 1} is there twice`, advice: 'remove one' }];
    if (isKnown(column)) return [];
    if (/^(to_)?password$/i.test(column)) {
      const advice = `name where it is found instead: \`${column}_env\` or \`${column}_file\``;
      return [{ what: `the column \`${column}\` would hold literal passwords`, advice }];
    }
    const meant = nearest(column, MAILBOX_COLUMNS);
    if (meant === undefined) return [{ what: `column ${index + 1} has a name that is not known`, advice: known }];
    return [{ what: `\`${column}\` is not a known column`, advice: `did you mean \`${meant}\`?` }];
  });
  if (columns.includes('address') || complaints.length > 0) return complaints;
  return [
    { what: 'there is no column `address`', advice: 'begin with a header line such as `address,user,password_env`' },
  ];
}

function toRow(
  header: readonly string[],
  cells: readonly string[],
  line: number,
): { value: MailboxRow; cell: (column: Column) => string | null } {
  const cell = (column: Column): string | null => {
    const index = header.indexOf(column);
    const value = index < 0 ? '' : (cells[index] ?? '');
    return value === '' ? null : value;
  };
  const value = {
    line,
    address: cell('address') ?? '',
    user: cell('user'),
    password: secretOf(cell('password_env'), cell('password_file')),
    to: cell('to'),
    newAddress: cell('new_address'),
    toUser: cell('to_user'),
    toPassword: secretOf(cell('to_password_env'), cell('to_password_file')),
  };
  return { value, cell };
}

function wrongRow(cell: (column: Column) => string | null): Complaint[] {
  const complaints: Complaint[] = [];
  for (const column of ['address', 'new_address'] as const) {
    const address = cell(column);
    if (address === null && column === 'address')
      complaints.push({ what: '`address` is empty', advice: 'give an address' });
    if (address !== null && !ADDRESS.test(address)) {
      complaints.push({ what: `\`${column}\` is no address`, advice: 'expected an address such as ann@example.com' });
    }
  }
  for (const [env, file] of [
    ['password_env', 'password_file'],
    ['to_password_env', 'to_password_file'],
  ] as const) {
    if (cell(env) !== null && cell(file) !== null) {
      complaints.push({ what: `\`${env}\` and \`${file}\` are both given`, advice: 'give one of them' });
    }
  }
  return complaints;
}

function secretOf(env: string | null, file: string | null): Secret | null {
  if (env !== null) return { env };
  return file === null ? null : { file };
}
