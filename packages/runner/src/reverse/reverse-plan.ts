import type { Ledger, Plan, PlanFolder, PlanMailbox } from '@mxodus/model';
import { ledgerKey } from '../sync/ledger-key.ts';

/** A mailbox of the plan, and those beside it that go into the same mailbox at the new side. */
interface WayBack {
  /** Source and destination changed places. */
  mailbox: PlanMailbox;
  forward: PlanMailbox;
  siblings: readonly PlanMailbox[];
}

/**
 * The plan the other way round: a folder goes back where its copies came from, by what the forward passes did and then by the plan; folders
 * that were made at the new side follow the roles (RFC 6154) and names there. Nothing is excluded. Where several mailboxes went into one,
 * what arrived there goes back to the one whose address it has, else to the first.
 */
export async function reversePlan(plan: Plan, forward: Ledger): Promise<{ plan: Plan; ways: WayBack[] }> {
  const groups = Map.groupBy(
    plan.mailboxes,
    ({ destination }) => `${destination.user.toLowerCase()} ${destination.server}`,
  );
  const ways: WayBack[] = [];
  for (const group of groups.values()) {
    const own = group.find(({ address, destination }) => address.toLowerCase() === destination.address.toLowerCase());
    const heir = own ?? group[0];
    if (heir === undefined) continue;
    const siblings = group.filter((one) => one !== heir);
    ways.push({ mailbox: await reverseMailbox(heir, forward), forward: heir, siblings });
  }
  const { newest_first } = plan.rules;
  const map = Object.fromEntries(Object.entries(plan.rules.map).map(([from, to]) => [to, from]));
  const rules = { deletes: 'keep', newest_first, exclude: [], map } as const;
  return { plan: { ...plan, mailboxes: ways.map(({ mailbox }) => mailbox), rules: { ...rules, exclude: [] } }, ways };
}

async function reverseMailbox(mailbox: PlanMailbox, forward: Ledger): Promise<PlanMailbox> {
  const back = new Map<string, PlanFolder>();
  const place = (folder: { source: string; destination: string }, known?: PlanFolder): void => {
    if (back.has(folder.destination)) return;
    back.set(folder.destination, {
      source: folder.destination,
      destination: folder.source,
      role: known?.role ?? null,
      subscribed: known?.subscribed ?? false,
      excluded: false,
      renamed: null,
      uid_validity: 0,
      messages: 0,
      bytes: 0,
    });
  };
  for (const folder of mailbox.folders) if (!folder.excluded) place(folder, folder);
  for (const folder of await forward.currentFolders(await forward.openMailbox(ledgerKey(mailbox)))) place(folder);
  return {
    ...mailbox,
    source: { server: mailbox.destination.server, user: mailbox.destination.user },
    destination: { ...mailbox.source, address: mailbox.address },
    folders: [...back.values()],
    // The ground the plan was made on is that of the new side; the old one is taken as it is.
    ...{ largest: [], too_large: [], refused_keywords: [], destination_capabilities: [] },
    ...{ append_limit: null, source_quota: null, destination_quota: null, fits: false, warnings: [] },
  };
}
