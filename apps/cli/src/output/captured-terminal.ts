import type { Terminal, TextStream } from './terminal.ts';

/** A terminal that keeps what is written to it. For tests. */
export function capturedTerminal(
  options: { tty?: boolean; columns?: number; env?: Terminal['env'] } = {},
): Terminal & { text: { stdout: string; stderr: string } } {
  const text = { stdout: '', stderr: '' };
  const stream = (name: 'stdout' | 'stderr'): TextStream => ({
    write: (written) => {
      text[name] += written;
    },
    isTTY: options.tty ?? false,
    columns: options.columns ?? 100,
    rows: 24,
  });
  return { stdout: stream('stdout'), stderr: stream('stderr'), env: options.env ?? {}, text };
}
