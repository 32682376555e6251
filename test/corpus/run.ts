/**
 * Copies real messages: every .eml below MXODUS_CORPUS, from a Maildir that has their bytes as they are.
 *
 *   MXODUS_CORPUS=FOLDER npm run corpus                                    to Dovecots
 *   MXODUS_CORPUS=FOLDER npm run corpus -- --to exchange [--first 200]     to a simulated Microsoft 365
 *
 * To a Dovecot that keeps line ends and to one that does not: each must arrive byte-exact, or be named by report or verify as what the
 * server made of it. To Exchange, with the lab's hostile messages: each must be what another MIME parser sees in it, or differ for a
 * reason that is known and, where something is lost, named by the report.
 */
import { parseArgs } from 'node:util';
import { copyCorpus } from './copy-corpus.ts';
import { copyToExchange } from './copy-to-exchange.ts';
import { type CorpusFile, corpusFiles } from './corpus-files.ts';
import { hostileFiles } from './hostile-files.ts';

const MOST_FAULTS = 50;
const MOST_ALTERATIONS = 40;

const say = (text: string): void => void process.stdout.write(`${text}\n`);
const { values } = parseArgs({ options: { to: { type: 'string', default: 'dovecot' }, first: { type: 'string' } } });
const { MXODUS_CORPUS: folder } = process.env;
if (folder === undefined || folder === '') {
  say('MXODUS_CORPUS names no folder of .eml files.');
  process.exit(2);
}
const files = (await corpusFiles(folder)).slice(0, Number(values.first ?? Number.POSITIVE_INFINITY));
if (files.length === 0) {
  say(`There is no .eml file below ${folder}.`);
  process.exit(2);
}
if (values.to === 'exchange') await toExchange([...files, ...(await hostileFiles())]);
else await toDovecots(files);

function tell(faults: readonly string[]): void {
  for (const fault of faults.slice(0, MOST_FAULTS)) say(`  ${fault}`);
  if (faults.length > MOST_FAULTS) say(`  and ${faults.length - MOST_FAULTS} more`);
  if (faults.length > 0) process.exitCode = 1;
}

async function toExchange(messages: readonly CorpusFile[]): Promise<void> {
  say(`${messages.length} messages, ${messages.length - files.length} of them of the lab`);
  const { stored, attachments, explained, alterations, altered, peakBytes, faults } = await copyToExchange(messages);
  say(`${stored} stored, ${altered} of them altered; peak memory ${Math.round(peakBytes / 1e6)} MB`);
  say(`attachments: ${attachments.exact} with equal bytes, ${attachments.byLines} with equal lines`);
  say('copies that differ from the view of the independent parser, and why:');
  for (const [reason, count] of [...explained].sort(([, a], [, b]) => b - a)) say(`  ${count}  ${reason}`);
  say('alterations:');
  for (const { text, count, example } of alterations.slice(0, MOST_ALTERATIONS))
    say(`  ${count}  ${text}\n        ${example}`);
  say(
    faults.length === 0 ? 'no faults; a second pass and one without a ledger wrote nothing' : `${faults.length} FAULTS`,
  );
  tell(faults);
}

async function toDovecots(messages: readonly CorpusFile[]): Promise<void> {
  say(`${messages.length} messages, ${messages.filter(({ hasNul }) => hasNul).length} of them with a NUL`);
  for (const saveCrlf of [true, false]) {
    const { exact, rewritten, nulLost, faults } = await copyCorpus(messages, saveCrlf);
    say(
      `mail_save_crlf = ${saveCrlf ? 'yes' : 'no'}: ${messages.length} messages, ${exact} exact, ${rewritten} rewritten by the server, ${nulLost} with a lost NUL; ${faults.length === 0 ? 'all of them named; the second pass wrote nothing' : 'FAILED'}`,
    );
    tell(faults);
  }
}
