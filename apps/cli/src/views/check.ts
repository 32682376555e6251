import { type EventOf, EXIT, type MxodusEvent } from '@mxodus/model';
import type { CheckServersResult } from '@mxodus/runner';
import type { EventView } from '../output/event-view.ts';
import { counted, size } from '../output/figures.ts';
import type { Output } from '../output/output.ts';
import type { Style } from '../output/style.ts';
import { errorLines } from './error-groups.ts';
import { commandLine, nextLine } from './next-step.ts';
import { ofSteps, StepProgress } from './step-progress.ts';

export function checkProgress(logins: number, output: Output): EventView<MxodusEvent> {
  const style = output.progressStyle;
  return new StepProgress({
    verb: 'check',
    steps: logins,
    text: ofSteps('sign-ins', 'tried'),
    describe: (event) => {
      if (event.type === 'tenant_checked') return { text: tenantLine(event, style), step: false };
      if (event.type === 'service_checked') return { text: serviceLine(event, style), step: false };
      if (event.type === 'server_checked') return { text: serverLine(event, style), step: false };
      if (event.type === 'login_checked') return { text: loginLine(event, style), step: true };
      return null;
    },
    style,
    log: output.isLog,
  });
}

function serverLine(event: EventOf<'server_checked'>, style: Style): string {
  const { server, host, tls, product, writes_by: writes, append_limit: limit } = event;
  const parts = [
    `${style.good('ok')}  server ${style.bold(server)}  ${host}`,
    tls === 'none' ? style.warn('no TLS') : tls,
    product ?? 'product not told',
    `${event.connections} ${writes === 'requests' ? 'requests at once' : 'connections'}, ${event.connections_per_mailbox} a mailbox`,
    capabilityText(event.capabilities),
    ...(writes === null ? [] : [`writes by ${writes}`]),
    ...(limit === null ? [] : [`takes messages up to ${size(limit)}`]),
  ];
  return parts.join(', ');
}

function serviceLine({ service, product, version, tls, warnings }: EventOf<'service_checked'>, style: Style): string {
  const name = version === null ? product : `${product} ${version}`;
  const parts = [`${style.good('ok')}  ${style.bold(service)}  ${name}`, tls ? 'TLS' : style.warn('no TLS')];
  return [parts.join(', '), ...warnings.map((warning) => style.warn(warning))].join('. ');
}

function tenantLine(event: EventOf<'tenant_checked'>, style: Style): string {
  const { ok, server, tenant, permissions, free_licences: seats } = event;
  const named = (state: 'granted' | 'unproven' | 'missing'): string =>
    permissions.flatMap((permission) => (permission.state === state ? [permission.name] : [])).join(' ');
  const parts = [
    `${ok ? style.good('ok') : style.bad('NO')}  tenant ${style.bold(server)}  ${tenant}`,
    named('granted') === '' ? 'token without permissions' : `token with ${named('granted')}`,
    ...(named('unproven') === '' ? [] : [`perhaps for some mailboxes only: ${named('unproven')}`]),
    ...(named('missing') === '' ? [] : [style.warn(`missing: ${named('missing')}`)]),
    seats === null ? 'free licences not known' : counted(seats, 'free licence'),
  ];
  return parts.join(', ');
}

/** Those that change how mxodus works. */
function capabilityText(capabilities: readonly string[]): string {
  const known = [
    'CONDSTORE',
    'QRESYNC',
    'LIST-STATUS',
    'UIDPLUS',
    'MULTIAPPEND',
    'LITERAL+',
    'COMPRESS=DEFLATE',
    'QUOTA',
  ];
  const upper = new Set(capabilities.map((capability) => capability.toUpperCase()));
  const found = known.filter((capability) => upper.has(capability));
  return found.length === 0 ? 'no extensions of use' : found.join(' ');
}

function loginLine(
  { ok, mailbox, role, server, user, folders, messages }: EventOf<'login_checked'>,
  style: Style,
): string {
  const who = `${mailbox}  ${role} ${server}${user === mailbox ? '' : ` as ${user}`}`;
  if (!ok) return `${style.bad('NO')}  ${who}`;
  return `${style.good('ok')}  ${who}  ${counted(folders, 'folder')}, ${counted(messages, 'message')}`;
}

export interface CheckVerdict {
  result: CheckServersResult;
  /** Of the fleet: "ledger", "queue". */
  services: readonly string[];
  servers: number;
  logins: number;
  configWords: readonly string[];
}

export function checkVerdict({ result, services, servers, logins, configWords }: CheckVerdict, style: Style): string {
  const { errors, unfit } = result;
  if (result.exitCode === EXIT.done) {
    return [
      `${style.good(style.bold('READY:'))} ${counted(servers, 'server')} reached, all ${counted(logins, 'sign-in')} accepted${fit(services)}.`,
      nextLine([commandLine('plan', configWords)], style),
    ].join('\n');
  }
  const head = result.exitCode === EXIT.interrupted ? 'STOPPED:' : 'NOT READY:';
  return [
    `${style.warn(style.bold(head))} ${[...unfitText(unfit), failedText(errors.length, logins)].join('; ')}.`,
    ...errorLines(
      [...unfit, ...errors].map(({ code, where = '', what }) => ({ code, where, what })),
      style,
    ),
    nextLine([commandLine('check', configWords)], style),
  ].join('\n');
}

const fit = (services: readonly string[]): string =>
  services.length === 0 ? '' : `; ${services.join(' and ')} can be used`;

const unfitText = (unfit: CheckServersResult['unfit']): string[] =>
  unfit.length === 0 ? [] : [`the ${unfit.map(({ where }) => where).join(' and the ')} cannot be used`];

const failedText = (failed: number, logins: number): string =>
  failed === 0 ? `no sign-in of ${logins} failed` : `${failed} of ${counted(logins, 'sign-in')} failed`;
