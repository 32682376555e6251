import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { Command } from '../tools/tool.ts';

/** What one run of a program took. */
export interface Measured {
  /** Wall clock, from before the process to after its end. */
  seconds: number;
  /** The most memory it had, by the kernel's own count (VmHWM). */
  peakMegabytes: number;
  /** User and system, all threads, as of the last look before its end. */
  cpuSeconds: number;
}

const EVERY_MS = 20;
// USER_HZ, which Linux shows in /proc whatever its timer does.
const TICKS_PER_SECOND = 100;

/** Runs a program to its end. Throws when it does not end with 0. */
export async function timed({ file, args, cwd, env }: Command): Promise<Measured> {
  const started = performance.now();
  const child = spawn(file, args, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'ignore', 'pipe'] });
  const closed = once(child, 'close');
  let words = '';
  child.stderr.on('data', (chunk: Buffer) => (words = `${words}${chunk.toString()}`.slice(-2000)));
  let seen = { peakMegabytes: 0, cpuSeconds: 0 };
  const watch = setInterval(() => (seen = lookAt(child.pid) ?? seen), EVERY_MS);
  try {
    const [code, signal] = await closed;
    const seconds = (performance.now() - started) / 1000;
    if (code !== 0) throw new Error(`${[file, ...args].join(' ')} ended with ${code ?? signal}:\n${words}`);
    return { seconds, ...seen };
  } finally {
    clearInterval(watch);
  }
}

/** null: the process has ended since. */
function lookAt(pid: number | undefined): Omit<Measured, 'seconds'> | null {
  try {
    const peak = Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
    // The program's name may hold anything; the fields after it are counted from its closing bracket (proc(5)).
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    const cpuSeconds = (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
    return Number.isNaN(peak) ? null : { peakMegabytes: Math.round(peak / 1024), cpuSeconds };
  } catch {
    return null;
  }
}
