import { type Dovecot, startDovecot } from '../dovecot/dovecot.ts';
import { readMailbox } from '../imap/read-mailbox.ts';
import { makeTempDir, type TempDir } from '../process/temp-dir.ts';
import type { FolderMap } from '../truth/truth.ts';
import { type Conversation, converse } from './conversation.test.support.ts';
import { type QuirkServer, type Quirks, startQuirkServer } from './quirk-server.ts';

/** One Dovecot for all tests of a file, and for each test a user and a quirk server of its own. */
export interface QuirkWorld {
  /** Before and after all tests. */
  open(): Promise<void>;
  close(): Promise<void>;
  /** Before and after each test. */
  begin(): void;
  end(): Promise<void>;
  readonly dovecot: Dovecot;
  readonly server: QuirkServer;
  readonly user: string;
  /** Starts the test's quirk server and signs in. */
  start(...quirks: Quirks): Promise<Conversation>;
  /** One more connection; not signed in yet. */
  connect(): Promise<Conversation>;
  signIn(): Promise<Conversation>;
  /** Signs in past the quirks. */
  behind(): Promise<Conversation>;
  /** What is stored, read past the quirks. */
  read(): Promise<FolderMap>;
  stored(folder?: string): Promise<number>;
}

export function createQuirkWorld(): QuirkWorld {
  let dir: TempDir;
  let dovecot: Dovecot;
  let server: QuirkServer | null = null;
  let users = 0;
  const clients: Conversation[] = [];

  const opened = async (to: { host: string; port: number }): Promise<Conversation> => {
    const client = await converse(to);
    clients.push(client);
    return client;
  };
  const current = (): QuirkServer => {
    if (!server) throw new Error('No quirk server was started.');
    return server;
  };
  const world: QuirkWorld = {
    open: async () => {
      dir = await makeTempDir();
      dovecot = await startDovecot({ dir: `${dir.path}/d`, name: 'd', password: 'pass', layout: 'fs', saveCrlf: true });
    },
    close: async () => {
      await dovecot.stop();
      await dir.remove();
    },
    begin: () => {
      users++;
    },
    end: async () => {
      for (const client of clients.splice(0)) client.close();
      const stopped = server?.stop();
      server = null;
      await stopped;
    },
    get dovecot() {
      return dovecot;
    },
    get server() {
      return current();
    },
    get user() {
      return `user${users}`;
    },
    start: async (...quirks) => {
      server = await startQuirkServer({ target: dovecot, quirks });
      return world.signIn();
    },
    connect: () => opened(current()),
    signIn: async () => {
      const client = await opened(current());
      await client.command(`LOGIN ${world.user} pass`);
      return client;
    },
    behind: async () => {
      const client = await opened(dovecot);
      await client.command(`LOGIN ${world.user} pass`);
      return client;
    },
    read: () => readMailbox(dovecot, world.user, 'pass'),
    stored: async (folder = 'INBOX') => (await world.read())[folder]?.messages.length ?? -1,
  };
  return world;
}
