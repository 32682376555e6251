import { setTimeout as sleep } from 'node:timers/promises';
import { decideFolder, type FolderDecision, flagText } from '@mxodus/engine';
import { type FolderScan, MxodusError } from '@mxodus/model';
import { adoptPresent } from './adopt-present.ts';
import { applyFlags } from './apply-flags.ts';
import { copyMessages } from './copy-messages.ts';
import { locateStored, resolveDoubt } from './resolve-doubt.ts';
import { rowsByUid } from './rows-by-uid.ts';
import type { OpenFolder, SyncContext } from './sync-context.ts';
import { uidValidityChanged } from './uid-validity.ts';

const ROUNDS = 4;

/**
 * Brings one folder in step, in rounds of: resolve doubt, decide, copy, flags. A round that lost a connection is followed by another
 * over new ones. UIDs found expunged at the source are added to `gone`.
 */
export async function copyRounds(
  context: SyncContext,
  folder: OpenFolder,
  { scan, gone }: { scan: FolderScan; gone: Set<number> },
): Promise<void> {
  for (let number = 1; ; number += 1) {
    const errors = await round(context, folder, { scan, gone, first: number === 1 }).catch((error: unknown) => [error]);
    if (errors.length === 0) return;
    await context.connections.close();
    const final = errors.find((error) => !isTemporary(error));
    if (final !== undefined) throw final;
    if (number === ROUNDS) throw errors[0];
    await pauseBeforeRound(context, number);
  }
}

interface Round {
  scan: FolderScan;
  gone: Set<number>;
  first: boolean;
}

/** What ended lanes is returned; anything else that ends the round is thrown. */
async function round(context: SyncContext, folder: OpenFolder, { scan, gone, first }: Round): Promise<unknown[]> {
  await resolveDoubt(context, folder);
  let rows = await rowsByUid(context, folder.ledgerId);
  if (rows.size === 0 && scan.messages.length > 0 && !context.rules.onlyFailed) {
    await adoptPresent(context, folder, scan);
    rows = await rowsByUid(context, folder.ledgerId);
  }
  const messages = scan.messages.filter((message) => !gone.has(message.uid));
  const decision = decideFolder(messages, rows, { ...context.rules, appendLimit: folder.appendLimit });
  await ruleOut(context, folder, decision);
  if (first) context.counters.settled += messages.length - decision.copy.length;
  const { missing, errors } = await copyMessages(context, folder, decision.copy);
  if (context.signal.aborted) return [];
  for (const uid of await explainMissing(context, folder, { missing, scan })) gone.add(uid);
  if (errors.length > 0) return errors;
  await locateStored(context, folder);
  await applyFlags(
    context,
    folder,
    decision.flags.map(({ message }) => message),
  );
  return [];
}

const isTemporary = (error: unknown): boolean =>
  error instanceof MxodusError && error.exitCode === 5 && !['DISK_FULL', 'UIDVALIDITY_CHANGED'].includes(error.code);

async function pauseBeforeRound(context: SyncContext, round: number): Promise<void> {
  const pauseMs = 500 * 2 ** round;
  context.emit({
    type: 'waiting',
    mailbox: context.mailbox.address,
    why: `connection lost; again in ${pauseMs / 1000} s`,
    until: null,
  });
  await sleep(pauseMs, undefined, { signal: context.signal });
}

async function ruleOut(context: SyncContext, folder: OpenFolder, { cannot }: FolderDecision): Promise<void> {
  await context.ledger.settle(
    folder.ledgerId,
    context.passId,
    cannot.map(({ message, reason }) => ({
      uid: message.uid,
      kind: 'cannot' as const,
      reason,
      bytes: message.bytes,
      internalDate: message.internalDate,
      flags: flagText(message.flags),
    })),
  );
}

/** What was listed and not given is either expunged since, or unreadable; the second kind is kept as failed. Returns the expunged. */
async function explainMissing(
  context: SyncContext,
  folder: OpenFolder,
  seen: { missing: number[]; scan: FolderScan },
): Promise<number[]> {
  if (seen.missing.length === 0) return [];
  const still = await (await context.connections.source()).scan(folder.source);
  if (still.uidValidity !== folder.sourceUidValidity) throw uidValidityChanged('source', folder.source);
  const present = new Set(still.messages.map((message) => message.uid));
  const unreadable = seen.scan.messages.filter(
    (message) => seen.missing.includes(message.uid) && present.has(message.uid),
  );
  await context.ledger.settle(
    folder.ledgerId,
    context.passId,
    unreadable.map((message) => ({
      uid: message.uid,
      kind: 'failed' as const,
      reason: 'the source lists it and does not give its content',
      bytes: message.bytes,
      internalDate: message.internalDate,
      flags: flagText(message.flags),
    })),
  );
  const expunged = seen.missing.filter((uid) => !present.has(uid));
  await context.ledger.forgetExpunged(folder.ledgerId, expunged);
  return expunged;
}
