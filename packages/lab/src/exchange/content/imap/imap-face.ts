import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type TLSSocket } from 'node:tls';
import type { CertificateFiles } from '../../../certificates.ts';
import type { SimUser, SimWorld } from '../../sim-world.ts';
import { serveConnection } from './connection.ts';
import type { ImapPermissions, VerifyToken } from './sign-in.ts';

/** The hook's words for a mailbox that is over its limits (imapsync, FAQ.Office365). */
export const THROTTLED = 'NO Request is throttled. Suggested Backoff Time: 1000 milliseconds';

/** One APPEND, before or after it was done. */
export interface ImapAppend {
  user: SimUser;
  /** As the client wrote it, on the wire. */
  folder: string;
  bytes: number;
  when: 'before' | 'after';
}

/** null: it goes on. A text is the answer (THROTTLED); 'cut': the connection ends without one. */
export type AppendHook = (append: ImapAppend) => string | 'cut' | null;

export interface ImapFaceOptions {
  world: SimWorld;
  certificate: CertificateFiles;
  /** Of the simulated sign-in. */
  verify: VerifyToken;
  permissions?: Partial<ImapPermissions>;
}

/** The mailboxes of the simulated Microsoft 365 over IMAP, as on outlook.office365.com:993. */
export interface ImapFace {
  host: string;
  port: number;
  permissions: ImapPermissions;
  /** One at a time; null: none. */
  onAppend(hook: AppendHook | null): void;
  /** How many connections are open. */
  readonly connections: number;
  /** Throws what went wrong inside the server itself, if anything did. */
  stop(): Promise<void>;
}

export async function startImapFace({ world, certificate, verify, permissions }: ImapFaceOptions): Promise<ImapFace> {
  const granted: ImapPermissions = { servicePrincipal: true, fullAccess: 'every', disabled: new Set(), ...permissions };
  let hook: AppendHook | null = null;
  const sockets = new Set<TLSSocket>();
  const mistakes: unknown[] = [];
  const [cert, key] = await Promise.all([readFile(certificate.certFile), readFile(certificate.keyFile)]);
  const server = createServer({ cert, key }, (socket) => {
    sockets.add(socket);
    // A client that resets; reading ends by itself then.
    socket.on('error', () => socket.destroy());
    socket.once('close', () => sockets.delete(socket));
    serveConnection(socket, { world, verify, permissions: granted, hook: (append) => hook?.(append) ?? null }).then(
      () => socket.end(),
      (error: unknown) => {
        mistakes.push(error);
        socket.destroy();
      },
    );
  });
  // A client that does not trust the certificate.
  server.on('tlsClientError', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the IMAP server has no port');
  return {
    host: 'localhost',
    port: address.port,
    permissions: granted,
    onAppend: (wanted) => {
      hook = wanted;
    },
    get connections() {
      return sockets.size;
    },
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      const closed = once(server, 'close');
      server.close();
      await closed;
      if (mistakes.length > 0) throw new AggregateError(mistakes, 'The simulated IMAP server made mistakes.');
    },
  };
}
