import { capabilities } from './capabilities.ts';
import { answer, type Command, defineQuirk, type Quirk, type QuirkConnection } from './quirk.ts';
import { commandName } from './wire-text.ts';

const READS = /^(?:UID )?(?:FETCH|STORE)$/;
const RELOCATES = /^(?:UID )?(?:COPY|MOVE)$/;

/**
 * RFC 9738, Yahoo (2026-11): a FETCH, STORE or SEARCH of more than `limit` messages deals with those of the highest UIDs and
 * names the last of them; COPY, MOVE and an APPEND of more are refused.
 */
export function messageLimit(limit: number): Quirk[] {
  return [capabilities({ add: [`MESSAGELIMIT=${limit}`] }), limitedCommands(limit)];
}

function limitedCommands(limit: number): Quirk {
  const partial = new Map<Command, number>();
  return defineQuirk('MESSAGELIMIT', (hit) => ({
    onCommand: async (command, connection) => {
      const { name } = command;
      const isSearch = /^(?:UID )?SEARCH$/.test(name);
      if (!isSearch && !READS.test(name) && !RELOCATES.test(name)) return undefined;
      const { rest } = commandName(command.text);
      const set = isSearch ? (/\bUID (\S+)/.exec(rest)?.[1] ?? '1:*') : (/^\S+/.exec(rest)?.[0] ?? '');
      const byUid = name.startsWith('UID ') || isSearch;
      const uids = await uidsOf(connection, byUid ? `UID ${set}` : set);
      const lowest = uids.at(-limit);
      if (uids.length <= limit || lowest === undefined) return undefined;
      hit();
      if (RELOCATES.test(name)) return answer(`NO [MESSAGELIMIT ${limit}] Too many messages, try a smaller subset`);
      partial.set(command, lowest);
      if (isSearch) return undefined;
      const kept = byUid ? uids : numbersOf(await connection.ask(`SEARCH ${set}`)).sort((a, b) => a - b);
      command.text = `${name} ${kept.slice(-limit).join(',')}${rest.slice(set.length)}`;
      return undefined;
    },
    onAppend: ({ index }) => {
      if (index < limit) return undefined;
      hit();
      return answer(`NO [MESSAGELIMIT ${limit}] Too many messages`);
    },
    onResponse: (response) => {
      const { command } = response;
      const lowest = command && partial.get(command);
      if (!command || lowest === undefined || lowest === null) return undefined;
      if (/^\* SEARCH/.test(response.text)) {
        const all = response.text.split(' ').slice(2).map(Number);
        const kept = command.name === 'UID SEARCH' ? all.filter((uid) => uid >= lowest) : all.slice(-limit);
        response.text = ['* SEARCH', ...kept].join(' ');
      }
      if (response.kind !== 'tagged') return undefined;
      partial.delete(command);
      response.text = response.text.replace(/^(\S+ OK )(?:\[[^\]]*\] )?/, `$1[MESSAGELIMIT ${limit} ${lowest}] `);
      return undefined;
    },
  }));
}

/** Ascending. */
async function uidsOf(connection: QuirkConnection, set: string): Promise<number[]> {
  return numbersOf(await connection.ask(`UID SEARCH ${set}`)).sort((a, b) => a - b);
}

const numbersOf = (rows: readonly string[]): number[] =>
  rows.flatMap((row) => (row.startsWith('* SEARCH') ? row.split(' ').slice(2).map(Number) : []));
