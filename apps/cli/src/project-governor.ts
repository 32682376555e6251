import type { Config, Ledger, ServerBurden, TrafficBook } from '@mxodus/model';
import { type InlineGovernor, inlineGovernor } from '@mxodus/queue';

export interface ProjectGovernor {
  governor: InlineGovernor;
  /** The ledger, whose book remembers the bytes of a day from now on; what has crossed is in it when it is closed. */
  booking(ledger: Ledger): Ledger;
}

/** One for everything the process does with the project's servers. Before a ledger is open the bytes of the day are not known. */
export function projectGovernor(config: Config): ProjectGovernor {
  let open: TrafficBook | null = null;
  const book: TrafficBook = {
    spent: async (login, day) => (await open?.spent(login, day)) ?? 0,
    add: async (login, day, bytes) => open?.add(login, day, bytes),
  };
  const burdens = Object.entries(config.servers).map(([name, { limits }]) => [name, burdenOf(limits)] as const);
  const governor = inlineGovernor(Object.fromEntries(burdens), { book, now: () => new Date() });
  return {
    governor,
    booking: (ledger) => {
      open = ledger.traffic;
      return {
        ...ledger,
        close: async () => {
          try {
            await governor.close();
          } finally {
            open = null;
            await ledger.close();
          }
        },
      };
    },
  };
}

const burdenOf = (limits: Config['servers'][string]['limits']): ServerBurden => ({
  connections: limits.connections,
  connectionsPerMailbox: limits.connections_per_mailbox,
  bytesPerSecond: limits.bytes_per_second,
  bytesPerDay: limits.bytes_per_day,
});
