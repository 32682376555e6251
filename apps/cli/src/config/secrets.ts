import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { MxodusError, type Secret } from '@mxodus/model';

const run = promisify(execFile);

const COMMAND_TIMEOUT_MS = 30_000;

/**
 * Reads a secret from where the config says it is. Nothing of it, nor of what a command printed, gets into an error.
 * Relative files, and commands, start at `baseDir`.
 */
export async function resolveSecret(
  secret: Secret,
  baseDir: string,
  options: { env?: NodeJS.ProcessEnv; timeoutMs?: number } = {},
): Promise<string> {
  if ('env' in secret) return fromEnvironment(secret.env, options.env ?? process.env);
  if ('file' in secret) return fromFile(secret.file, baseDir);
  return fromCommand(secret.command, baseDir, options.timeoutMs ?? COMMAND_TIMEOUT_MS);
}

function fromEnvironment(name: string, env: NodeJS.ProcessEnv): string {
  const value = env[name];
  if (value !== undefined && value !== '') return value;
  const why = value === undefined ? 'it is not set' : 'it is empty';
  throw missing(`the environment variable ${name}`, why, `set ${name} for this command`);
}

async function fromFile(file: string, baseDir: string): Promise<string> {
  const what = `the file ${file}`;
  try {
    const value = withoutNewline(await readFile(resolve(baseDir, file), 'utf8'));
    if (value !== '') return value;
  } catch (error) {
    const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined;
    if (typeof code !== 'string') throw error;
    const why = code === 'ENOENT' ? 'there is no such file' : `the system says ${code}`;
    throw missing(what, why, 'its path starts at the folder of the config');
  }
  throw missing(what, 'it is empty', 'write the secret into it');
}

async function fromCommand(command: readonly string[], baseDir: string, timeout: number): Promise<string> {
  const [program = '', ...args] = command;
  const what = `the command ${program}`;
  let value: string;
  try {
    const { stdout } = await run(program, args, { cwd: baseDir, timeout, maxBuffer: 1024 * 1024, encoding: 'utf8' });
    value = withoutNewline(stdout);
  } catch (error) {
    throw missing(what, whyCommandFailed(error, timeout), 'run it by hand; it must print the secret and exit with 0');
  }
  if (value === '') throw missing(what, 'it printed nothing', 'run it by hand; it must print the secret');
  return value;
}

function whyCommandFailed(error: unknown, timeout: number): string {
  const field = (name: string): unknown => (error instanceof Error ? Reflect.get(error, name) : undefined);
  const code = field('code');
  if (code === 'ENOENT') return 'there is no such program';
  if (field('killed') === true) return `it took longer than ${timeout / 1000} s, or printed too much`;
  if (typeof code === 'number') return `it ended with exit code ${code}`;
  return typeof code === 'string' ? `the system says ${code}` : `it was ended by ${String(field('signal'))}`;
}

const withoutNewline = (text: string): string => text.replace(/\r?\n$/, '');

/** No `cause`: what a command wrote may be in it. */
function missing(reference: string, why: string, advice: string): MxodusError {
  return new MxodusError('SECRET_MISSING', { what: `the secret in ${reference} could not be read`, why, advice });
}
