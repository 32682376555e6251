/**
 * Writes Maildir trees the way Dovecot 2.3 finds them: folders by layout, keywords, subscriptions, sizes in the file names,
 * the file's mtime as INTERNALDATE. Keeps the truth of what it wrote. Plain synchronous calls: for many small files they are
 * the fastest.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SPECIAL_USE } from '../dovecot/dovecot-conf.ts';
import { encodeModifiedUtf7 } from '../imap/modified-utf7.ts';
import { giveToMailOwner } from '../process/give.ts';
import type { FolderMap, TruthFolder } from '../truth/truth.ts';
import { type MailboxWriter, type StoredMessage, SYSTEM_FLAGS } from './mailbox-writer.ts';
import { servedBytes } from './served-bytes.ts';

interface OpenFolder {
  path: string;
  keywords: readonly string[];
  truth: TruthFolder;
}

/** Starts a mailbox in the user's home, which must not have one yet. finish() writes the subscriptions, and says what it holds. */
export function createMaildirWriter(home: string, layout: 'maildir++' | 'fs'): MailboxWriter<FolderMap> {
  const root = join(home, 'Maildir');
  const folders = new Map<string, OpenFolder>();
  makeFolder(home);
  makeFolder(root);

  return {
    addFolder: (name, { subscribed, keywords }) => {
      const path = makeFolderPath(root, name, layout);
      for (const part of ['cur', 'new', 'tmp']) makeFolder(join(path, part));
      if (name !== 'INBOX' && layout === 'maildir++') makeFile(join(path, 'maildirfolder'), '');
      makeFile(join(path, 'dovecot-keywords'), keywords.map((word, at) => `${at} ${word}\n`).join(''));
      folders.set(name, { path, keywords, truth: { subscribed, specialUse: SPECIAL_USE[name] ?? null, messages: [] } });
    },
    store: (name, message) => {
      const folder = folders.get(name);
      if (!folder) throw new Error(`Folder ${name} was not added.`);
      storeMessage(folder, message);
    },
    finish: () => {
      const subscribed = [...folders].filter(([, folder]) => folder.truth.subscribed);
      const lines = subscribed.map(([name]) => name.split('/').map(encodeModifiedUtf7).join('\t'));
      makeFile(join(root, 'subscriptions'), `V\t2\n\n${lines.map((line) => `${line}\n`).join('')}`);
      return Object.fromEntries([...folders].map(([name, folder]) => [name, folder.truth]));
    },
  };
}

function storeMessage(folder: OpenFolder, message: StoredMessage): void {
  const served = servedBytes(message.bytes);
  const letters = message.keywords.map((word) => {
    const at = folder.keywords.indexOf(word);
    if (at === -1) throw new Error(`The folder has no keyword ${word}.`);
    return String.fromCharCode(97 + at);
  });
  const info = [...[...message.flags].sort(), ...letters.sort()].join('');
  const sequence = String(folder.truth.messages.length).padStart(7, '0');
  const name = `${message.time}.M${sequence}P1.lab,S=${message.bytes.length},W=${served.length}`;
  const path =
    message.unseen && info === '' ? join(folder.path, 'new', name) : join(folder.path, 'cur', `${name}:2,${info}`);
  writeFileSync(path, message.bytes);
  utimesSync(path, message.time, message.time);
  giveToMailOwner(path);
  folder.truth.messages.push({
    sha256: createHash('sha256').update(served).digest('hex'),
    flags: [...message.flags.map((letter) => SYSTEM_FLAGS[letter]), ...message.keywords].sort(),
    internalDate: `${new Date(message.time * 1000).toISOString().slice(0, 19)}Z`,
    bytes: served.length,
    kind: message.kind,
  });
}

function makeFolderPath(root: string, name: string, layout: 'maildir++' | 'fs'): string {
  if (name === 'INBOX') return root;
  const levels = name.split('/').map(encodeModifiedUtf7);
  if (layout === 'maildir++') {
    if (name.includes('.')) throw new Error(`Maildir++ cannot hold a folder called ${name}.`);
    const path = join(root, `.${levels.join('.')}`);
    makeFolder(path);
    return path;
  }
  let path = root;
  for (const level of levels) {
    path = join(path, level);
    makeFolder(path);
  }
  return path;
}

function makeFolder(path: string): void {
  mkdirSync(path, { recursive: true });
  giveToMailOwner(path);
}

function makeFile(path: string, text: string): void {
  writeFileSync(path, text);
  giveToMailOwner(path);
}
