import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { seedMaildirs } from '@mxodus/lab';

/** Parameters of a mailbox; the same ones make the same bytes. */
export interface DataSetShape {
  messages: number;
  /** Log-normal, with 0.8 % of attachments of 80 times the size. 4,100 makes a mean of about 12.8 kB, 500 one of 1.4 kB. */
  medianBytes: number;
  largestBytes: number;
  /** INBOX, Sent, Drafts, Trash, Junk, Archive, then numbered ones two levels down; INBOX has 30 % of 12 folders, the last 2 %. */
  folders: number;
  /** Messages of `largestBytes`. */
  bigMessages: number;
}

export interface DataSet {
  shape: DataSetShape;
  /** The folder with the Maildir in it. */
  home: string;
  messages: number;
  bytes: number;
  /** Messages in each folder. */
  folders: Readonly<Record<string, number>>;
}

const CACHE = new URL('../data/', import.meta.url).pathname;
/** Changes when the same parameters make other bytes. */
const GENERATION = 1;

/** Builds a mailbox on disk, or finds the one built before: building takes longer than most copies of it. */
export async function dataSet(shape: DataSetShape, options: { fresh: boolean }): Promise<DataSet> {
  const { messages, medianBytes, largestBytes, folders, bigMessages } = shape;
  const key = `g${GENERATION}-m${messages}-b${medianBytes}-l${largestBytes}-f${folders}-x${bigMessages}`;
  const folder = join(CACHE, key);
  const list = join(folder, 'data-set.json');
  if (options.fresh) await rm(folder, { recursive: true, force: true });
  if (!existsSync(list)) await build(folder, shape);
  const { bytes, folders: counts }: Pick<DataSet, 'bytes' | 'folders'> = JSON.parse(await readFile(list, 'utf8'));
  return { shape, home: join(folder, 'home'), messages, bytes, folders: counts };
}

async function build(folder: string, shape: DataSetShape): Promise<void> {
  const unfinished = `${folder}.unfinished`;
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished, { recursive: true });
  const { messages, ...rest } = shape;
  const home = join(unfinished, 'home');
  const truth = await seedMaildirs({
    server: { home: () => home, layout: 'maildir++' },
    users: ['bench'],
    messagesPerUser: messages,
    hostile: false,
    ...rest,
  });
  const made = Object.entries(truth.users.bench?.folders ?? {});
  const bytes = made.flatMap(([, { messages: all }]) => all).reduce((sum, message) => sum + message.bytes, 0);
  const folders = Object.fromEntries(made.map(([name, { messages: all }]) => [name, all.length]));
  await writeFile(join(unfinished, 'data-set.json'), `${JSON.stringify({ bytes, folders }, null, 2)}\n`);
  await rm(folder, { recursive: true, force: true });
  await rename(unfinished, folder);
}
