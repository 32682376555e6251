/** A notice before it has a form: text and page are made from the same blocks. */

export type Block =
  | { kind: 'text'; text: string }
  | { kind: 'heading'; text: string }
  | { kind: 'list'; items: readonly string[] }
  | { kind: 'table'; head: readonly string[]; rows: readonly (readonly string[])[] };

export interface Notice {
  /** Of its file, without the extension. */
  name: string;
  /** The subject of the mail it goes into. */
  title: string;
  /** Who is to get it: "12 people whose mail goes to m365". */
  audience: string;
  /** Milliseconds since the epoch: when it is to be sent. null: when it has happened. */
  sendAt: number | null;
  /** The same in words: "a week before". */
  sendWhen: string;
  blocks: readonly Block[];
}

export const text = (words: string): Block => ({ kind: 'text', text: words });
export const heading = (words: string): Block => ({ kind: 'heading', text: words });
export const list = (...items: readonly string[]): Block => ({ kind: 'list', items });
export const table = (head: readonly string[], rows: readonly (readonly string[])[]): Block => ({
  kind: 'table',
  head,
  rows,
});
