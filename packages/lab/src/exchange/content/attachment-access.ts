import type { SimItem } from '../mailbox/item.ts';
import { SimError, type SimRequest } from '../route.ts';
import type { SimWorld } from '../sim-world.ts';

/** Whether the attachments of this message may be changed by this token. Throws 403. */
export function checkAttachmentAccess(world: SimWorld, { roles }: SimRequest, { isDraft }: SimItem): void {
  const { nonDraftAttachments, advancedFrom, advancedRefusal } = world.switches;
  if (isDraft || nonDraftAttachments === 'allowed' || roles.includes('Mail-Advanced.ReadWrite.All')) return;
  if (world.now().getTime() < Date.parse(advancedFrom)) return;
  throw new SimError(403, advancedRefusal, 'Access is denied. Check credentials and try again.');
}
