import type { SimAnswer, SimAsyncRoute, SimRequest, SimRoute } from '../route.ts';
import type { SimWorld } from '../sim-world.ts';
import { attachmentRoute } from './attachments.ts';
import { Deltas } from './delta.ts';
import { ImportExport } from './import-export.ts';
import { MailboxSettings } from './mailbox-settings.ts';
import { mailPath, messagePath } from './message-path.ts';
import { messageValue, mimeRoute } from './mime-routes.ts';
import { UploadSessions } from './upload-sessions.ts';

/** What the routes of one world remember between requests. */
interface Content {
  uploads: UploadSessions;
  importExport: ImportExport;
  settings: MailboxSettings;
  deltas: Deltas;
}

const known = new WeakMap<SimWorld, Content>();

function contentOf(world: SimWorld): Content {
  const content = known.get(world) ?? {
    uploads: new UploadSessions(world),
    importExport: new ImportExport(world),
    settings: new MailboxSettings(world),
    deltas: new Deltas(world),
  };
  known.set(world, content);
  return content;
}

/**
 * Attachments and upload sessions, MIME, delta, import and export, and what stands beside mail: settings/exchange,
 * translateExchangeIds, masterCategories, messageRules. MIME is parsed first, so those answers are promised; a path that is not its
 * business is null at once.
 */
export function contentRoutes(world: SimWorld): SimAsyncRoute {
  const { uploads, importExport, settings, deltas } = contentOf(world);
  const preauthenticated = preauthenticatedRoutes(world);
  return (request) => {
    if (request.segments[0] === 'api') return preauthenticated(request);
    const beside = settings.answer(request) ?? importExport.answer(request);
    if (beside !== null) return beside;
    const path = mailPath(world, request);
    if (path === null) return null;
    const listed = deltas.answer(path, request) ?? mimeRoute(world, path, request);
    if (listed !== null) return listed;
    const message = messagePath(path, request);
    return message === null ? null : ofMessage(request, message);
  };

  function ofMessage(request: SimRequest, message: NonNullable<ReturnType<typeof messagePath>>): SimAnswer | null {
    const [part, action] = message.rest;
    if (part === '$value' && action === undefined) return messageValue(world, message.item, request);
    if (part === 'attachments' && action === 'createUploadSession') return uploads.create(message, request);
    return attachmentRoute(world, message, request);
  }
}

/** Addresses that carry their own permission (authtoken): below /api/ of the other host. */
export function preauthenticatedRoutes(world: SimWorld): SimRoute {
  const { uploads, importExport } = contentOf(world);
  return (request) =>
    request.segments[0] === 'api' ? (uploads.answer(request) ?? importExport.answer(request)) : null;
}
