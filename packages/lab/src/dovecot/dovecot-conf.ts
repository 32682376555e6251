import type { CertificateFiles } from '../certificates.ts';
import type { ServerAccounts } from '../process/accounts.ts';

export interface DovecotConf {
  dir: string;
  host: '127.0.0.1' | '127.0.0.2';
  port: number;
  imapsPort: number;
  accounts: ServerAccounts;
  password: string;
  users: Readonly<Record<string, string>>;
  master: { user: string; password: string } | undefined;
  tls: 'offered' | 'required' | 'none';
  certificate: CertificateFiles;
  separator: '/' | '.';
  prefix: string;
  layout: 'maildir++' | 'fs';
  saveCrlf: boolean;
  capability: string | undefined;
  quota: string | undefined;
  maxUserIpConnections: number;
  introspection: string | undefined;
  compress: boolean;
  extra: string;
}

/** Folder name to its RFC 6154 role, on every lab host. */
export const SPECIAL_USE: Readonly<Record<string, string>> = {
  Sent: '\\Sent',
  Drafts: '\\Drafts',
  Trash: '\\Trash',
  Junk: '\\Junk',
  Archive: '\\Archive',
};

/** dovecot.conf for one host of the lab, and the password files it names. */
export function dovecotFiles(conf: DovecotConf): Record<string, string> {
  const passwordFile = (users: Readonly<Record<string, string>>): string =>
    Object.entries(users)
      .map(([user, password]) => `${user.toLowerCase()}:{PLAIN}${password}\n`)
      .join('');
  return {
    'dovecot.conf': [general(conf), tls(conf), authentication(conf), mail(conf), services(conf), conf.extra].join('\n'),
    users: passwordFile(conf.users),
    masters: passwordFile(conf.master ? { [conf.master.user]: conf.master.password } : {}),
    oauth2: conf.introspection === undefined ? '' : oauth2(conf.introspection),
  };
}

/** Whatever token is presented, somebody else is asked about it (RFC 7662, as GET). */
function oauth2(introspection: string): string {
  return `introspection_url = ${introspection}
introspection_mode = get
username_attribute = username
active_attribute = active
active_value = true
`;
}

function general({ dir, host, accounts }: DovecotConf): string {
  return `protocols = imap
listen = ${host}
base_dir = ${dir}/run
state_dir = ${dir}/run
log_path = ${dir}/dovecot.log
first_valid_uid = 1
default_login_user = ${accounts.login}
default_internal_user = ${accounts.internal}
default_internal_group = ${accounts.internalGroup}
default_process_limit = 500
default_client_limit = 4000
default_vsz_limit = 1G
`;
}

function tls({ tls: mode, certificate }: DovecotConf): string {
  if (mode === 'none') return 'ssl = no\ndisable_plaintext_auth = no\n';
  return `ssl = ${mode === 'required' ? 'required' : 'yes'}
disable_plaintext_auth = ${mode === 'required' ? 'yes' : 'no'}
ssl_cert = <${certificate.certFile}
ssl_key = <${certificate.keyFile}
`;
}

function authentication({ dir, accounts, password, users, master, introspection }: DovecotConf): string {
  const listed = Object.keys(users).map((user) => user.toLowerCase());
  const everyoneElse = listed.length > 0 ? `  username_filter = ${listed.map((user) => `!${user}`).join(' ')}\n` : '';
  return `auth_failure_delay = 0
${introspection === undefined ? '' : oauth2Passdb(dir)}${master ? 'auth_master_user_separator = *\n' : ''}${
  master
    ? `passdb {
  driver = passwd-file
  args = ${dir}/masters
  master = yes
}
`
    : ''
}${
  listed.length > 0
    ? `passdb {
  driver = passwd-file
  args = ${dir}/users
}
`
    : ''
}passdb {
  driver = static
${everyoneElse}  args = password=${password}
}
userdb {
  driver = static
  args = uid=${accounts.mail.uid} gid=${accounts.mail.gid} home=${dir}/home/%u allow_all_users=yes
}
`;
}

const oauth2Passdb = (dir: string): string => `auth_mechanisms = plain login xoauth2 oauthbearer
passdb {
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = ${dir}/oauth2
}
`;

function mail(conf: DovecotConf): string {
  const roles = Object.entries(SPECIAL_USE)
    .map(([folder, role]) => `  mailbox ${folder} {\n    special_use = ${role}\n  }\n`)
    .join('');
  const quota = conf.quota
    ? `mail_plugins = quota
protocol imap {
  mail_plugins = quota imap_quota
}
plugin {
  quota = count:User quota
  quota_vsizes = yes
  quota_rule = *:storage=${conf.quota}
}
`
    : '';
  const compress = conf.compress ? 'protocol imap {\n  mail_plugins = $mail_plugins imap_zlib\n}\n' : '';
  return `mail_location = maildir:~/Maildir${conf.layout === 'fs' ? ':LAYOUT=fs' : ''}
mailbox_list_index = yes
mail_save_crlf = ${conf.saveCrlf ? 'yes' : 'no'}
mail_max_userip_connections = ${conf.maxUserIpConnections}
${conf.capability ? `imap_capability = ${conf.capability}\n` : ''}namespace inbox {
  inbox = yes
  separator = ${conf.separator}
  prefix = ${conf.prefix}
${roles}}
${quota}${compress}`;
}

// chroot needs root. The penalty listener is off because it makes a client wait after wrong passwords, by its address,
// which all clients of the lab share.
function services({ port, imapsPort }: DovecotConf): string {
  return `service anvil {
  chroot =
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
service stats {
  chroot =
}
service imap {
  process_limit = 500
}
service imap-login {
  chroot =
  service_count = 0
  client_limit = 1000
  process_min_avail = 1
  inet_listener imap {
    port = ${port}
  }
  inet_listener imaps {
    port = ${imapsPort}
  }
}
`;
}
