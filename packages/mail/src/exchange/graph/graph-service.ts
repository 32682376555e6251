import { invariant, isSafeEndpoint, type RequestGovernor, type Wait } from '@mxodus/model';
import type { TokenSource } from '../../auth/token-source.ts';
import { severalWaits } from '../../with/several-waits.ts';
import type { Graph } from './graph.ts';
import { GraphClient } from './graph-client.ts';
import { GraphLine } from './graph-line.ts';
import { GraphOfLogin } from './graph-of-login.ts';
import { HttpsPool } from './https-pool.ts';

export interface GraphServiceOptions {
  /** The name of the server in the config. */
  server: string;
  /** https://graph.microsoft.com */
  graphUrl: string;
  tokens: TokenSource;
  governor: RequestGovernor;
  /** PEM text of the authority to trust instead of the system ones. */
  ca?: string;
  /** How long an answer is waited for; milliseconds. */
  timeoutMs?: number;
  /** Mailboxes worked on at once. */
  mailboxes?: number;
}

/** Who uses it, and what they want to hear. */
export interface GraphUse {
  /** Gives up what waits and what is under way. */
  signal: AbortSignal;
  /** Called when a wait of a second or more begins, and with null when it ends. */
  onWait(wait: Wait | null): void;
  /**
   * Called once for each request that changes something, right before it is sent first: "POST /users/…/messages". What it throws is
   * thrown, and nothing is sent.
   */
  onWrite(command: string): void;
  /**
   * Called each time before such a request is completed, after everything that could wait: all but the last byte of its body is sent,
   * and without it the service does nothing. What it throws is thrown, and nothing more is sent. Default: always.
   */
  mayCommit?: (() => void) | undefined;
}

/** Microsoft Graph of one tenant, signed in as an app: one pool of connections for all mailboxes. */
export interface GraphService {
  mailbox(user: string, use: GraphUse): Graph;
  /** Requests that are about no mailbox: domains, licences, reports. They wait for each other, and for no mailbox. */
  tenant(use: GraphUse): Graph;
  /** Ends the connections; what is under way is lost. */
  close(): Promise<void>;
}

const TIMEOUT_MS = 120_000;
const MAILBOXES = 20;
/** What Microsoft allows one mailbox. */
const REQUESTS_OF_A_MAILBOX = 4;
/** The governor's name for requests that are about no mailbox. */
const TENANT = 'the tenant';

export function graphService(options: GraphServiceOptions): GraphService {
  const { server, graphUrl, tokens, governor, ca, timeoutMs = TIMEOUT_MS, mailboxes = MAILBOXES } = options;
  const base = URL.parse(graphUrl);
  invariant(base !== null && isSafeEndpoint(graphUrl), 'the address of Microsoft Graph is https');
  const pool = new HttpsPool({
    ...(ca === undefined ? {} : { ca }),
    connections: (mailboxes + 1) * REQUESTS_OF_A_MAILBOX,
    timeoutMs,
  });
  const client = new GraphClient(pool, base.origin);
  const open = { is: true };
  const graph = (user: string, { signal, onWait, onWrite, mayCommit }: GraphUse): Graph => {
    const where = `${user} at ${server} (${base.host})`;
    const ear = severalWaits(onWait);
    const line = new GraphLine({ login: { server, user }, governor, tokens, client, where, signal, ear });
    return new GraphOfLogin({
      line,
      pool,
      base: base.href.replace(/\/+$/, ''),
      where,
      signal,
      onWrite,
      mayCommit,
      isOpen: () => open.is,
    });
  };
  return {
    mailbox: graph,
    tenant: (use) => graph(TENANT, use),
    close: async () => {
      open.is = false;
      await pool.close();
    },
  };
}
