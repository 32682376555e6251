import type { Quota } from '@mxodus/model';
import { refusal, type SessionLine } from './session-line.ts';
import type { Untagged } from './untagged.ts';

/** The quota that INBOX counts against (RFC 9208); null where the server has none, or does not tell. */
export async function readQuota(line: SessionLine): Promise<Quota | null> {
  if (!line.has('QUOTA')) return null;
  const quotas: Quota[] = [];
  const answer = await line.answer(`GETQUOTAROOT ${line.names.quoted('INBOX')}`, {
    untagged: (response) => collect(response, quotas),
  });
  if (answer.status === 'BAD') throw line.error(refusal(answer), 'GETQUOTAROOT');
  const free = ({ usedBytes, limitBytes }: Quota): number => (limitBytes === null ? Infinity : limitBytes - usedBytes);
  // Several may hold at once: the one that fills up first.
  return quotas.sort((a, b) => free(a) - free(b))[0] ?? null;
}

/** `* QUOTA "User quota" (STORAGE 10 512 MESSAGE 4 1000)`: STORAGE in units of 1,024 bytes. */
function collect({ name, cursor }: Untagged, quotas: Quota[]): boolean {
  if (name === 'QUOTAROOT') return true;
  if (name !== 'QUOTA') return false;
  cursor.skipSpaces();
  cursor.astring();
  cursor.skipSpaces();
  const resources = cursor.list();
  for (let index = 0; index + 1 < resources.length; index += 3) {
    if (String(resources[index]).toUpperCase() !== 'STORAGE') continue;
    const [used, limit] = [Number(resources[index + 1]), Number(resources[index + 2])];
    if (Number.isNaN(used)) continue;
    quotas.push({ usedBytes: used * 1024, limitBytes: limit > 0 ? limit * 1024 : null });
  }
  return true;
}
