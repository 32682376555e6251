import { type Governor, invariant, type Login, MxodusError, type ServerBurden, type TrafficBook } from '@mxodus/model';
import { ByteRate } from './byte-rate.ts';
import { DailyBudget } from './daily-budget.ts';
import type { Counting, Moment } from './gate.ts';
import { type GateOptions, ServerGate } from './server-gate.ts';

export interface InlineGovernor extends Governor {
  /** Books the bytes that crossed; who still waits is turned away. Throws what the book throws. */
  close(): Promise<void>;
}

/**
 * The governor of one process; other processes are not seen.
 *
 * @param burdens by server of the config
 * @param options.book remembers the bytes of a day; null: they are forgotten with the process
 * @param options.now the wall clock, for days and for times people read
 */
export function inlineGovernor(
  burdens: Readonly<Record<string, ServerBurden>>,
  options: { book: TrafficBook | null; now: () => Date },
): InlineGovernor {
  const now = bothClocks(options.now);
  return governorOf(serverGates(burdens, { book: options.book, now, counting: inlineCounting(now) }));
}

export const bothClocks =
  (now: () => Date): (() => Moment) =>
  () => ({ at: performance.now(), wall: now().getTime() });

/** Of this process alone. */
const inlineCounting = (now: () => Moment): Counting => ({
  rate: (_, bytesPerSecond) => new ByteRate(bytesPerSecond, now().at),
  budget: (bytesPerDay, options) => new DailyBudget(bytesPerDay, options),
});

export type ServerGates = ReadonlyMap<string, ServerGate>;

export const serverGates = (burdens: Readonly<Record<string, ServerBurden>>, options: GateOptions): ServerGates =>
  new Map(Object.entries(burdens).map(([server, burden]) => [server, new ServerGate(server, burden, options)]));

export function governorOf(gates: ServerGates): InlineGovernor {
  const gate = ({ server }: Login): ServerGate => {
    const known = gates.get(server);
    invariant(known !== undefined, `server ${server} has limits`);
    return known;
  };
  return {
    connection: (login, wait) => gate(login).connection(login, wait),
    admit: (login, bytes, wait) => gate(login).admit(login, bytes, wait),
    crossed: (login, bytes) => gate(login).crossed(login, bytes),
    caughtUp: (login, wait) => gate(login).caughtUp(login, wait),
    slowDown: (login, hint) => void gate(login).slowDown(login, hint),
    wentWell: (login) => gate(login).wentWell(login),
    allowance: (login) => gate(login).allowance(login),
    close: async () => {
      const closed = new MxodusError('INTERRUPTED', {
        what: 'the process ends',
        why: 'it was asked to stop, or its work is done',
        advice: 'the same command goes on where it stopped',
      });
      await Promise.all([...gates.values()].map((one) => one.close(closed)));
    },
  };
}
