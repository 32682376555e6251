/**
 * How the old host treats mail for the domain that reaches it (cPanel's words). local: keeps it · secondary: takes it and sends it on to
 * the real MX · remote: refuses it · auto: whichever the host's own copy of the zone suggests, which a change of the MX can flip.
 */
export type MailRouting = 'auto' | 'local' | 'secondary' | 'remote';

/** The control panel of the old host. Throws MxodusError (OLD_HOST_REFUSED, OLD_HOST_UNREACHABLE). */
export interface OldHost {
  readonly name: string;
  /** What is set, and what the host does because of it; null: it does not say. */
  routing(
    domain: string,
    signal: AbortSignal,
  ): Promise<{ set: MailRouting; effective: Exclude<MailRouting, 'auto'> | null }>;
  route(domain: string, routing: MailRouting, signal: AbortSignal): Promise<void>;
}
