import type { FetchedMessage } from '@mxodus/model';
import { z } from 'zod';
import { type ExchangeMailbox, isGone, told } from './exchange-mailbox.ts';
import { expanding, extendedValues, valuesOf } from './extended-values.ts';
import { GraphRefusal, graphPath, graphQuery } from './graph/graph.ts';
import { refusalToError } from './graph/refusal-to-error.ts';
import type { FolderPlace } from './mailbox-folders.ts';
import { TRANSPORT_HEADERS } from './properties.ts';

/** The whole message as MIME, made anew by Exchange; null: it is gone, or Exchange does not give it (protected, or damaged). */
export async function mimeOf(mailbox: ExchangeMailbox, id: string): Promise<Buffer | null> {
  const { graph } = mailbox;
  const message = graphPath`/users/${mailbox.user}/messages/${id}`;
  return told(mailbox, 'show a message', async () => {
    try {
      const { body } = await graph.send({ method: 'GET', path: `${message}/$value`, repeat: 'safe', asBytes: true });
      return Buffer.isBuffer(body) ? body : Buffer.alloc(0);
    } catch (error) {
      if (isGone(error)) return null;
      if (!(error instanceof GraphRefusal)) throw error;
      // Whether it is the message: a mailbox that may not be read refuses this as well.
      await graph.send({ method: 'GET', path: `${message}?$select=id`, repeat: 'safe' });
      return null;
    }
  });
}

const emailAddress = z.object({
  emailAddress: z.object({ name: z.string().nullish(), address: z.string().nullish() }).nullish(),
});

const headerRow = z.object({
  parentFolderId: z.string().nullish(),
  internetMessageId: z.string().nullish(),
  sentDateTime: z.string().nullish(),
  subject: z.string().nullish(),
  from: emailAddress.nullish(),
  internetMessageHeaders: z.array(z.object({ name: z.string(), value: z.string() })).nullish(),
  singleValueExtendedProperties: extendedValues,
});

const HEADER_QUERY = graphQuery({
  $select: 'id,parentFolderId,internetMessageId,sentDateTime,subject,from,internetMessageHeaders',
  $expand: expanding([TRANSPORT_HEADERS]),
});

const DOING = 'show its messages';

/** Messages of one $batch: what is read ahead of who takes it. */
const AHEAD = 20;

/** The header sections: as they came (PidTagTransportMessageHeaders), else what Exchange knows of them. */
export async function* headersOf(
  mailbox: ExchangeMailbox,
  folder: FolderPlace,
  uids: readonly number[],
): AsyncGenerator<FetchedMessage> {
  const { graph, user, server, items } = mailbox;
  const wanted = [...(await items.itemIds(folder.book.id, uids))];
  for (let start = 0; start < wanted.length; start += AHEAD) {
    const some = wanted.slice(start, start + AHEAD);
    const outcomes = await told(mailbox, DOING, () =>
      graph.batch(
        some.map(([, id]) => ({ method: 'GET', path: `${graphPath`/users/${user}/messages/${id}`}${HEADER_QUERY}` })),
      ),
    );
    for (const [index, outcome] of outcomes.entries()) {
      if (outcome.kind === 'refused') {
        if (isGone(outcome.error)) continue;
        throw refusalToError(outcome.error, { server, user, doing: DOING });
      }
      const row = headerRow.parse(outcome.answer.body);
      if (row.parentFolderId !== folder.id) continue;
      yield { uid: some[index]?.[0] ?? 0, body: headerBlock(row) };
    }
  }
}

function headerBlock(row: z.output<typeof headerRow>): Buffer {
  const asCame = valuesOf(row.singleValueExtendedProperties, [TRANSPORT_HEADERS]).get(TRANSPORT_HEADERS)?.trim() ?? '';
  const lines = asCame === '' ? headerLines(row) : asCame.split(/\r?\n/);
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`);
}

function headerLines(row: z.output<typeof headerRow>): string[] {
  const given = row.internetMessageHeaders ?? [];
  if (given.some(({ name }) => !/^x-/i.test(name))) return given.map(({ name, value }) => `${name}: ${value}`);
  const { name, address } = row.from?.emailAddress ?? {};
  const sent = Date.parse(row.sentDateTime ?? '');
  const known: [string, string | null | undefined][] = [
    ['Date', Number.isNaN(sent) ? null : new Date(sent).toUTCString().replace('GMT', '+0000')],
    [
      'From',
      address ? (name && name !== address ? `"${name.replace(/["\\]/g, '\\$&')}" <${address}>` : address) : null,
    ],
    ['Subject', row.subject],
    ['Message-ID', row.internetMessageId],
  ];
  return [
    ...known.flatMap(([field, value]) => (value ? [`${field}: ${value}`] : [])),
    ...given.map(({ name: field, value }) => `${field}: ${value}`),
  ];
}
