import { readFile } from 'node:fs/promises';
import { type Exchange365, type Exchange365Options, makeTempDir, type SimWorld, startExchange } from '@mxodus/lab';
import type { Appender, ItemBook, KeyedMail, MailSession, OutgoingMessage, RequestGovernor } from '@mxodus/model';
import { givenToken } from '../../auth/token-source.ts';
import { exchangeAccount, type WriterChoice } from '../exchange-account.ts';
import { itemAccount } from '../exchange-mailbox.ts';
import type { Graph } from '../graph/graph.ts';
import { graphService } from '../graph/graph-service.ts';
import { itemBookInMemory } from '../items-in-memory.ts';
import { KeyedItems } from '../keyed-mail.ts';
import { KnownFolders } from '../known-folders.ts';
import { MailboxFolders } from '../mailbox-folders.ts';

/** All together longer than the visibility delays of these tests. */
export const LOOK_DELAYS_MS = [5, 15, 60];

/** What a mailbox of the simulator holds. */
export type StoredItem = SimMailbox extends { items(): Iterable<infer Item> } ? Item : never;
type SimMailbox = SimWorld['mailboxes'] extends Map<string, infer Store> ? Store : never;

export interface AppenderWorld {
  sim: Exchange365;
  items: ItemBook;
  writes: string[];
  appender(
    user: string,
    how?: { writer?: Partial<WriterChoice>; signal?: AbortSignal; mayCommit?: () => void },
  ): Promise<Appender>;
  graph(user: string): Graph;
  /** What an appender is made of. */
  parts(user: string): { folders: MailboxFolders; keyed: KeyedMail };
  session(user: string): Promise<MailSession>;
  /** By its canonical path. */
  stored(user: string, folder?: string): StoredItem[];
  /** UID to the immutable id of its item. */
  uids(user: string, folder?: string): Promise<ReadonlyMap<number, string>>;
  /** Somebody removes a folder, and makes one of the same name. */
  renew(user: string, folder: string): void;
  stop(): Promise<void>;
}

const nobodyListens = (): undefined => undefined;

export async function appenderWorld(
  options: Partial<Exchange365Options> & { users: string[] },
): Promise<AppenderWorld> {
  const dir = await makeTempDir('appender');
  const sim = await startExchange({ dir: dir.path, ...options });
  const ca = await readFile(sim.caFile, 'utf8');
  const items = itemBookInMemory();
  const writes: string[] = [];
  const service = graphService({
    server: 'new',
    graphUrl: sim.graphUrl,
    tokens: givenToken(async () => sim.token()),
    governor: fourAtOnce(),
    ca,
    timeoutMs: 1000,
    mailboxes: options.users.length,
  });
  const account = (user: string, writer: Partial<WriterChoice> = {}) =>
    exchangeAccount({
      server: 'new',
      user,
      service,
      items,
      writer: {
        writer: 'auto',
        imap: null,
        importMimeProof: null,
        tempDir: dir.path,
        lookDelaysMs: LOOK_DELAYS_MS,
        ...writer,
      },
      messageLimit: 35_000_000,
      onWait: nobodyListens,
    });
  const graphOf = (user: string): Graph =>
    service.mailbox(user, {
      signal: new AbortController().signal,
      onWait: nobodyListens,
      onWrite: (command) => writes.push(command),
    });
  const folderId = (user: string, folder: string): string => {
    const store = storeOf(sim, user);
    const found = [...(store?.folders.all() ?? [])].find(
      ({ wellKnownName, displayName }) => wellKnownName === folder || displayName === folder,
    );
    return found?.id ?? '';
  };
  return {
    sim,
    items,
    writes,
    appender: (user, { writer, signal = new AbortController().signal, mayCommit } = {}) =>
      account(user, writer).openAppender(signal, (command) => writes.push(command), mayCommit),
    graph: graphOf,
    parts: (user) => {
      const mailbox = { graph: graphOf(user), server: 'new', user, items, account: itemAccount('new', user) };
      const folders = new MailboxFolders(mailbox, new KnownFolders());
      return { folders, keyed: new KeyedItems(folders) };
    },
    renew: (user, folder) => {
      const tree = storeOf(sim, user)?.folders;
      const old = tree?.find(folderId(user, folder));
      if (tree === undefined || old === undefined) throw new Error(`no folder ${folder}`);
      tree.remove(old);
      tree.add(tree.known('msgfolderroot'), folder);
    },
    session: (user) => account(user).open(new AbortController().signal, nobodyListens),
    stored: (user, folder = 'inbox') =>
      [...(storeOf(sim, user)?.items() ?? [])].filter((item) => item.folderId === folderId(user, folder)),
    uids: async (user, folder = 'inbox') => {
      const book = await items.folder(itemAccount('new', user), folderId(user, folder));
      const all = Array.from({ length: book.uidNext }, (_, uid) => uid);
      return items.itemIds(book.id, all);
    },
    stop: async () => {
      await service.close();
      await sim.stop();
      await dir.remove();
    },
  };
}

const storeOf = ({ world }: Exchange365, user: string): SimMailbox | undefined =>
  world.mailboxes.get(world.userOf(user)?.id ?? '');

export const keyOfItem = ({ extended }: StoredItem): string | undefined =>
  [...extended].find(([id]) => id.endsWith('Name MxodusKey'))?.[1];

export const ARRIVAL = Date.UTC(2012, 1, 29, 23, 59, 58);

export const keyOf = (name: string): string => `v1:${Buffer.from(name).toString('hex').padStart(64, '0')}`;

export const mail = (name: string, more: Partial<OutgoingMessage> & { text?: string } = {}): OutgoingMessage => {
  const {
    text = `From: bob@example.org\r\nTo: ann@contoso.example\r\nSubject: ${name}\r\n\r\nHello ${name}\r\n`,
    ...rest
  } = more;
  return {
    flags: ['\\Seen'],
    internalDate: ARRIVAL,
    body: { kind: 'memory', bytes: Buffer.from(text) },
    key: keyOf(name),
    ...rest,
  };
};

/** A message with attachments of these sizes. */
export const mailWith = (name: string, sizes: readonly number[]): OutgoingMessage => {
  const parts = sizes.map((size, index) => {
    const lines = Buffer.alloc(size, `${index}${name}`).toString('base64').replace(/.{76}/g, '$&\r\n');
    return [
      '--b',
      'Content-Type: application/octet-stream',
      `Content-Disposition: attachment; filename="${index}.bin"`,
      'Content-Transfer-Encoding: base64',
      '',
      lines,
    ].join('\r\n');
  });
  const head = `From: bob@example.org\r\nMessage-ID: <${name}@example.org>\r\nSubject: ${name}\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n`;
  return mail(name, { text: `${head}--b\r\n\r\nHello\r\n${parts.join('\r\n')}\r\n--b--\r\n` });
};

/** More would wait for the processor, and time out. */
export async function severalAtOnce(count: number, works: readonly (() => Promise<void>)[]): Promise<void> {
  const waiting = [...works];
  const worker = async (): Promise<void> => {
    for (let work = waiting.shift(); work !== undefined; work = waiting.shift()) await work();
  };
  await Promise.all(Array.from({ length: count }, worker));
}

/** As the runner does: what is there already is not written again. */
export async function writeUnlessThere(
  appender: Appender,
  keyed: KeyedMail | null,
  { path, message }: { path: string; message: OutgoingMessage },
): Promise<void> {
  if ((await keyed?.find(path, [message.key]))?.has(message.key) === true) return;
  await appender.append(path, [message]);
}

/** The least a governor has to do: Exchange refuses a fifth request to a mailbox. */
function fourAtOnce(): RequestGovernor {
  const lines = new Map<string, { free: number; waiting: { wanted: number; go: () => void }[] }>();
  return {
    request: async ({ user }, _bytes, { signal }, requests = 1) => {
      signal.throwIfAborted();
      const line = lines.get(user) ?? { free: 4, waiting: [] };
      lines.set(user, line);
      const wanted = Math.min(4, requests);
      const next = (): void => {
        for (let [first] = line.waiting; first !== undefined && first.wanted <= line.free; [first] = line.waiting) {
          line.waiting.shift();
          line.free -= first.wanted;
          first.go();
        }
      };
      await new Promise<void>((resolve) => {
        line.waiting.push({ wanted, go: () => resolve() });
        next();
      });
      return () => {
        line.free += wanted;
        next();
      };
    },
    pause: nobodyListens,
    reducedTo: () => null,
  };
}
