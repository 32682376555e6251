import {
  type ApiCall,
  type ApiReply,
  type ApiServer,
  type ApiServerOptions,
  type Handled,
  startApiServer,
} from './api-server.ts';
import { CpanelError, type CpanelMail, checkParameters, createCpanelMail } from './cpanel-mail.ts';
import { editZone, zoneLines } from './cpanel-zone.ts';
import { isInside, type SimZone } from './sim-zone.ts';

export interface CpanelApiOptions extends ApiServerOptions {
  zone: SimZone;
  /** Which of the two faces: UAPI of an account (port 2083), or WHM (port 2087). */
  kind: 'cpanel' | 'whm';
  /** Who signs in: the account, or the reseller. */
  user: string;
  token: string;
  /** The account that owns the domain. */
  account?: string;
  /** Names of this very host: an MX that names one of them is local. */
  hostNames?: readonly string[];
  /** Without the features "zoneedit" and "changemx". */
  readOnly?: boolean;
}

export interface CpanelApi extends ApiServer {
  zone: SimZone;
  mail: CpanelMail;
}

/** What a call came to, before it is put into the envelope of its face. */
type Result = { data: unknown; commit?: () => void; late?: () => unknown };

/** The zone editor and the e-mail routing of cPanel & WHM 11.134, as documented and seen in 2026-11. */
export async function startCpanelApi(options: CpanelApiOptions): Promise<CpanelApi> {
  const mail = createCpanelMail(options.zone, options.hostNames ?? []);
  const isWrite = ({ url, body }: ApiCall): boolean => /mass_edit|set_always_accept/.test(`${url.href} ${body}`);
  const server = await startApiServer((call) => answered(call, options, mail), { ...options, isWrite });
  return { ...server, zone: options.zone, mail };
}

function answered(call: ApiCall, options: CpanelApiOptions, mail: CpanelMail): Handled {
  const { kind, user, token } = options;
  if (call.headers.authorization !== `${kind} ${user}:${token}`) return denied(kind);
  const parameters = parametersOf(call);
  if (parameters === null) return { status: 415, body: 'Unsupported Media Type' };
  return kind === 'cpanel'
    ? uapi(call.url.pathname, parameters, options, mail)
    : whm(call.url.pathname, parameters, options, mail);
}

const denied = (kind: 'cpanel' | 'whm'): ApiReply =>
  kind === 'cpanel'
    ? { status: 401, headers: { 'content-type': 'text/html' }, body: '<html><title>Access denied</title></html>' }
    : {
        status: 403,
        body: JSON.stringify({
          cpanelresult: {
            apiversion: '2',
            error: 'Access denied',
            data: { reason: 'Access denied', result: '0' },
            type: 'text',
          },
        }),
      };

/** Of the query and of a form. null: a body of another kind. */
function parametersOf({ url, body, headers }: ApiCall): URLSearchParams | null {
  if (body !== '' && headers['content-type'] !== 'application/x-www-form-urlencoded') return null;
  return new URLSearchParams([...url.searchParams, ...new URLSearchParams(body)]);
}

/** https://HOST:2083/execute/MODULE/FUNCTION */
function uapi(path: string, parameters: URLSearchParams, options: CpanelApiOptions, mail: CpanelMail): Handled {
  const [, module, name] = /^\/execute\/(\w+)\/(\w+)$/.exec(path) ?? [];
  const call = (): Result => {
    if (module === 'DNS' && name === 'parse_zone') return parse(parameters, options);
    if (module === 'DNS' && name === 'mass_edit_zone') return massEdit(parameters, options);
    if (module === 'Email') return mail.call(name ?? '', parameters, options.readOnly ?? false);
    throw new CpanelError(`Failed to load module “${module}”.`);
  };
  return enveloped(call, {
    good: (data) => uapiBody({ data, status: 1, errors: null }),
    bad: ({ message, data }) => uapiBody({ data, status: 0, errors: [message] }),
  });
}

const uapiBody = (result: { data: unknown; status: 0 | 1; errors: string[] | null }) => ({
  ...result,
  messages: null,
  warnings: null,
  metadata: result.status === 1 ? { transformed: 1 } : {},
});

/** https://HOST:2087/json-api/FUNCTION?api.version=1 */
function whm(path: string, parameters: URLSearchParams, options: CpanelApiOptions, mail: CpanelMail): Handled {
  const command = /^\/json-api\/(\w+)$/.exec(path)?.[1] ?? '';
  const version = parameters.get('api.version');
  parameters.delete('api.version');
  const call = (): Result => {
    if (version !== '1') throw new CpanelError('Unknown API version.');
    if (command === 'parse_dns_zone') return { data: { payload: parse(parameters, options).data } };
    if (command === 'mass_edit_dns_zone') return massEdit(parameters, options);
    if (command === 'getdomainowner') return owner(parameters, options);
    if (command === 'uapi_cpanel') return throughWhm(parameters, options, mail);
    throw new CpanelError(`Unknown app (“${command}”) requested for this version (1) of the API.`);
  };
  const metadata = (result: 0 | 1, reason: string) => ({ command, reason, result, version: 1 });
  return enveloped(call, {
    good: (data) => ({ data, metadata: metadata(1, 'OK') }),
    bad: ({ message }) => ({ data: null, metadata: metadata(0, message) }),
  });
}

function throughWhm(parameters: URLSearchParams, options: CpanelApiOptions, mail: CpanelMail): Result {
  const [user, module, name] = ['user', 'module', 'function'].map((key) => parameters.get(`cpanel.${key}`));
  for (const key of ['user', 'module', 'function']) parameters.delete(`cpanel.${key}`);
  if (user !== (options.account ?? options.user))
    throw new CpanelError(`You do not have access to the user “${user}”.`);
  if (module !== 'Email') throw new CpanelError(`Failed to load module “${module}”.`);
  try {
    const { data, commit, late } = mail.call(name ?? '', parameters, options.readOnly ?? false);
    const wrap = (inner: unknown) => ({ uapi: uapiBody({ data: inner, status: 1, errors: null }) });
    return { data: wrap(data), ...(commit && { commit }), ...(late && { late: () => wrap(late()) }) };
  } catch (error) {
    if (!(error instanceof CpanelError)) throw error;
    return { data: { uapi: uapiBody({ data: null, status: 0, errors: [error.message] }) } };
  }
}

function owner(parameters: URLSearchParams, { zone, account, user }: CpanelApiOptions): Result {
  checkParameters(parameters, ['domain']);
  return { data: { user: isInside(zone, parameters.get('domain') ?? '') ? (account ?? user) : '' } };
}

function parse(parameters: URLSearchParams, { zone }: CpanelApiOptions): Result {
  checkParameters(parameters, ['zone']);
  checkZone(parameters, zone);
  return { data: zoneLines(zone) };
}

function massEdit(parameters: URLSearchParams, { zone, readOnly = false }: CpanelApiOptions): Result {
  checkParameters(parameters, ['zone', 'serial', 'add', 'edit', 'remove']);
  checkZone(parameters, zone);
  if (readOnly) throw new CpanelError('You do not have the feature “zoneedit”.');
  const serial = parameters.get('serial') ?? '';
  if (!/^\d+$/.test(serial)) throw new CpanelError('Provide the “serial” argument.');
  if (Number(serial) !== zone.serial) {
    throw new CpanelError(
      `The given serial number (${serial}) does not match the DNS zone’s serial number (${zone.serial}). Refresh your view of the DNS zone, then resubmit.`,
      { type: 'Stale', detail: null },
    );
  }
  const records = editZone(zone, parameters);
  return {
    data: null,
    late: () => ({ new_serial: String(zone.serial) }),
    commit: () => zone.commit(records),
  };
}

function checkZone(parameters: URLSearchParams, zone: SimZone): void {
  const name = parameters.get('zone') ?? '';
  if (name !== zone.name) throw new CpanelError(`You do not control a DNS zone named ${name}.`);
}

function enveloped(
  call: () => Result,
  { good, bad }: { good: (data: unknown) => unknown; bad: (error: CpanelError) => unknown },
): Handled {
  try {
    const { data, commit, late } = call();
    const reply = (): ApiReply => ({ status: 200, body: JSON.stringify(good(late === undefined ? data : late())) });
    return commit === undefined ? reply() : { reply, commit };
  } catch (error) {
    if (error instanceof CpanelError) return { status: 200, body: JSON.stringify(bad(error)) };
    throw error;
  }
}
