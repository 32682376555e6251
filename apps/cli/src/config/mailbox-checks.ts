import { assign } from '@mxodus/engine';
import type { Config, ImapAuthConfig, MxodusError, Secret } from '@mxodus/model';
import { problem } from './config-error.ts';
import { unknownServer } from './cross-checks.ts';
import type { PlacedMailbox } from './expand-mailboxes.ts';

/** Every mailbox has a place, and a way to sign in at both ends. */
export function mailboxChecks(config: Config, placed: readonly PlacedMailbox[]): MxodusError[] {
  return [...placed.flatMap((entry) => checkOne(config, entry)), ...tooFewConnections(config)];
}

/** One connection appends while another makes folders and sets flags. */
function tooFewConnections(config: Config): MxodusError[] {
  const destinations = new Set(config.assign.map((rule) => rule.to));
  return [...destinations].flatMap((name) => {
    const server = config.servers[name];
    if (server?.kind !== 'imap') return [];
    const { limits } = server;
    if (Math.min(limits.connections, limits.connections_per_mailbox) >= 2) return [];
    return [
      problem('CONFIG_INVALID', {
        what: `server "${name}" is allowed fewer than two connections`,
        why: 'a destination needs one connection that appends and one that makes folders and sets flags',
        advice: `set \`limits.connections\` and \`limits.connections_per_mailbox\` of "${name}" to 2 or more`,
        where: `servers.${name}.limits`,
      }),
    ];
  });
}

function checkOne(config: Config, { mailbox, where }: PlacedMailbox): MxodusError[] {
  const { address, to } = mailbox;
  if (to !== null && config.servers[to] === undefined) {
    return unknownServer(config, to, { key: `\`to\` of ${address}`, where });
  }
  const assigned = assign(address, config.assign, { to: to ?? undefined });
  if (assigned === undefined) {
    const hidden = config.assign.some((rule) => 'top' in rule);
    return [
      problem('CONFIG_INVALID', {
        what: `${address} matches no rule of \`assign\``,
        why: hidden ? 'no `match` takes it, and a `top` rule takes only so many' : 'every mailbox must go somewhere',
        advice: `add a rule such as \`{ match: "${address}", to: … }\`, or \`{ match: "*", to: … }\` as the last`,
        where,
      }),
    ];
  }
  return [
    ...missingPassword(config, { address, where, server: mailbox.source, password: mailbox.password, end: 'source' }),
    ...missingPassword(config, {
      address,
      where,
      server: assigned.to,
      password: mailbox.toPassword,
      end: 'destination',
    }),
  ];
}

interface SignIn {
  address: string;
  where: string;
  server: string;
  password: Secret | null;
  end: 'source' | 'destination';
}

function missingPassword(config: Config, { address, where, server, password, end }: SignIn): MxodusError[] {
  const found = config.servers[server];
  if (found?.kind !== 'imap' || password !== null) return [];
  const own = ownSecret(found.auth);
  if (own === null) return [];
  const key = end === 'source' ? '`password`' : '`destination.password`';
  const column = end === 'source' ? '`password_env` or `password_file`' : '`to_password_env` or `to_password_file`';
  return [
    problem('CONFIG_INVALID', {
      what: `${address} has no password for its ${end}, server "${server}"`,
      why: `"${server}" signs in with each mailbox's own ${own} (auth: ${found.auth.method})`,
      advice: `add ${key} (in a list: ${column}), or a master user to the server`,
      where,
    }),
  ];
}

/** What a mailbox's `password` is to this server; null where the server signs in for all. */
function ownSecret(auth: ImapAuthConfig): 'password' | 'refresh token' | null {
  switch (auth.method) {
    case 'login':
      return 'password';
    case 'plain':
      return auth.user === undefined ? 'password' : null;
    case 'master':
      return null;
    case 'xoauth2':
      return auth.refresh !== undefined && auth.refresh.refresh_token === undefined ? 'refresh token' : null;
  }
}
