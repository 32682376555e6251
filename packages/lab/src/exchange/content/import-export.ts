import { createHash } from 'node:crypto';
import { z } from 'zod';
import { folderOf } from '../mailbox/folder-routes.ts';
import { messageOf } from '../mailbox/message-routes.ts';
import { preferencesOf } from '../mailbox/preferences.ts';
import { deserialize } from '../mailbox/schema.ts';
import { mailboxOf } from '../mailbox/store.ts';
import { type SimAnswer, SimError, type SimRequest } from '../route.ts';
import type { SimUser, SimWorld } from '../sim-world.ts';
import { exported, imported } from './opaque-item.ts';
import { sevenDigits } from './upload-sessions.ts';

const MOST_ITEMS = 20;

const exportBody = z.union([
  z.strictObject({ itemIds: z.array(z.string()) }).transform((body) => body.itemIds),
  z.strictObject({ ItemIds: z.array(z.string()) }).transform((body) => body.ItemIds),
]);
const importBody = z.discriminatedUnion('Mode', [
  z.strictObject({ Mode: z.literal('create'), FolderId: z.string(), Data: z.string() }),
  z.strictObject({
    Mode: z.literal('update'),
    FolderId: z.string(),
    Data: z.string(),
    ItemId: z.string(),
    ChangeKey: z.string(),
  }),
]);

/** Mailbox import and export (GRAPH/api/resources/mailbox-import-export-api-overview): /admin/exchange/mailboxes/{id}/... */
export class ImportExport {
  readonly #world: SimWorld;
  readonly #sessions = new Map<string, { user: SimUser; expires: number }>();

  constructor(world: SimWorld) {
    this.#world = world;
  }

  /** null: not its path. */
  answer(request: SimRequest): SimAnswer | null {
    const { segments, method } = request;
    if (segments[0] === 'api' && segments.at(-1) === 'importItem') return this.#importItem(request);
    const [admin, exchange, mailboxes, id, action, ...more] = segments;
    if (admin !== 'admin' || exchange !== 'exchange' || mailboxes !== 'mailboxes' || more.length > 0) return null;
    if (action !== 'createImportSession' && action !== 'exportItems') return null;
    if (method !== 'POST') return { status: 405, headers: { allow: 'POST' } };
    const user = this.#world.users.find((each) => each.mailboxId.toLowerCase() === id?.toLowerCase());
    if (user === undefined) throw new SimError(404, 'ErrorNonExistentMailbox', 'No such mailbox.');
    return action === 'exportItems' ? this.#exportItems(user, request) : this.#createSession(user, request);
  }

  #createSession(user: SimUser, { preauthenticatedOrigin, origin, version }: SimRequest): SimAnswer {
    const { switches, tenant } = this.#world;
    const expires = this.#world.now().getTime() + switches.importLifetimeSeconds * 1000;
    const token = createHash('sha512').update(`${tenant}\n${user.id}\n${this.#sessions.size}`).digest('base64url');
    this.#sessions.set(token, { user, expires });
    return {
      status: switches.importSessionStatus,
      body: {
        '@odata.context': `${origin}/${version}/$metadata#microsoft.graph.mailboxItemImportSession`,
        importUrl: `${preauthenticatedOrigin}/api/gv1.0/Mailboxes('${user.mailboxId}')/importItem?authtoken=${token}`,
        expirationDateTime: sevenDigits(expires),
      },
    };
  }

  #importItem(request: SimRequest): SimAnswer {
    if (request.headers.authorization !== undefined) {
      throw new SimError(
        401,
        'InvalidAuthenticationToken',
        'An Authorization header must not be sent to this address.',
      );
    }
    if (request.method !== 'POST') return { status: 405, headers: { allow: 'POST' } };
    const session = this.#sessions.get(request.query.get('authtoken') ?? '');
    if (session === undefined || session.expires <= this.#world.now().getTime()) {
      throw new SimError(404, 'ErrorItemNotFound', 'The import session was not found.');
    }
    const body = deserialize(importBody, request.body);
    const store = mailboxOf(this.#world, session.user);
    const folder = folderOf(store, body.FolderId);
    const content = imported(Buffer.from(body.Data, 'base64'), store);
    if (body.Mode === 'create') {
      const item = store.add(folder, content);
      return { status: 200, body: { itemId: item.id, changeKey: item.changeKey } };
    }
    const item = messageOf({ store, request }, body.ItemId, null);
    if (item.changeKey !== body.ChangeKey) {
      throw new SimError(
        412,
        'ErrorIrresolvableConflict',
        'The change key does not match the current one of the item.',
      );
    }
    store.change(item, content);
    return { status: 200, body: { itemId: item.id, changeKey: item.changeKey } };
  }

  #exportItems(user: SimUser, request: SimRequest): SimAnswer {
    const ids = deserialize(exportBody, request.body);
    if (ids.length === 0 || ids.length > MOST_ITEMS) {
      throw new SimError(400, 'ErrorInvalidArgument', `Between 1 and ${MOST_ITEMS} items can be exported at once.`);
    }
    const store = mailboxOf(this.#world, user);
    const value = ids.map((itemId) => {
      const item = store.item(itemId, preferencesOf(request).immutableIds);
      if (item !== undefined) return { itemId, changeKey: item.changeKey, data: exported(item).toString('base64') };
      const message = 'The specified object was not found in the store.';
      return { itemId, changeKey: null, data: null, error: { code: 'ErrorItemNotFound', message } };
    });
    const context = `${request.origin}/${request.version}/$metadata#Collection(microsoft.graph.exportItemResponse)`;
    return { status: 200, body: { '@odata.context': context, value } };
  }
}
