import { dnsName, MxodusError } from '@mxodus/model';
import { AwsV4Signer } from 'aws4fetch';
import type { z } from 'zod';
import { type ApiAnswer, apiRequest } from '../../http/api-request.ts';
import { apiTrouble } from '../../http/api-trouble.ts';
import { plainWords } from '../../http/plain-words.ts';
import {
  changedSchema,
  changeRequest,
  changeSchema,
  errorIn,
  parseXml,
  setsSchema,
  type WireChange,
  type WireSet,
  zonesSchema,
} from './route53-xml.ts';

export interface Route53Options {
  zone: string;
  access_key_id: string;
  secret_access_key: string;
  session_token?: string | undefined;
  hosted_zone_id?: string | undefined;
  /** https://route53.amazonaws.com */
  url: string;
  /** PEM file. */
  ca?: string | undefined;
  timeoutMs?: number;
  /** By which requests are signed. */
  now?: () => Date;
}

/** A record set as Route 53 has it; `special` says why it is not plain records. */
export interface LiveSet extends WireSet {
  special: string | null;
}

export type Changed = { kind: 'changed'; id: string; status: string } | { kind: 'invalid'; words: string };

const VERSION = '2013-04-01';
const TIMEOUT_MS = 30_000;
const MOST_PAGES = 1000;
const PERMISSION =
  'check `dns.access_key_id` and `dns.secret_access_key`; its policy needs route53:ListResourceRecordSets and route53:ChangeResourceRecordSets for this hosted zone, route53:GetChange, and route53:ListHostedZonesByName unless `dns.hosted_zone_id` is given';

/** Amazon Route 53 as far as the record sets of one hosted zone go. Throws as DnsProvider does. */
export class Route53Client {
  readonly #options: Route53Options;
  #zoneId: string | undefined;

  constructor(options: Route53Options) {
    this.#options = options;
    this.#zoneId = options.hosted_zone_id?.replace(/^\/hostedzone\//, '');
  }

  /** All record sets of this name and type: more than one where there is a routing policy. */
  async sets(name: string, type: string, signal: AbortSignal): Promise<LiveSet[]> {
    const about = `${type} of ${name} at Route 53`;
    const path = `hostedzone/${await this.#zone(signal)}/rrset`;
    const found: LiveSet[] = [];
    let from: Record<string, string> = { name: `${name}.`, type };
    for (let page = 1; page <= MOST_PAGES; page++) {
      const answer = await this.#send({ path: `${path}?${new URLSearchParams(from)}`, about, signal });
      const list = parsed(setsSchema, answer, about).ListResourceRecordSetsResponse;
      const sets = list.ResourceRecordSets.ResourceRecordSet;
      const own = sets.filter((set) => readName(set.Name) === name && set.Type === type);
      found.push(
        ...own.map((set) => ({
          name: set.Name,
          type: set.Type,
          ttl: set.TTL,
          values: set.ResourceRecords.ResourceRecord.map(({ Value }) => Value),
          special: specialty(set),
        })),
      );
      // The sets are in order, from the one that was asked for.
      const { NextRecordName: next = '', NextRecordType: nextType, NextRecordIdentifier: identifier } = list;
      if (list.IsTruncated === 'false' || readName(next) !== name || nextType !== type) break;
      from = { name: next, type, ...(identifier === undefined ? {} : { identifier }) };
    }
    return found;
  }

  /** All changes or none. `invalid`: Route 53 says that they do not fit to what is there, or are not valid. */
  async change(changes: readonly WireChange[], signal: AbortSignal): Promise<Changed> {
    const about = `the change of the zone ${this.#options.zone} at Route 53`;
    const path = `hostedzone/${await this.#zone(signal)}/rrset/`;
    const answer = await this.#ask({ path, body: changeRequest(changes), about, signal });
    if (answer.status === 400) {
      const { code, message } = errorIn(answer.text);
      if (code === 'InvalidChangeBatch') return { kind: 'invalid', words: this.#shown(message) };
    }
    const { Id, Status } = parsed(changedSchema, this.#succeeded(answer, about), about).ChangeResourceRecordSetsResponse
      .ChangeInfo;
    return { kind: 'changed', id: Id.replace(/^\/change\//, ''), status: Status };
  }

  /** PENDING, or INSYNC when all its name servers have it. */
  async status(id: string, signal: AbortSignal): Promise<string> {
    const about = `the change ${id} at Route 53`;
    const answer = await this.#send({ path: `change/${id}`, about, signal });
    return parsed(changeSchema, answer, about).GetChangeResponse.ChangeInfo.Status;
  }

  async #zone(signal: AbortSignal): Promise<string> {
    if (this.#zoneId !== undefined) return this.#zoneId;
    const { zone } = this.#options;
    const about = `the id of the hosted zone ${zone} at Route 53`;
    const query = new URLSearchParams({ dnsname: `${dnsName(zone)}.`, maxitems: '100' });
    const answer = await this.#send({ path: `hostedzonesbyname?${query}`, about, signal });
    const list = parsed(zonesSchema, answer, about).ListHostedZonesByNameResponse.HostedZones.HostedZone;
    const [only, ...more] = list.filter(
      ({ Name, Config }) => readName(Name) === dnsName(zone) && Config.PrivateZone !== 'true',
    );
    if (only === undefined || more.length > 0) {
      throw new MxodusError('DNS_REFUSED', {
        what: `${about}: ${only === undefined ? 'there is none' : `there are ${more.length + 1}`}`,
        why:
          only === undefined
            ? 'the account has no public hosted zone of this name'
            : 'only one of them is delegated to',
        advice:
          only === undefined ? PERMISSION : 'name the one whose name servers the parent has as `dns.hosted_zone_id`',
      });
    }
    this.#zoneId = only.Id.replace(/^\/hostedzone\//, '');
    return this.#zoneId;
  }

  async #send(request: Asked): Promise<ApiAnswer> {
    return this.#succeeded(await this.#ask(request), request.about);
  }

  async #ask({ path, body, about, signal }: Asked): Promise<ApiAnswer> {
    const { url, ca, timeoutMs = TIMEOUT_MS, now = () => new Date(), ...key } = this.#options;
    const method = body === undefined ? 'GET' : 'POST';
    const signed = await new AwsV4Signer({
      method,
      url: `${url.replace(/\/+$/, '')}/${VERSION}/${path}`,
      ...(body === undefined ? {} : { body, headers: { 'content-type': 'text/xml' } }),
      accessKeyId: key.access_key_id,
      secretAccessKey: key.secret_access_key,
      ...(key.session_token === undefined ? {} : { sessionToken: key.session_token }),
      service: 'route53',
      region: regionOf(new URL(url).hostname),
      datetime: now()
        .toISOString()
        .replace(/[:-]|\.\d{3}/g, ''),
    }).sign();
    return apiRequest({
      method,
      url: signed.url.href,
      headers: Object.fromEntries(signed.headers),
      ...(body === undefined ? {} : { body }),
      ca,
      timeoutMs,
      signal,
      about,
      isBusy: ({ status, text }) => status === 400 && BUSY.has(errorIn(text).code),
    });
  }

  #succeeded(answer: ApiAnswer, about: string): ApiAnswer {
    if (answer.status === 200) return answer;
    const { code, message } = errorIn(answer.text);
    const words = this.#shown(`${code} ${message}`);
    if (BUSY.has(code)) {
      throw new MxodusError('DNS_ANSWER', {
        what: `${about}: ${words}`,
        why: 'Route 53 takes five requests a second of an account, and one change of a zone at a time',
        advice: 'run the same command later: it looks at the live records first',
        hint: { scope: 'host', kind: 'pause', pauseMs: null, words },
      });
    }
    if (/^Signature (expired|not yet current)/.test(message) || code === 'RequestExpired') {
      throw new MxodusError('DNS_REFUSED', {
        what: `${about}: ${words}`,
        why: 'the clock of this machine is wrong by more than five minutes',
        advice: 'set the clock (NTP); nothing was changed',
      });
    }
    throw apiTrouble(answer, { about, words, secrets: [], permission: PERMISSION });
  }

  #shown(words: string): string {
    const { secret_access_key: secret, session_token: token = '' } = this.#options;
    return plainWords(words, [secret, token]);
  }
}

function specialty({ AliasTarget, SetIdentifier }: { AliasTarget?: unknown; SetIdentifier?: unknown }): string | null {
  if (AliasTarget !== undefined) return 'an alias';
  return SetIdentifier === undefined ? null : 'under a routing policy';
}

interface Asked {
  /** Below the version. */
  path: string;
  /** Then it is a change. */
  body?: string;
  about: string;
  signal: AbortSignal;
}

const BUSY: ReadonlySet<string> = new Set(['Throttling', 'ThrottlingException', 'PriorRequestNotComplete']);

/** Route 53 is one service for a whole partition, in one region of it. */
function regionOf(host: string): string {
  if (host.endsWith('.amazonaws.com.cn')) return 'cn-northwest-1';
  return host.includes('us-gov') ? 'us-gov-west-1' : 'us-east-1';
}

/** Octal escapes stand for what is no letter, digit, "-" or "_": "\052.example.com." */
function readName(name: string): string {
  return dnsName(
    name.replace(/\\([0-3][0-7]{2})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8))),
  );
}

function parsed<T extends z.ZodType>(schema: T, { status, text }: ApiAnswer, about: string): z.output<T> {
  const { data, error } = schema.safeParse(parseXml(text));
  if (error === undefined) return data;
  throw new MxodusError('DNS_ANSWER', {
    what: `the answer about ${about} is not what was expected (HTTP ${status})`,
    why: `it is not the XML of Route 53's API: ${error.issues[0]?.path.join('.') ?? 'nothing in it'}`,
    advice: 'check `dns.url`; then run the same command: it looks at the live records first',
  });
}
