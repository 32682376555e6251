import { spawnSync } from 'node:child_process';
import { cpus, loadavg, release, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import type { World } from '../world.ts';

/** Where and with what a result was made. */
export interface Surroundings {
  cpu: string;
  cores: number;
  memoryGiB: number;
  kernel: string;
  /** Over the minute before the run, so that a busy machine shows. */
  loadBefore: number;
  versions: Record<string, string>;
  /** Of both Dovecots, what bears on the rate. */
  dovecot: Record<string, string>;
}

const SETTINGS = [
  'mail_fsync',
  'mail_save_crlf',
  'mail_location',
  'maildir_very_dirty_syncs',
  'mail_max_userip_connections',
  'mailbox_list_index',
];

export function surroundings(world: World): Surroundings {
  const processors = cpus();
  const conf = join(dirname(world.old.logFile), 'dovecot.conf');
  const settings = SETTINGS.map((name): [string, string] => [
    name,
    printed('/usr/bin/doveconf', ['-h', '-c', conf, name]),
  ]);
  return {
    cpu: processors[0]?.model.trim() ?? '',
    cores: processors.length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    loadBefore: loadavg()[0] ?? 0,
    versions: {
      node: process.versions.node,
      dovecot: printed('/usr/sbin/dovecot', ['--version']),
      ...Object.fromEntries(world.contenders.map(({ tool }) => [tool.name, tool.version])),
      commit: printed('git', ['-C', import.meta.dirname, 'describe', '--always', '--dirty']),
    },
    dovecot: Object.fromEntries(settings),
  };
}

const printed = (command: string, args: readonly string[]): string =>
  spawnSync(command, args, { encoding: 'utf8' }).stdout?.trim() ?? '';
