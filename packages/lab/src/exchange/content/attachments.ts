import { methodNotAllowed } from '../answers.ts';
import type { SimAttachment, SimItem } from '../mailbox/item.ts';
import { attachmentOf } from '../mailbox/message-content.ts';
import { attachmentJson } from '../mailbox/message-view.ts';
import { attachmentBody, deserialize, messageBody } from '../mailbox/schema.ts';
import { type SimAnswer, SimError, type SimRequest } from '../route.ts';
import type { SimWorld } from '../sim-world.ts';
import { checkAttachmentAccess } from './attachment-access.ts';
import { type MessagePath, objectNotFound } from './message-path.ts';
import { nestedContent } from './mime/nested-item.ts';
import { entity, ownFields } from './mime/write-mime.ts';

/** From here on a file must come by an upload session (LARGE). */
const MOST_BYTES = 3 * 1024 * 1024;

/** messages/{m}/attachments, and one of them. null: another path. */
export function attachmentRoute(world: SimWorld, path: MessagePath, request: SimRequest): SimAnswer | null {
  const [attachments, id, value, ...more] = path.rest;
  if (attachments !== 'attachments' || more.length > 0 || id === 'createUploadSession') return null;
  if (id === undefined) return all(world, path, request);
  const attachment = path.item.attachments.find((each) => each.id === id);
  if (attachment === undefined) throw objectNotFound();
  if (value === '$value') return request.method === 'GET' ? raw(attachment) : null;
  if (value !== undefined) return null;
  switch (request.method) {
    case 'GET':
      return {
        status: 200,
        body: { '@odata.context': `${contextOf(request, path)}/$entity`, ...shown(attachment, request) },
      };
    case 'DELETE':
      checkAttachmentAccess(world, request, path.item);
      path.store.change(path.item, { attachments: path.item.attachments.filter((each) => each !== attachment) });
      return { status: 204 };
    default:
      throw methodNotAllowed('GET, DELETE');
  }
}

function all(world: SimWorld, path: MessagePath, request: SimRequest): SimAnswer {
  const { item, store } = path;
  if (request.method === 'GET') {
    const value = item.attachments.map((each) => shown(each, request));
    return { status: 200, body: { '@odata.context': contextOf(request, path), value } };
  }
  if (request.method !== 'POST') throw methodNotAllowed('GET, POST');
  checkAttachmentAccess(world, request, item);
  const given = deserialize(attachmentBody, request.body);
  const attachment = remodelled(attachmentOf(given, store.newAttachmentId(), store.now()));
  if (attachment.kind === 'file' && attachment.bytes.length >= MOST_BYTES) {
    throw new SimError(413, 'RequestEntityTooLarge', 'The file is too large for one request.');
  }
  store.change(item, { attachments: [...item.attachments, attachment] });
  return {
    status: 201,
    body: { '@odata.context': `${contextOf(request, path)}/$entity`, ...shown(attachment, request) },
  };
}

/** The message in an item attachment is read as any other; what Graph does not know of is refused. */
function remodelled(attachment: SimAttachment): SimAttachment {
  if (attachment.kind !== 'item') return attachment;
  const json: unknown = attachment.bytes.length === 0 ? null : JSON.parse(attachment.bytes.toString());
  if (json === null || typeof json !== 'object') {
    throw new SimError(400, 'ErrorInvalidArgument', 'An item attachment needs an item.');
  }
  const isMessage = !('@odata.type' in json) || /^#?microsoft\.graph\.message$/.test(String(json['@odata.type']));
  if (isMessage) deserialize(messageBody, json);
  return attachment;
}

function shown(attachment: SimAttachment, { query }: SimRequest): Record<string, unknown> {
  const json = attachmentJson(attachment, true);
  const expand = query.get('$expand') ?? '';
  if (attachment.kind === 'item' && /^microsoft\.graph\.itemAttachment\/item$/i.test(expand)) {
    json.item = JSON.parse(attachment.bytes.toString());
  }
  const select = query.get('$select');
  if (select === null) return json;
  const names = new Set(select.split(',').map((name) => name.trim()));
  return Object.fromEntries(Object.entries(json).filter(([name]) => /^@|^id$/.test(name) || names.has(name)));
}

/** A file's bytes; of an item its MIME. */
function raw(attachment: SimAttachment): SimAnswer {
  if (attachment.kind === 'reference') {
    throw new SimError(405, 'ErrorInvalidRequest', 'A reference attachment has no content.');
  }
  if (attachment.kind === 'file') {
    const type = attachment.contentType ?? 'application/octet-stream';
    return { status: 200, headers: { 'content-type': type }, body: attachment.bytes };
  }
  const inner = nestedContent(attachment);
  const mime = `${ownFields(inner).join('\r\n')}\r\n${entity(inner, Buffer.from(attachment.id).toString('hex'))}`;
  return { status: 200, headers: { 'content-type': 'text/plain' }, body: Buffer.from(mime, 'latin1') };
}

const contextOf = ({ origin, version }: SimRequest, { user, item }: { user: { id: string }; item: SimItem }): string =>
  `${origin}/${version}/$metadata#users('${user.id}')/messages('${encodeURIComponent(item.id)}')/attachments`;
