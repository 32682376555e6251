import { assign, type Busiest } from '@mxodus/engine';
import type { Secret } from '@mxodus/model';
import type { LoadedConfig } from './load-config.ts';

/** One mailbox with everything filled in: what the rules say, and the defaults. */
export interface ResolvedMailbox {
  address: string;
  /** `password` is null where the server's own sign-in (a master user) is used. */
  source: { server: string; user: string; password: Secret | null };
  destination: { server: string; user: string; address: string; password: Secret | null };
  /** null: the rule gives none. */
  wave: number | null;
}

/**
 * In the order of the config. The config was checked when it was loaded: every mailbox has a place. Without `busiest` a mailbox that a
 * `top` rule might take is where it would go otherwise.
 */
export function resolveMailboxes(
  { config, mailboxes }: Pick<LoadedConfig, 'config' | 'mailboxes'>,
  busiest?: Busiest,
): ResolvedMailbox[] {
  return mailboxes.flatMap((mailbox) => {
    const assigned = assign(mailbox.address, config.assign, {
      to: mailbox.to ?? undefined,
      ...(busiest === undefined ? {} : { busiest }),
    });
    if (assigned === undefined) return [];
    const address = mailbox.newAddress ?? assigned.address;
    const rule = assigned.rule === null ? undefined : config.assign[assigned.rule];
    return [
      {
        address: mailbox.address,
        source: { server: mailbox.source, user: mailbox.user ?? mailbox.address, password: mailbox.password },
        destination: {
          server: assigned.to,
          user: mailbox.toUser ?? address,
          address,
          password: mailbox.toPassword,
        },
        wave: rule?.wave ?? null,
      },
    ];
  });
}
