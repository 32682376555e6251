/**
 * Copies real messages: every .eml below MXODUS_CORPUS, from a Maildir that has their bytes as they are, to a Dovecot that keeps line
 * ends and to one that does not. Each must arrive byte-exact, or be named by report or verify as what the server made of it.
 *
 *   MXODUS_CORPUS=FOLDER npm run corpus
 */
import { copyCorpus } from './copy-corpus.ts';
import { corpusFiles } from './corpus-files.ts';

const say = (text: string): void => void process.stdout.write(`${text}\n`);
const { MXODUS_CORPUS: folder } = process.env;
if (folder === undefined || folder === '') {
  say('MXODUS_CORPUS names no folder of .eml files.');
  process.exit(2);
}
const files = await corpusFiles(folder);
if (files.length === 0) {
  say(`There is no .eml file below ${folder}.`);
  process.exit(2);
}
say(`${files.length} messages, ${files.filter(({ hasNul }) => hasNul).length} of them with a NUL`);
for (const saveCrlf of [true, false]) {
  const { messages, exact, rewritten, nulLost, faults } = await copyCorpus(files, saveCrlf);
  say(
    `mail_save_crlf = ${saveCrlf ? 'yes' : 'no'}: ${messages} messages, ${exact} exact, ${rewritten} rewritten by the server, ${nulLost} with a lost NUL; ${faults.length === 0 ? 'all of them named; the second pass wrote nothing' : 'FAILED'}`,
  );
  for (const fault of faults.slice(0, 50)) say(`  ${fault}`);
  if (faults.length > 0) process.exitCode = 1;
}
