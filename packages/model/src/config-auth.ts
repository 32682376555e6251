import { z } from 'zod';
import { name, secretSchema } from './config-secret.ts';

/** How to sign in to an IMAP server: the `auth` of a server of the config. */

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** Secrets may be sent there: https, or http to this machine. */
export const isSafeEndpoint = (url: string): boolean => {
  const parsed = URL.parse(url);
  // A password in an address would be shown with it.
  if (parsed === null || parsed.username !== '' || parsed.password !== '') return false;
  return parsed.protocol === 'https:' || (parsed.protocol === 'http:' && LOOPBACK.test(parsed.hostname));
};

export const endpoint = z
  .url()
  .refine(isSafeEndpoint, 'expected an https address without a user (http is for loopback only)');

export const credential = z
  .union([
    z.strictObject({ secret: secretSchema }),
    z.strictObject({ certificate: name.describe('PEM file'), key: secretSchema }),
  ])
  .describe("the app's `{ secret: … }`, or its `{ certificate: FILE, key: … }` (RSA, PEM)");

const TOKEN_WAYS = ['token', 'refresh', 'app', 'service_account'] as const;

const xoauth2 = z
  .strictObject({
    method: z.literal('xoauth2'),
    token: secretSchema
      .optional()
      .describe(
        'a ready access token; a file or command is read anew for every connection, so that others may renew it',
      ),
    refresh: z
      .strictObject({
        token_url: endpoint.describe(
          'Google: https://oauth2.googleapis.com/token; Microsoft: …/TENANT/oauth2/v2.0/token',
        ),
        client_id: name.describe('id of the app registration'),
        client_secret: secretSchema.optional().describe('secret of the app registration, where it has one'),
        refresh_token: secretSchema
          .optional()
          .describe("one for all mailboxes; without it, each mailbox's `password` is its refresh token"),
        scope: name.optional().describe('what to ask for, where the service wants it said'),
      })
      .optional()
      .describe('access tokens by the refresh token grant (RFC 6749)'),
    app: z
      .strictObject({
        tenant: name.describe('the tenant id of Microsoft Entra'),
        client_id: name.describe('id of the app registration; it needs IMAP.AccessAsApp'),
        credential,
        authority: endpoint.default('https://login.microsoftonline.com').describe('address of the sign-in service'),
      })
      .optional()
      .describe('Microsoft 365, app-only: one app signs in for every mailbox'),
    service_account: z
      .strictObject({ key_file: secretSchema.describe("the service account's key, JSON as Google Cloud makes it") })
      .optional()
      .describe('Google Workspace, domain-wide delegation: one service account signs in for every mailbox'),
  })
  .refine(
    (auth) => TOKEN_WAYS.filter((way) => auth[way] !== undefined).length === 1,
    'expected exactly one of `token`, `refresh`, `app` and `service_account`',
  )
  .describe('OAuth2 access tokens, by XOAUTH2 or OAUTHBEARER');

export const imapAuth = z.discriminatedUnion('method', [
  z.strictObject({ method: z.literal('login') }).describe("each mailbox's own user and password"),
  z
    .strictObject({
      method: z.literal('plain'),
      user: name.optional().describe('an admin who signs in for every mailbox and acts as its user (authzid)'),
      password: secretSchema.optional().describe("the admin's password"),
    })
    .refine(
      (auth) => (auth.user === undefined) === (auth.password === undefined),
      'expected `user` and `password` of the admin together, or neither',
    )
    .describe('the same, by SASL PLAIN (RFC 4616), or by an admin'),
  z
    .strictObject({
      method: z.literal('master'),
      user: name.describe('the master user'),
      password: secretSchema.describe("the master user's password"),
      separator: z.string().default('*').describe('what the server wants between USER and MASTER'),
    })
    .describe('one master user signs in for every mailbox, as USER*MASTER'),
  xoauth2,
]);

export type ImapAuthConfig = z.output<typeof imapAuth>;
