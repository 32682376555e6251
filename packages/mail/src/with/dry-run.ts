import type { Appender, FolderScan, FolderStatus, MailAccount, MailSession, Relocated, UidRange } from '@mxodus/model';

/** An account that is looked at and never changed: what would change it does nothing, and folders it would make are there, empty. */
export function dryRun(account: MailAccount): MailAccount {
  const made = new Set<string>();
  return {
    server: account.server,
    user: account.user,
    open: async (signal) => unchanging(await account.open(signal, refuse), made),
    openAppender: async () => APPENDER,
  };
}

/** Nothing is appended in a dry run. */
const APPENDER: Appender = {
  strategy: 'plain',
  usable: true,
  append: async (_folder, messages) => ({
    uidValidity: null,
    outcomes: messages.map(() => ({ kind: 'stored', uid: null })),
  }),
  close: async () => undefined,
};

const EMPTY: FolderStatus = { messages: 0, uidNext: 1, uidValidity: 1, highestModseq: null, bytes: 0 };

const EMPTY_SCAN: FolderScan = {
  uidValidity: 1,
  uidNext: 1,
  exists: 0,
  highestModseq: null,
  permanentFlags: null,
  messages: [],
};

const nothingMoved = async (): Promise<Relocated> => ({ uidValidity: null, uids: new Map(), leftMarked: false });

function unchanging(session: MailSession, made: Set<string>): MailSession {
  return {
    get facts() {
      return session.facts;
    },
    get usable() {
      return session.usable;
    },
    get keyed() {
      return session.keyed;
    },
    listFolders: () => session.listFolders(),
    status: async (path) => (made.has(path) ? EMPTY : session.status(path)),
    probeName: (path) => session.probeName(path),
    quota: () => session.quota(),
    // Opened read-only: SELECT would take away \Recent.
    scan: async (path, options) => (made.has(path) ? EMPTY_SCAN : session.scan(path, { ...options, writable: false })),
    flags: async (path, range: UidRange) => (made.has(path) ? [] : session.flags(path, range)),
    uids: async (path) => (made.has(path) ? [] : session.uids(path)),
    changes: (path, since) => session.changes(path, since),
    fetch: (path, uids, uidValidity) => session.fetch(path, uids, uidValidity),
    fetchBinary: (path, uids, uidValidity) => session.fetchBinary(path, uids, uidValidity),
    fetchHeaders: (path, uids, uidValidity) => session.fetchHeaders(path, uids, uidValidity),
    download: (path, uid, to) => session.download(path, uid, to),
    create: async (path) => void made.add(path),
    subscribe: async () => undefined,
    storeFlags: async () => [],
    move: nothingMoved,
    copy: nothingMoved,
    expunge: async () => 'expunged',
    close: () => session.close(),
  };
}

function refuse(command: string): never {
  throw new Error(`${command} was about to be sent in a dry run`);
}
