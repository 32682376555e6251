import type { Config, MxodusError } from '@mxodus/model';
import { problem } from './config-error.ts';
import { pathText } from './config-issues.ts';
import type { KeyPath, YamlSource } from './yaml-source.ts';

/** What the config's format has a word for and this version cannot do yet. */
export function notSupportedYet(config: Config, source: YamlSource): MxodusError[] {
  return inMailboxes(config).map(({ path, what }) =>
    problem('CONFIG_NOT_SUPPORTED', {
      what: `\`${pathText(path)}\`: ${what} not supported yet`,
      why: 'the format knows it, this version of mxodus does not',
      advice: 'remove it, or wait for the version that can',
      where: source.where(path),
    }),
  );
}

interface Missing {
  path: KeyPath;
  /** With its verb: "a source of kind exchange is". */
  what: string;
}

function inMailboxes(config: Config): Missing[] {
  return config.mailboxes.flatMap(({ source }, index) =>
    config.servers[source]?.kind === 'exchange'
      ? [{ path: ['mailboxes', index, 'source'], what: 'a source of kind `exchange` is' }]
      : [],
  );
}
