import type { Limit, LimitKind } from '@mxodus/engine';
import type { Config, ServerConfig } from '@mxodus/model';

/** What a limit is called, and what one can do about it. */
export interface LimitWords {
  what: string;
  advice: string;
}

type Words = (server: ServerConfig | undefined, name: string) => LimitWords;

const MICROSOFT = { requests: 10_000, concurrent: 4, upload: 150_000_000 };

const microsofts =
  'it is Microsoft’s own limit: spread the copy over more days, and begin the largest mailboxes first (`wave`)';

const moreWorkers = 'start more workers';

const setting = (key: string, name: string, more = ''): string => `raise \`limits.${key}\` of "${name}"${more}`;

const ifItCan = ', if the server can take it';

const WORDS: Readonly<Record<LimitKind, Words>> = {
  requests: (server, name) => ({
    what: `the requests one mailbox of "${name}" may get`,
    advice:
      server?.kind === 'exchange' && server.limits.requests < MICROSOFT.requests
        ? setting('requests', name)
        : microsofts,
  }),
  upload: (server, name) => ({
    what: `the bytes one mailbox of "${name}" may be sent (150 MB in 5 min)`,
    advice:
      server?.kind === 'exchange' && server.limits.upload < MICROSOFT.upload ? setting('upload', name) : microsofts,
  }),
  concurrent_requests: (server, name) => ({
    what: `the requests at once to one mailbox of "${name}"`,
    advice:
      server?.kind === 'exchange' && server.limits.concurrent_requests < MICROSOFT.concurrent
        ? setting('concurrent_requests', name)
        : 'it is Microsoft’s own limit: what goes faster is more mailboxes at once',
  }),
  requests_of_all: (_server, name) => ({
    what: `the requests one app may send to "${name}" (130,000 in 10 s)`,
    advice: 'it is Microsoft’s own limit for one app: nothing here makes it faster',
  }),
  bytes_per_second: (_server, name) => ({
    what: `the bytes a second of "${name}"`,
    advice: setting('bytes_per_second', name, ifItCan),
  }),
  bytes_per_day: (_server, name) => ({
    what: `the bytes a day of one mailbox at "${name}"`,
    advice: setting('bytes_per_day', name, ', or plan the days: many hosts have such a limit of their own'),
  }),
  connections: (server, name) =>
    server?.kind === 'exchange'
      ? { what: `the mailboxes of "${name}" worked on at once`, advice: setting('mailboxes', name) }
      : { what: `connections to "${name}"`, advice: setting('connections', name, ifItCan) },
  connections_per_mailbox: (server, name) =>
    server?.kind === 'exchange'
      ? { what: `how fast one mailbox of "${name}" is read for`, advice: 'more mailboxes at once' }
      : {
          what: `connections to one mailbox at "${name}"`,
          advice: setting('connections_per_mailbox', name, ', or work on more mailboxes at once'),
        },
  server: (_server, name) => ({
    what: `what the mail server "${name}" can do`,
    advice: `give it more cores or faster disks, if it is slower than assumed here use \`limits\``,
  }),
  places: () => ({ what: 'places at the workers', advice: moreWorkers }),
  cpu: () => ({ what: 'the processor of the workers', advice: moreWorkers }),
  memory: () => ({ what: 'the bytes a worker holds at once', advice: moreWorkers }),
  ledger: () => ({ what: 'what the ledger can write', advice: 'give PostgreSQL a faster disk' }),
  machine: () => ({ what: 'the cores of the machine', advice: 'use more machines' }),
  opening: () => ({
    what: 'signing in and looking, for each mailbox',
    advice: 'work on more mailboxes at once: more connections, or more workers',
  }),
};

export function limitWords({ kind, server }: Limit, servers: Config['servers']): LimitWords {
  const name = server ?? '';
  return WORDS[kind](servers[name], name);
}
