import { type Fact, MxodusError, type Quota } from '@mxodus/model';
import type { Graph, GraphAnswer } from '../graph/graph.ts';
import { factOf, get, known, unknown } from './ask.ts';

/** The mailbox usage report: one CSV for the whole tenant, about two days old. */

export interface UsageReport {
  /** By user principal name in lower case. */
  byUser: ReadonlyMap<string, Quota>;
  /** The tenant's privacy setting puts a hash in the place of each name. */
  concealed: boolean;
}

const USER = 'User Principal Name';
const USED = 'Storage Used (Byte)';
const LIMIT = 'Prohibit Send/Receive Quota (Byte)';

/** Columns are found by their names: their order is not promised. */
export function parseUsage(csv: string): UsageReport {
  const [head = [], ...rows] = csvRows(csv.replace(/^\uFEFF/, ''));
  const [user, used, limit] = [USER, USED, LIMIT].map((column) => head.indexOf(column));
  if (user === undefined || used === undefined || limit === undefined || Math.min(user, used, limit) < 0) {
    throw new MxodusError('SERVER_ANSWER', {
      what: 'the mailbox usage report lacks a column',
      why: `of "${USER}", "${USED}" and "${LIMIT}"; it has ${head.join(', ')}`,
      advice: 'report it; the plan can be made without Reports.Read.All',
    });
  }
  const byUser = new Map<string, Quota>();
  let concealed = false;
  for (const row of rows) {
    const name = row[user] ?? '';
    if (name !== '' && !name.includes('@')) concealed = true;
    const [usedBytes, limitBytes] = [bytes(row[used]), bytes(row[limit])];
    if (name.includes('@') && usedBytes !== null) byUser.set(name.toLowerCase(), { usedBytes, limitBytes });
  }
  return { byUser, concealed };
}

/** Asks for the report once: it may be asked for 14 times in 10 minutes. */
export function usageReport(graph: Graph): (userPrincipalName: string) => Promise<Fact<Quota>> {
  let asked: Promise<Fact<UsageReport>> | undefined;
  return async (userPrincipalName) => {
    asked ??= factOf('Reports.Read.All', async () => known(parseUsage(await reportText(graph))));
    const report = await asked;
    if (!report.known) return report;
    const found = report.value.byUser.get(userPrincipalName.toLowerCase());
    if (found !== undefined) return known(found);
    return unknown(
      report.value.concealed
        ? 'the tenant hides the names of users in its reports'
        : 'the usage report, which is two days old, does not have it',
    );
  };
}

async function reportText(graph: Graph): Promise<string> {
  const answer = await graph.send(get("/reports/getMailboxUsageDetail(period='D7')"));
  // A pre-authenticated address: no token may go there.
  const moved = answer.status === 302 ? answer.headers.get('location') : null;
  return textOf(moved === null ? answer : await graph.sendTo(moved, { method: 'GET' }));
}

function textOf({ body }: GraphAnswer): string {
  if (typeof body === 'string') return body;
  if (body === null) return '';
  throw new MxodusError('SERVER_ANSWER', {
    what: 'the mailbox usage report is no text',
    why: 'CSV was asked for',
    advice: 'report it; the plan can be made without Reports.Read.All',
  });
}

/** RFC 4180; every cell is followed by a comma, an end of line or the end. */
function csvRows(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  for (const [, quoted, plain = '', end = ''] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^,\r\n]*))(,|\r?\n|$)/g)) {
    row.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    if (end === ',') continue;
    if (row.some((cell) => cell !== '')) rows.push(row);
    row = [];
  }
  return rows;
}

const bytes = (cell: string | undefined): number | null =>
  cell !== undefined && /^\d+$/.test(cell) ? Number(cell) : null;
