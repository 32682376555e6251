import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/**
 * Waits until all that was written is on disk. Otherwise the kernel writes the mail that was just laid out while the first copies are
 * measured, and they seem up to a third slower (2026-11).
 */
export async function quietDisk(): Promise<void> {
  await promisify(execFile)('sync');
}
