import { createHash } from 'node:crypto';
import { badRequest } from '../answers.ts';
import type { SimAnswer, SimRequest } from '../route.ts';
import type { SimUser, SimWorld } from '../sim-world.ts';

const NAME = /^getMailboxUsageDetail\(period='([^']*)'\)$/;
const PERIODS = ['D7', 'D30', 'D90', 'D180'];
const DOWNLOAD = '/data/v1.0/download';
const LIFETIME_MS = 5 * 60_000;
const DAY_MS = 24 * 3_600_000;
const COLUMNS = [
  'Report Refresh Date',
  'User Principal Name',
  'Display Name',
  'Is Deleted',
  'Deleted Date',
  'Created Date',
  'Last Activity Date',
  'Item Count',
  'Storage Used (Byte)',
  'Issue Warning Quota (Byte)',
  'Prohibit Send Quota (Byte)',
  'Prohibit Send/Receive Quota (Byte)',
  'Deleted Item Count',
  'Deleted Item Size (Byte)',
  'Deleted Item Quota (Byte)',
  'Has Archive',
  'Report Period',
];

/** Usage reports: a redirect to an address that needs no Authorization, and a CSV there. */
export function createReports(world: SimWorld) {
  const offered = new Map<string, { period: string; until: number }>();
  return {
    start({ segments, preauthenticatedOrigin }: SimRequest): SimAnswer | null {
      const [, name = '', ...below] = segments;
      const period = NAME.exec(name)?.[1];
      if (period === undefined || below.length > 0) return null;
      if (!PERIODS.includes(period)) throw badRequest(`Invalid period value specified: '${period}'.`);
      const token = world.random.hex(32);
      offered.set(token, { period, until: world.now().getTime() + LIFETIME_MS });
      return { status: 302, headers: { location: `${preauthenticatedOrigin}${DOWNLOAD}?token=${token}` } };
    },
    download(path: string, query: URLSearchParams): SimAnswer | null {
      if (path !== DOWNLOAD) return null;
      const offer = offered.get(query.get('token') ?? '');
      if (offer === undefined || world.now().getTime() >= offer.until) return { status: 403 };
      return {
        status: 200,
        headers: {
          'content-type': 'application/octet-stream',
          'content-disposition': 'attachment; filename=report.csv',
        },
        body: Buffer.from(csv(world, offer.period)),
      };
    },
  };
}

/** With a byte order mark, as it is downloaded. */
function csv(world: SimWorld, period: string): string {
  const refreshed = new Date(world.now().getTime() - world.switches.reportLagHours * 3_600_000);
  const rows = world.users
    .filter(({ restEnabledFrom }) => restEnabledFrom !== null && restEnabledFrom <= refreshed)
    .map((user) => row(user, world, { refreshed, period }));
  return `\uFEFF${[COLUMNS, ...rows].map((cells) => cells.map(quoted).join(',')).join('\r\n')}\r\n`;
}

interface Report {
  refreshed: Date;
  period: string;
}

function row(user: SimUser, world: SimWorld, { refreshed, period }: Report): string[] {
  const store = world.mailboxes.get(user.id);
  const items = store === undefined ? 0 : [...store.items()].length;
  const conceal = (text: string): string =>
    world.switches.reportConceals ? createHash('md5').update(text).digest('hex').toUpperCase() : text;
  const date = refreshed.toISOString().slice(0, 10);
  const quota = user.quotaBytes;
  return [
    date,
    conceal(user.userPrincipalName),
    conceal(user.displayName),
    'False',
    '',
    new Date(refreshed.getTime() - 30 * DAY_MS).toISOString().slice(0, 10),
    date,
    String(items),
    String(store?.usedBytes ?? 0),
    String(Math.floor(quota * 0.98)),
    String(Math.floor(quota * 0.99)),
    String(quota),
    '0',
    '0',
    String(30 * 1024 ** 3),
    'False',
    period.slice(1),
  ];
}

const quoted = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
