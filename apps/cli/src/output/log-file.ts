import { appendFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';

/** Keeps the stack of a bug for the report. Returns where. `preferred` is in the state folder, where there is one. */
export function writeLog(
  preferred: string | null,
  error: unknown,
  about: { commandLine: string; now: () => Date },
): string | null {
  const text = `${about.now().toISOString()} ${about.commandLine}\nnode ${process.version}\n${inspect(error, { depth: 4 })}\n\n`;
  for (const path of [preferred, join(tmpdir(), 'mxodus.log')]) {
    if (path !== null && append(path, text)) return path;
  }
  return null;
}

function append(path: string, text: string): boolean {
  try {
    appendFileSync(path, text, { mode: 0o600 });
    return true;
  } catch {
    // The log is of no use when it cannot be written; the error itself is printed all the same.
    return false;
  }
}
