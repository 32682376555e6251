import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { configDoc } from './docs/config-doc.ts';
import { errorsDoc } from './docs/errors-doc.ts';
import { jsonDoc } from './docs/json-doc.ts';

/** Writes the reference pages from the schemas and the error table. `--check` writes nothing and exits 1 when one is out of date. */

const root = new URL('../', import.meta.url);
const example = await readFile(new URL('plans/imap-to-imap.yaml', root), 'utf8');
const pages = {
  'docs/config.md': configDoc(example),
  'docs/errors.md': errorsDoc(),
  'docs/json-output.md': jsonDoc(),
};

const outdated: string[] = [];
await mkdir(new URL('docs/', root), { recursive: true });
for (const [path, text] of Object.entries(pages)) {
  const before = await readFile(new URL(path, root), 'utf8').catch(() => '');
  if (before === text) continue;
  outdated.push(path);
  if (!process.argv.includes('--check')) await writeFile(new URL(path, root), text);
}

if (outdated.length === 0) process.stdout.write('The reference pages are up to date.\n');
else if (process.argv.includes('--check')) {
  process.stderr.write(`Out of date: ${outdated.join(', ')}. Run "npm run docs".\n`);
  process.exitCode = 1;
} else process.stdout.write(`Written: ${outdated.join(', ')}\n`);
