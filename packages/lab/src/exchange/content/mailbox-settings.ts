import { z } from 'zod';
import { deserialize } from '../mailbox/schema.ts';
import { type SimAnswer, SimError, type SimRequest } from '../route.ts';
import type { SimWorld } from '../sim-world.ts';
import { mailbox } from './message-path.ts';

const MOST_IDS = 1000;

const restId = z.enum(['restId', 'restImmutableEntryId']);
const translateBody = z.strictObject({
  inputIds: z.array(z.string()),
  sourceIdType: restId,
  targetIdType: restId,
});
const categoryBody = z.strictObject({
  '@odata.type': z.string().optional(),
  displayName: z.string().min(1).max(255),
  color: z
    .string()
    .regex(/^(none|preset([0-9]|1[0-9]|2[0-4]))$/i)
    .nullish(),
});
const ruleBody = z.looseObject({
  displayName: z.string(),
  sequence: z.number().optional(),
  isEnabled: z.boolean().optional(),
});

type Category = { id: string; displayName: string; color: string };

/** What stands beside the mail of a mailbox: its id, categories, rules; and the translation of ids. */
export class MailboxSettings {
  readonly #world: SimWorld;
  readonly #categories = new Map<string, Category[]>();
  readonly #rules = new Map<string, z.infer<typeof ruleBody>[]>();

  constructor(world: SimWorld) {
    this.#world = world;
  }

  /** null: not its path. */
  answer(request: SimRequest): SimAnswer | null {
    const [users, name, ...rest] = request.segments;
    if (users !== 'users' || name === undefined) return null;
    switch (rest.join('/')) {
      case 'settings/exchange':
        return request.method === 'GET' ? this.#exchange(name, request) : notAllowed('GET');
      case 'translateExchangeIds':
        return request.method === 'POST' ? this.#translate(name, request) : notAllowed('POST');
      case 'outlook/masterCategories':
        return this.#masterCategories(name, request);
      default:
    }
    const [folders, folder, rules, ...more] = rest;
    if (folders !== 'mailFolders' || rules !== 'messageRules' || more.length > 0) return null;
    if (folder?.toLowerCase() !== 'inbox') throw new SimError(400, 'ErrorInvalidRequest', 'Only the inbox has rules.');
    return this.#messageRules(name, request);
  }

  #exchange(name: string, request: SimRequest): SimAnswer {
    const { user } = mailbox(this.#world, name);
    const archive = request.version === 'beta' ? { inPlaceArchiveMailboxId: null } : {};
    return {
      status: 200,
      body: {
        '@odata.context': context(request, `users('${user.id}')/settings/exchange`),
        primaryMailboxId: user.mailboxId,
        ...archive,
      },
    };
  }

  #translate(name: string, request: SimRequest): SimAnswer {
    const { store } = mailbox(this.#world, name);
    const { inputIds, sourceIdType, targetIdType } = deserialize(translateBody, request.body);
    if (inputIds.length > MOST_IDS) throw new SimError(400, 'ErrorInvalidArgument', `At most ${MOST_IDS} ids at once.`);
    const isImmutable = sourceIdType === 'restImmutableEntryId';
    const value = inputIds.map((sourceId) => {
      const item = isImmutable ? store.lookups.immutableId(sourceId) : store.lookups.id(sourceId);
      // Ids of folders are constant whatever their kind.
      const folder = store.folders.find(sourceId);
      const targetId = item === undefined ? folder?.id : targetIdType === 'restId' ? item.id : item.immutableId;
      if (targetId !== undefined) return { sourceId, targetId };
      return { sourceId, errorDetails: { code: 'ErrorInvalidIdMalformed', message: 'Id is malformed.' } };
    });
    return {
      status: 200,
      body: { '@odata.context': context(request, 'Collection(microsoft.graph.convertIdResult)'), value },
    };
  }

  #masterCategories(name: string, request: SimRequest): SimAnswer {
    const { user } = mailbox(this.#world, name);
    const known = this.#categories.get(user.id) ?? [];
    const place = context(request, `users('${user.id}')/outlook/masterCategories`);
    if (request.method === 'GET') return { status: 200, body: { '@odata.context': place, value: known } };
    if (request.method !== 'POST') return notAllowed('GET, POST');
    const { displayName, color } = deserialize(categoryBody, request.body);
    if (known.some((each) => each.displayName.toLowerCase() === displayName.toLowerCase())) {
      throw new SimError(409, 'CategoryNameDuplicate', 'A category with the specified name already exists.');
    }
    const number = String(known.length + 1).padStart(12, '0');
    const category = { id: `${user.id.slice(0, -12)}${number}`, displayName, color: color ?? 'none' };
    this.#categories.set(user.id, [...known, category]);
    return { status: 201, body: { '@odata.context': `${place}/$entity`, ...category } };
  }

  #messageRules(name: string, request: SimRequest): SimAnswer {
    const { user } = mailbox(this.#world, name);
    const rules = this.#rules.get(user.id) ?? [];
    const place = context(request, `users('${user.id}')/mailFolders('inbox')/messageRules`);
    if (request.method === 'GET') return { status: 200, body: { '@odata.context': place, value: rules } };
    if (request.method !== 'POST') return notAllowed('GET, POST');
    const given = deserialize(ruleBody, request.body);
    const defaults = { sequence: rules.length + 1, isEnabled: true, hasError: false, isReadOnly: false };
    const rule = { ...defaults, ...given, id: `AQAA${String(rules.length + 1).padStart(8, 'A')}=` };
    this.#rules.set(user.id, [...rules, rule]);
    return { status: 201, body: { '@odata.context': `${place}/$entity`, ...rule } };
  }
}

const context = ({ origin, version }: SimRequest, of: string): string => `${origin}/${version}/$metadata#${of}`;
const notAllowed = (allow: string): SimAnswer => ({ status: 405, headers: { allow } });
