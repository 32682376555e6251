import { methodNotAllowed } from '../answers.ts';
import type { SimItem } from '../mailbox/item.ts';
import { showMessage } from '../mailbox/list.ts';
import { isJson } from '../mailbox/message-routes.ts';
import { type SimAnswer, SimError, type SimRequest } from '../route.ts';
import type { SimWorld } from '../sim-world.ts';
import type { MailPath } from './message-path.ts';
import { fieldValue, headerFields } from './mime/header-fields.ts';
import { type MimeContent, readMime } from './mime/read-mime.ts';
import { storedContent } from './mime/stored-content.ts';
import { writeMime } from './mime/write-mime.ts';

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** POST users/{u}/messages with text/plain, POST mailFolders/{f}/importMime. null: another path. */
export function mimeRoute(world: SimWorld, path: MailPath, request: SimRequest): SimAnswer | Promise<SimAnswer> | null {
  const [part, ...more] = path.rest;
  if (more.length > 0) return null;
  if (part === 'messages' && path.folder === null && request.method === 'POST' && !isJson(request)) {
    return createDraft(world, path, request);
  }
  return part === 'importMime' && path.folder !== null ? importMime(world, path, request) : null;
}

/** Always a draft in Drafts, whatever the MIME says (facts 1b). */
async function createDraft(world: SimWorld, { store }: MailPath, request: SimRequest): Promise<SimAnswer> {
  const mime = decoded(world, request);
  const content = await readMime(mime, store.now());
  const drafts = store.folders.known('drafts');
  const item = store.add(drafts, {
    ...storedContent(content, store),
    isDraft: true,
    isRead: true,
    rawHeaders: null,
    mime: null,
  });
  return showMessage({ world, store, request }, item, 201);
}

async function importMime(world: SimWorld, { store, folder }: MailPath, request: SimRequest): Promise<SimAnswer> {
  const { switches } = world;
  if (request.version !== 'beta' || switches.importMime === 'missing' || folder === null) {
    throw new SimError(404, 'ResourceNotFound', "Resource not found for the segment 'importMime'.");
  }
  if (request.method !== 'POST') throw methodNotAllowed('POST');
  if (!request.roles.includes('Mail-Advanced.ReadWrite.All')) {
    throw new SimError(403, 'ErrorAccessDenied', 'Access is denied. Check credentials and try again.');
  }
  if (isJson(request)) throw new SimError(400, 'ErrorInvalidRequest', 'The content type must be text/plain.');
  const content = await readMime(decoded(world, request), store.now());
  const received = receivedOf(content, switches.importMimeDate, store.now());
  const item = store.add(folder, {
    ...storedContent(content, store),
    isDraft: false,
    isRead: switches.importMimeRead,
    received,
  });
  return showMessage({ world, store, request }, item, 201);
}

function decoded({ limits }: SimWorld, { body }: SimRequest): Buffer {
  if (body.length > limits.requestBytes)
    throw new SimError(413, 'BadRequest', 'The maximum request length supported is 4MB.');
  const text = body.toString('latin1').replace(/[\r\n]+/g, '');
  if (text === '' || !BASE64.test(text)) {
    throw new SimError(400, 'ErrorMimeContentInvalidBase64String', 'Invalid base64 string for MIME content.');
  }
  return Buffer.from(text, 'base64');
}

/** Where the wanted field is missing or no date, the time of the import. */
function receivedOf(content: MimeContent, by: SimWorld['switches']['importMimeDate'], now: number): number {
  if (by === 'now') return now;
  const fields = headerFields(content.rawHeaders ?? '');
  const value = by === 'date-header' ? fieldValue(fields, 'Date') : fieldValue(fields, 'Received')?.split(';').at(-1);
  const date = Date.parse((value ?? '').replace(/\([^)]*\)/g, '').trim());
  return Number.isNaN(date) ? now : date;
}

/** GET messages/{m}/$value */
export function messageValue({ switches }: SimWorld, item: SimItem, { method }: SimRequest): SimAnswer {
  if (method !== 'GET') throw methodNotAllowed('GET');
  const mime = writeMime(item, { customHeaders: switches.mimeCustomHeaders });
  return { status: 200, headers: { 'content-type': 'text/plain' }, body: mime };
}
