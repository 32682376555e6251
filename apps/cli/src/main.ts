import { readFileSync } from 'node:fs';
import { EXIT } from '@mxodus/model';
import { z } from 'zod';
import { collectDeadBuffers } from './collect-buffers.ts';
import { runCli } from './commands/run-cli.ts';
import type { StopWords } from './commands/session.ts';
import { errorText, troubleOf } from './output/error-text.ts';
import { writeLog } from './output/log-file.ts';
import type { Output } from './output/output.ts';
import { makeStyle } from './output/style.ts';

/** npm and npx pass a Ctrl-C on to a child that the terminal has told already: two so close are one. */
const SAME_SIGNAL_MS = 500;

const { stdout, stderr, env } = process;
const stop = new AbortController();
const stopWords: StopWords = {
  first: 'Stopping: finishing what is in flight. Ctrl-C again to leave now.',
  again: null,
};
let output: Output | undefined;
let stoppedAt = 0;

const packageSchema = z.object({ version: z.string() });
const { version } = packageSchema.parse(JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')));

function say(text: string): void {
  if (output === undefined) stderr.write(`${text}\n`);
  else output.notice(text);
}

function onStop(): void {
  if (!stop.signal.aborted) {
    stoppedAt = performance.now();
    if (stopWords.first !== '') say(stopWords.first);
    stop.abort();
  } else if (performance.now() - stoppedAt > SAME_SIGNAL_MS) {
    if (stopWords.again === null) leaveNow();
    else stopWords.again();
  }
}

function leaveNow(): never {
  say('Left at once: messages in flight are in doubt; the next sync looks for them before it sends.');
  process.exit(EXIT.interrupted);
}

/** A bug outside every command. */
function onBug(error: unknown): void {
  const log = writeLog(null, error, {
    commandLine: ['mxodus', ...process.argv.slice(2)].join(' '),
    now: () => new Date(),
  });
  stderr.write(errorText(troubleOf(error), makeStyle(false), log));
  process.exit(EXIT.bug);
}

collectDeadBuffers();
process.on('SIGINT', onStop);
process.on('SIGTERM', onStop);
process.on('SIGUSR2', () => output?.status());
process.on('uncaughtException', onBug);
process.on('unhandledRejection', onBug);
for (const stream of [stdout, stderr]) {
  // Nobody reads any more (a pager was left): as good as a Ctrl-C.
  stream.on('error', () => stop.abort());
}

const exitCode = await runCli(process.argv.slice(2), {
  terminal: { stdout, stderr, env },
  signal: stop.signal,
  stopWords,
  now: () => new Date(),
  version,
  onOutput: (made) => {
    output = made;
  },
});
await Promise.all([stdout, stderr].map((stream) => new Promise((resolve) => stream.write('', resolve))));
process.exit(exitCode);
