import { migrations } from '../migrations/all.ts';

export type Value = number | string | null;

export interface Column {
  name: string;
  kind: 'integer' | 'text';
}

export interface Table {
  name: string;
  columns: readonly Column[];
  /** How many of its first columns are its key: rows are written in its order. */
  key: number;
}

export const SCHEMA_VERSION = Math.max(...migrations.map(({ version }) => version));

const integers = (names: string): Column[] => names.split(' ').map((name) => ({ name, kind: 'integer' }));
const texts = (names: string): Column[] => names.split(' ').map((name) => ({ name, kind: 'text' }));

const BUCKETS = integers('already_there moved_before moved_now cannot failed in_doubt excluded');

/** Everything the ledger holds, what is referred to before what refers to it. */
export const TABLES: readonly Table[] = [
  {
    name: 'mailboxes',
    key: 1,
    columns: [...integers('id'), ...texts('address source destination'), ...integers('opened')],
  },
  {
    name: 'passes',
    key: 1,
    columns: [
      ...integers('id mailbox_id'),
      ...texts('kind plan_sha256 started_at finished_at'),
      ...integers('exit_code source_messages destination_writes bytes flags_changed'),
      ...texts('error'),
      ...BUCKETS,
      ...texts('wait_why wait_until'),
    ],
  },
  {
    name: 'folders',
    key: 1,
    columns: [
      ...integers('id mailbox_id'),
      ...texts('source'),
      ...integers('uid_validity'),
      ...texts('destination'),
      ...integers('destination_uid_validity opened messages uid_next'),
      ...texts('highest_modseq'),
      ...integers('bytes'),
      ...BUCKETS,
      ...integers('destination_uid_next destination_messages'),
    ],
  },
  {
    name: 'messages',
    key: 2,
    columns: [
      ...integers('folder_id uid'),
      ...texts('state'),
      ...integers('bytes internal_date'),
      ...texts('flags'),
      ...integers('destination_uid floor pass_id adopted'),
      ...texts('reason'),
      ...integers('gone'),
      ...texts('digest email_id'),
    ],
  },
  {
    name: 'alterations',
    key: 4,
    columns: [...integers('folder_id uid'), ...texts('what why'), ...integers('pass_id')],
  },
  { name: 'traffic', key: 3, columns: [...texts('server login day'), ...integers('bytes')] },
  {
    name: 'item_folders',
    key: 1,
    columns: [...integers('id'), ...texts('account folder'), ...integers('uid_validity uid_next')],
  },
  { name: 'items', key: 2, columns: [...integers('folder_id uid'), ...texts('item')] },
];
