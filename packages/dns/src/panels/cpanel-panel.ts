import { type MailRouting, MxodusError, type OldHost } from '@mxodus/model';
import { z } from 'zod';
import { type CpanelAccess, CpanelClient, odd } from '../providers/cpanel/cpanel-client.ts';

export type CpanelPanelOptions = CpanelAccess;

const routingSchema = z.enum(['auto', 'local', 'secondary', 'remote']);
/** cPanel writes these as numbers or as text. */
const flagSchema = z.coerce.number().nullish();
const entriesSchema = z.array(
  z.object({
    domain: z.string(),
    mxcheck: routingSchema,
    detected: z.string().nullish(),
    local: flagSchema,
    secondary: flagSchema,
    remote: flagSchema,
  }),
);

/** The e-mail routing of cPanel (Email::list_mxs, Email::set_always_accept), also through WHM. */
export function cpanelPanel(options: CpanelPanelOptions): OldHost {
  const client = new CpanelClient(options);

  const routing: OldHost['routing'] = async (domain, signal) => {
    const about = `the e-mail routing of ${domain} at cPanel`;
    const parameters = new URLSearchParams();
    const data = await client.email('list_mxs', { domain, write: false, parameters, about, signal });
    const parsed = entriesSchema.safeParse(data);
    if (!parsed.success) throw odd(about);
    const entry = parsed.data.find((one) => one.domain.toLowerCase() === domain.toLowerCase());
    if (entry === undefined) throw notThere(domain);
    return { set: entry.mxcheck, effective: effectiveOf(entry) };
  };

  const route: OldHost['route'] = async (domain, wanted, signal) => {
    const about = `setting the e-mail routing of ${domain} to ${wanted} at cPanel`;
    const parameters = new URLSearchParams({ mxcheck: wanted });
    await client.email('set_always_accept', { domain, write: true, parameters, about, signal });
    const { set } = await routing(domain, signal);
    if (set !== wanted) throw notTaken(domain, wanted, set);
  };

  return {
    name: options.kind,
    routing: (domain, signal) => asOldHost(() => routing(domain, signal)),
    route: (domain, wanted, signal) => asOldHost(() => route(domain, wanted, signal)),
  };
}

/** What is set counts; for `auto`, the one flag that is up, or what was detected. */
function effectiveOf(entry: z.output<typeof entriesSchema>[number]): Exclude<MailRouting, 'auto'> | null {
  if (entry.mxcheck !== 'auto') return entry.mxcheck;
  const up = (['local', 'secondary', 'remote'] as const).filter((name) => entry[name] === 1);
  const [only] = up;
  if (only !== undefined && up.length === 1) return only;
  const detected = routingSchema.exclude(['auto']).safeParse(entry.detected);
  return up.length === 0 && detected.success ? detected.data : null;
}

const notThere = (domain: string): MxodusError =>
  new MxodusError('DNS_REFUSED', {
    what: `cPanel has no e-mail routing of ${domain}`,
    why: 'the account does not have this domain',
    advice: 'check `cutover.old_host.user` and the domain',
  });

const notTaken = (domain: string, wanted: MailRouting, set: MailRouting): MxodusError =>
  new MxodusError('DNS_REFUSED', {
    what: `cPanel said the e-mail routing of ${domain} was set to ${wanted}, but it is ${set}`,
    why: 'the panel kept the old setting, or somebody changed it right after',
    advice: `set it by hand: cPanel > Email > Email Routing > ${domain}`,
  });

/** The client speaks of DNS; to the cutover this is the old host. */
async function asOldHost<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof MxodusError) || error.code === 'CONFIG_INVALID') throw error;
    const { what, why, hint } = error;
    const advice = error.advice.replaceAll('`dns.', '`cutover.old_host.');
    const code = error.code === 'DNS_REFUSED' ? 'OLD_HOST_REFUSED' : 'OLD_HOST_UNREACHABLE';
    throw new MxodusError(code, { what, why, advice, ...(hint === undefined ? {} : { hint }) });
  }
}
