import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type CertificateKind, type Certificates, createCertificates } from '../certificates.ts';
import { greetingOf } from '../imap/greeting.ts';
import { serverAccounts } from '../process/accounts.ts';
import { giveToMailOwner, letOthersThrough } from '../process/give.ts';
import { freePort } from '../process/ports.ts';
import { startWatchedProcess, type WatchedProcess } from '../process/watched-process.ts';
import { type DovecotConf, dovecotFiles } from './dovecot-conf.ts';

/** A running Dovecot on loopback. Any user name may log in; a user's home appears at the first login. */
export interface Dovecot {
  name: string;
  /** 127.0.0.2 when `tls` is 'required', else 127.0.0.1. */
  host: '127.0.0.1' | '127.0.0.2';
  /** IMAP, with STARTTLS unless `tls` is 'none'. */
  port: number;
  /** IMAP inside TLS; 0 when `tls` is 'none'. */
  imapsPort: number;
  /** The lab's authority, PEM. */
  caFile: string;
  /** Every user's password, but for those in DovecotOptions.users. */
  password: string;
  layout: 'maildir++' | 'fs';
  /** The user's home; mail is in Maildir below it. */
  home(user: string): string;
  /** Stops the server, keeps the mail. */
  stop(): Promise<void>;
  /** Stops it if it runs, and starts it on the same ports with the same mail. */
  restart(): Promise<void>;
  logFile: string;
}

export interface DovecotOptions {
  /** Everything of this server is below here; made if missing. Take a folder of makeTempDir, or one in it. */
  dir: string;
  name: string;
  /** Every user's password. Letters, digits and -._ only. */
  password: string;
  /** Passwords of single users, in place of `password`. */
  users?: Readonly<Record<string, string>>;
  /** May log in as user*master. */
  master?: { user: string; password: string };
  /** offered (default): cleartext login, STARTTLS and TLS; required: no login before STARTTLS; none: no TLS at all. */
  tls?: 'offered' | 'required' | 'none';
  certificate?: CertificateKind;
  /** Default: its own authority, made in `dir`. */
  certificates?: Certificates;
  separator?: '/' | '.';
  /** '' or 'INBOX.'. */
  prefix?: string;
  /** How folders lie on disk: only 'fs' lets a name contain a dot, unless the separator is one. */
  layout?: 'maildir++' | 'fs';
  /** Keep line ends as they were sent (mail_save_crlf). */
  saveCrlf?: boolean;
  /** In place of what Dovecot would advertise after login, e.g. 'IMAP4rev1 LITERAL+ UIDPLUS'. */
  capability?: string;
  /** Storage quota of each user, e.g. '2M'. */
  quota?: string;
  maxUserIpConnections?: number;
  /**
   * Takes XOAUTH2 and OAUTHBEARER too. A token is put at the end of this address and asked for by GET; the answer is JSON such as
   * `{"active": "true", "username": "ann"}`.
   */
  introspection?: string;
  /** Offers COMPRESS=DEFLATE. */
  compress?: boolean;
  /** Further lines for the end of dovecot.conf. */
  extra?: string;
}

// Dovecot's longest socket name below its folder is about 30 bytes; the kernel's limit is 108.
const LONGEST_DIR = 70;

/** Starts a Dovecot and waits for its greeting. Throws with the end of its log when it does not start. */
export async function startDovecot(options: DovecotOptions): Promise<Dovecot> {
  if (options.dir.length > LONGEST_DIR) {
    throw new Error(`${options.dir} is too long for Unix sockets below it: ${LONGEST_DIR} bytes at most.`);
  }
  for (const password of [options.password, ...Object.values(options.users ?? {})]) {
    if (!/^[\w.-]+$/.test(password)) throw new Error('A lab password has letters, digits and -._ only.');
  }
  await mkdir(options.dir, { recursive: true });
  await mkdir(join(options.dir, 'home'), { recursive: true });
  await letOthersThrough(options.dir);
  giveToMailOwner(join(options.dir, 'home'));

  const certificates = options.certificates ?? (await createCertificates(join(options.dir, 'tls')));
  const [conf, first] = await startOnFreePorts(options, certificates);
  let running = first;
  return {
    name: options.name,
    host: conf.host,
    port: conf.port,
    imapsPort: conf.imapsPort,
    caFile: certificates.caFile,
    password: options.password,
    layout: conf.layout,
    home: (user) => join(options.dir, 'home', user.toLowerCase()),
    stop: () => running.stop(),
    restart: async () => {
      await running.stop();
      running = await run(conf);
    },
    logFile: join(options.dir, 'dovecot.log'),
  };
}

async function startOnFreePorts(
  options: DovecotOptions,
  certificates: Certificates,
): Promise<[DovecotConf, WatchedProcess]> {
  for (let attempt = 1; ; attempt++) {
    const tls = options.tls ?? 'offered';
    // Dovecot takes a client for safe, TLS or not, when both ends have the same address. A client of 127.0.0.2 comes from
    // 127.0.0.1, so there "required" means required (Dovecot 2.3.19).
    const host = tls === 'required' ? '127.0.0.2' : '127.0.0.1';
    const conf: DovecotConf = {
      dir: options.dir,
      host,
      port: await freePort([host]),
      imapsPort: tls === 'none' ? 0 : await freePort([host]),
      accounts: serverAccounts(),
      password: options.password,
      users: options.users ?? {},
      master: options.master,
      tls,
      certificate: certificates.server[options.certificate ?? 'valid'],
      separator: options.separator ?? '/',
      prefix: options.prefix ?? '',
      layout: options.layout ?? 'maildir++',
      saveCrlf: options.saveCrlf ?? false,
      capability: options.capability,
      quota: options.quota,
      maxUserIpConnections: options.maxUserIpConnections ?? 50,
      introspection: options.introspection,
      compress: options.compress ?? false,
      extra: options.extra ?? '',
    };
    try {
      return [conf, await run(conf)];
    } catch (error) {
      if (attempt === 5 || !(error instanceof Error) || !/Address already in use/.test(error.message)) throw error;
    }
  }
}

async function run(conf: DovecotConf): Promise<WatchedProcess> {
  for (const [name, text] of Object.entries(dovecotFiles(conf))) {
    await writeFile(join(conf.dir, name), text, { mode: 0o644 });
  }
  const server = startWatchedProcess({
    command: ['/usr/sbin/dovecot', '-F', '-c', join(conf.dir, 'dovecot.conf')],
    cwd: conf.dir,
    // Its master may sleep for two seconds before it ends. A kill loses no mail.
    graceMs: 400,
    outputFile: join(conf.dir, 'output.log'),
    logFile: join(conf.dir, 'dovecot.log'),
  });
  try {
    await server.ready(async () => (await greetingOf(conf.host, conf.port)).startsWith('* OK'));
  } catch (error) {
    await server.stop();
    throw error;
  }
  return server;
}

/** The lines of the server's own log that are errors or worse, but for those of a restart; [] when all is well. */
export async function dovecotErrors(server: Dovecot): Promise<string[]> {
  const log = await readFile(server.logFile, 'utf8');
  return log
    .split('\n')
    .filter((line) => /(Error|Fatal|Panic): /.test(line) && !/read\(anvil\) failed: EOF/.test(line));
}
