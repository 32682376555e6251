import { existsSync, readFileSync, rmSync } from 'node:fs';
// Not the whole lab: this starts anew for each question.
import { queryDns } from '../../packages/lab/src/dns/exchange.ts';
import type { DnsType } from '../../packages/lab/src/dns/packet.ts';
import { updateZone } from '../../packages/lab/src/dns/update-zone.ts';

/**
 * A user's own program for the provider `exec`, over a zone of the lab: node zone-program.ts BEHAVIOUR SERVER KEYFILE.
 * lies: says yes and changes nothing. dies-halfway: changes record set after record set, and ends after the first while there is a file
 * named `die` in its folder.
 */

interface Rrset {
  name: string;
  type: DnsType;
  after: { ttl: number; records: string[] };
}

const [, , behaviour = '', address = '', keyFile = ''] = process.argv;
const [host = '', port = ''] = address.split(':');
const server = { host, port: Number(port) };
const question: { action: string; zone: string; names?: Rrset[]; changes?: Rrset[] } = JSON.parse(
  readFileSync(0, 'utf8'),
);

const answer = (value: unknown): boolean => process.stdout.write(JSON.stringify(value));

async function read({ name, type }: Rrset): Promise<object[]> {
  const { answers } = await queryDns(server, name, type, 5000);
  const found = answers.filter((record) => record.type === type);
  const ttl = Math.max(0, ...found.map((record) => record.ttl));
  return found.length === 0 ? [] : [{ name, type, ttl, records: found.map(({ data }) => data) }];
}

async function change({ name, type, after }: Rrset): Promise<void> {
  const key = { name: 'mxodus', algorithm: 'hmac-sha256' as const, secret: readFileSync(keyFile, 'utf8').trim() };
  const add = after.records.map((data) => ({ name, type, ttl: after.ttl, data }));
  const rcode = await updateZone(server, key, { zone: question.zone, remove: [{ name, type }], add });
  if (rcode !== 0) throw new Error(`the server answered rcode ${rcode}`);
}

switch (question.action) {
  case 'capabilities':
    answer({ atomic: behaviour !== 'dies-halfway', compareAndSwap: false, minTtl: 0 });
    break;
  case 'read':
    answer({ rrsets: (await Promise.all((question.names ?? []).map(read))).flat() });
    break;
  case 'rehearse':
    answer({ kind: 'allowed' });
    break;
  default:
    for (const [index, one] of (question.changes ?? []).entries()) {
      if (behaviour === 'lies') break;
      if (index > 0 && existsSync('die')) {
        rmSync('die');
        process.exit(7);
      }
      await change(one);
    }
    answer({ kind: 'applied' });
}
