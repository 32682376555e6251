import { join } from 'node:path';

export interface CyrusConf {
  dir: string;
  /** Where the programs are. */
  programs: string;
  port: number;
  /** In the greeting; also the realm of the users in sasldb. */
  serverName: string;
  /** The account it runs as. */
  account: string;
  admin: string;
  unixHierarchySep: boolean;
  altNamespace: boolean;
  withoutCapabilities: readonly string[];
  extra: string;
}

/** Folders only the server writes to. */
export const CYRUS_FOLDERS: readonly string[] = ['conf', 'spool', 'lock', 'proc'];

export const SASLDB = 'sasldb2';

/** imapd.conf and cyrus.conf of one server. */
export function cyrusFiles(conf: CyrusConf): Record<string, string> {
  const { dir, programs, port } = conf;
  const program = (name: string): string =>
    `${join(programs, 'usr/lib/cyrus/bin', name)} -C ${join(dir, 'imapd.conf')}`;
  return {
    'imapd.conf': `configdirectory: ${dir}/conf
defaultpartition: default
partition-default: ${dir}/spool
proc_path: ${dir}/proc
mboxname_lockpath: ${dir}/lock
servername: ${conf.serverName}
cyrus_user: ${conf.account}
admins: ${conf.admin}
unixhierarchysep: ${yesNo(conf.unixHierarchySep)}
altnamespace: ${yesNo(conf.altNamespace)}
allowplaintext: yes
failedloginpause: 0
sasl_mech_list: PLAIN LOGIN
sasl_pwcheck_method: auxprop
sasl_auxprop_plugin: sasldb
sasl_sasldb_path: ${dir}/${SASLDB}
${conf.withoutCapabilities.length > 0 ? `suppress_capabilities: ${conf.withoutCapabilities.join(' ')}\n` : ''}${conf.extra}
`,
    'cyrus.conf': `START {
  recover cmd="${program('ctl_cyrusdb')} -r"
}
SERVICES {
  imap cmd="${program('imapd')}" listen="127.0.0.1:${port}" prefork=1 maxchild=200
}
`,
  };
}

const yesNo = (value: boolean): string => (value ? 'yes' : 'no');
