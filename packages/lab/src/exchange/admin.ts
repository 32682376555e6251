/**
 * The simulator's own interface, for tests in other processes: JSON on https://localhost:PORT/__sim/, without a token.
 *
 * | request                     | body                                              | answer                |
 * |-----------------------------|---------------------------------------------------|-----------------------|
 * | GET journal, DELETE journal |                                                   | JournalEntry[]        |
 * | GET faults                  |                                                   | PlannedFault[]        |
 * | POST faults                 | GraphFault; path and body as sources of RegExps   | PlannedFault          |
 * | DELETE faults, faults/{id}  |                                                   |                       |
 * | GET switches, PATCH switches| some of SimSwitches                               | SimSwitches           |
 * | GET clock, POST clock       | {"advance": seconds} or {"set": RFC 3339}         | {"now": RFC 3339}     |
 * | GET high-water/{user}       |                                                   | {"highWater": number} |
 * | GET dump/{user}             |                                                   | MailboxDump           |
 * | POST revoke                 |                                                   |                       |
 */
import { z } from 'zod';
import type { SimClock } from './clock.ts';
import type { FaultPlan, GraphFault, PlannedFault } from './faults.ts';
import type { Journal } from './journal.ts';
import type { MailboxDump } from './mailbox/dump.ts';
import type { SimAnswer } from './route.ts';
import type { SimSwitches } from './switches.ts';

const ADMIN = '/__sim/';

const outcome = z.union([
  z.enum(['reset', 'silence']),
  z.strictObject({
    status: z.int(),
    headers: z.record(z.string(), z.string()).optional(),
    code: z.string().optional(),
    message: z.string().optional(),
    body: z.unknown().optional(),
  }),
]);
const pattern = z.string().transform((source) => new RegExp(source));
const faultBody = z.strictObject({
  method: z.string().optional(),
  path: pattern.optional(),
  body: pattern.optional(),
  where: z.enum(['inner', 'outer']).optional(),
  nth: z.int().optional(),
  times: z.int().optional(),
  delayMs: z.number().optional(),
  before: outcome.optional(),
  after: outcome.optional(),
  answerDelayMs: z.number().optional(),
});
const clockBody = z.union([z.strictObject({ advance: z.number() }), z.strictObject({ set: z.iso.datetime() })]);

export interface AdminParts {
  faults: FaultPlan;
  journal: Journal;
  switches: SimSwitches;
  clock: SimClock;
  highWater(user: string): number;
  revokeTokens(): void;
  dump(user: string): MailboxDump;
}

export const isAdminPath = (path: string): boolean => path.startsWith(ADMIN);

export function adminAnswer(method: string, path: string, body: Buffer, parts: AdminParts): SimAnswer {
  try {
    const [what = '', id = ''] = decodeURIComponent(path.slice(ADMIN.length)).split('/');
    const answer = actions(parts, id, body)[`${method} ${what}`];
    return answer === undefined ? { status: 404 } : { status: 200, body: answer() ?? {} };
  } catch (error) {
    return { status: 400, body: { error: error instanceof Error ? error.message : String(error) } };
  }
}

function actions(parts: AdminParts, id: string, body: Buffer): Readonly<Record<string, () => unknown>> {
  const { faults, journal, clock, switches } = parts;
  const json = (): unknown => JSON.parse(body.toString());
  const time = () => ({ now: clock.now().toISOString() });
  return {
    'GET journal': () => journal.entries,
    'DELETE journal': () => journal.clear(),
    'GET faults': () => faults.all.map(view),
    'POST faults': () => view(faults.add(faultOf(json()))),
    'DELETE faults': () => (id === '' ? faults.clear() : faults.remove(Number(id))),
    'GET switches': () => switches,
    'PATCH switches': () => Object.assign(switches, known(json(), switches)),
    'GET clock': time,
    'POST clock': () => {
      const wish = clockBody.parse(json());
      if ('advance' in wish) clock.advance(wish.advance);
      else clock.set(new Date(wish.set));
      return time();
    },
    'GET high-water': () => ({ highWater: parts.highWater(id) }),
    'GET dump': () => parts.dump(id),
    'POST revoke': () => parts.revokeTokens(),
  };
}

/** Leaves out what is undefined, as GraphFault wants it. */
function faultOf(json: unknown): GraphFault {
  const given = faultBody.parse(json);
  const isGiven = ([, value]: readonly [string, unknown]): boolean => value !== undefined;
  const fault: GraphFault = {};
  Object.assign(fault, Object.fromEntries(Object.entries(given).filter(isGiven)));
  return fault;
}

const view = ({ path, body, ...rest }: PlannedFault): Record<string, unknown> => ({
  ...rest,
  ...(path === undefined ? {} : { path: path.source }),
  ...(body === undefined ? {} : { body: body.source }),
});

/** Switches of these names and types only. */
function known(json: unknown, switches: SimSwitches): Record<string, unknown> {
  const wish = z.record(z.string(), z.unknown()).parse(json);
  const types = new Map(Object.entries(switches).map(([name, value]) => [name, typeof value]));
  for (const [name, value] of Object.entries(wish)) {
    if (types.get(name) !== typeof value) throw new Error(`No switch "${name}" of this type.`);
  }
  return wish;
}
