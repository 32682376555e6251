import { canonicalText, isInside, type SimRecord, type SimZone } from './sim-zone.ts';

/** An error that cPanel answers with status 0. */
export class CpanelError extends Error {
  readonly data: unknown;

  constructor(message: string, data: unknown = null) {
    super(message);
    this.data = data;
  }
}

export type MxCheck = 'auto' | 'local' | 'secondary' | 'remote';

/** How the host treats mail of the zone's domains. */
export interface CpanelMail {
  /** What is set. */
  set(domain: string): MxCheck;
  /** What the host does because of it. */
  effective(domain: string): Exclude<MxCheck, 'auto'>;
  /** By hand. */
  pin(domain: string, mxcheck: MxCheck): void;
  call(
    name: string,
    parameters: URLSearchParams,
    readOnly: boolean,
  ): { data: unknown; commit?: () => void; late?: () => unknown };
}

/**
 * "auto" looks at the MX of the host's own copy of the zone only, whenever that is changed: the first names this host, local; a later
 * one does, secondary; none does, remote. What is pinned stays.
 */
export function createCpanelMail(zone: SimZone, hostNames: readonly string[]): CpanelMail {
  const pinned = new Map<string, MxCheck>();
  const detected = (domain: string): Exclude<MxCheck, 'auto'> => {
    const here = mxOf(zone, domain).map(({ host }) => hostNames.includes(host));
    if (here[0] === true) return 'local';
    return here.includes(true) ? 'secondary' : 'remote';
  };
  const set = (domain: string): MxCheck => pinned.get(domain) ?? 'auto';
  const effective = (domain: string): Exclude<MxCheck, 'auto'> => {
    const asked = set(domain);
    return asked === 'auto' ? detected(domain) : asked;
  };
  const flag = (domain: string, routing: MxCheck): 0 | 1 => (effective(domain) === routing ? 1 : 0);
  const flags = (domain: string) => ({
    detected: detected(domain),
    mxcheck: set(domain),
    local: flag(domain, 'local'),
    secondary: flag(domain, 'secondary'),
    remote: flag(domain, 'remote'),
  });

  const listMxs = (parameters: URLSearchParams) => {
    checkParameters(parameters, ['domain']);
    const domain = parameters.get('domain') ?? zone.name;
    if (!isInside(zone, domain)) return { data: [] };
    const entries = mxOf(zone, domain).map(({ host, preference }, index) => ({
      domain,
      mx: host,
      priority: String(preference),
      entrycount: index + 1,
      row: index % 2 === 0 ? 'odd' : 'even',
    }));
    const [first] = entries;
    const alwaysaccept = flag(domain, 'local');
    return {
      data: [
        {
          domain,
          mx: first?.mx ?? '',
          ...flags(domain),
          alwaysaccept,
          entries,
          status: 1,
          statusmsg: 'Fetched MX List',
        },
      ],
    };
  };

  const setAlwaysAccept = (parameters: URLSearchParams, readOnly: boolean) => {
    checkParameters(parameters, ['domain', 'mxcheck']);
    if (readOnly) throw new CpanelError('You do not have the feature “changemx”.');
    const domain = parameters.get('domain') ?? '';
    const mxcheck = parameters.get('mxcheck') ?? '';
    if (!isInside(zone, domain)) throw new CpanelError(`You do not have access to the domain “${domain}”.`);
    if (!isMxCheck(mxcheck)) throw new CpanelError(`“${mxcheck}” is not a valid “mxcheck”.`);
    const checkmx = () => ({ changed: 1, isprimary: 1, issecondary: 0, warnings: [], ...flags(domain) });
    return {
      data: null,
      commit: () => void pinned.set(domain, mxcheck),
      late: () => ({ checkmx: checkmx(), mxcheck, status: 1, statusmsg: `Set Always Accept Status to: ${mxcheck}` }),
    };
  };

  return {
    set,
    effective,
    pin: (domain, mxcheck) => void pinned.set(domain, mxcheck),
    call(name, parameters, readOnly) {
      if (name === 'list_mxs') return listMxs(parameters);
      if (name === 'set_always_accept') return setAlwaysAccept(parameters, readOnly);
      throw new CpanelError(`The system could not find the function “${name}” in the module “Email”.`);
    },
  };
}

const isMxCheck = (text: string): text is MxCheck => ['auto', 'local', 'secondary', 'remote'].includes(text);

function mxOf(zone: SimZone, domain: string): { host: string; preference: number }[] {
  return zone
    .of(domain, 'MX')
    .map((record: SimRecord) => {
      const [preference = '0', host = '.'] = canonicalText(record).split(' ');
      return { host, preference: Number(preference) };
    })
    .toSorted((a, b) => a.preference - b.preference);
}

/** A name may be repeated as name-1, name-2, … */
export function checkParameters(parameters: URLSearchParams, known: readonly string[]): void {
  const stranger = [...parameters.keys()].find((key) => !known.includes(key.replace(/-\d+$/, '')));
  if (stranger !== undefined) throw new CpanelError(`Unknown argument “${stranger}”.`);
}
