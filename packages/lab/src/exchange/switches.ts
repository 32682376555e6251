/**
 * What the simulated Microsoft 365 does where Microsoft says nothing or is seen doing either: one line a behaviour, with its source
 * (D documented, O observed, I inferred, by the facts). Documented and observed behaviour is the default; of an inferred one the default
 * is the harder of the two for a client, unless its line says otherwise. Tests change them while it runs.
 */
export interface SimSwitches extends FrameSwitches, MailboxSwitches, ContentSwitches {}

/** The frame: sign-in, throttling, directory, $batch. */
export interface FrameSwitches {
  /** How a 429 says when to come again: seconds (D), an HTTP-date (RFC 9110 10.2.3), not at all (O), or these fixed seconds (O). */
  retryAfter: 'seconds' | 'http-date' | 'missing' | 'zero' | '300';
  /** Requests to pre-authenticated addresses count for the limits of their mailbox (D: they cover attachments and import/export). */
  throttlePreauthenticated: boolean;
  /** How many requests of one $batch run at once (D: at most 4 for Outlook). */
  batchParallel: number;
  /** The answers of a $batch come in an order of their own (D: any order). */
  batchShuffled: boolean;
  /** The 404 of mail paths of someone who has no mailbox (O: alternately). */
  unknownMailboxCode: 'ErrorInvalidUser' | 'ResourceNotFound' | 'Request_ResourceNotFound' | 'ErrorNonExistentMailbox';
  /** "#microsoft.graph.domainDnsMxRecord" (D, the resource page) or without "#" (D, the example of the list page). */
  typesWithHash: boolean;
  /** serviceConfigurationRecords answers one domainDnsUnavailableRecord in place of records (D). */
  serviceRecordsUnavailable: boolean;
  /** What serviceConfigurationRecords of an unverified domain is (I): an empty list, or 404. */
  unverifiedServiceRecords: 'empty' | 'not-found';
  /** POST /domains of a domain that another managed tenant holds (I: the status is not said). */
  domainHeldStatus: 400 | 409;
  /** The usage report names "5F2A…" in place of people (I: a privacy setting of the tenant; default off). */
  reportConceals: boolean;
  /** The usage report is this old (I: about 48 h). */
  reportLagHours: number;
}

/** Folders and messages. */
export interface MailboxSwitches {
  /** JSON receivedDateTime/sentDateTime in a create (O: ignored or refused; the dates are never taken). */
  jsonDates: 'ignored' | 'refused';
  /** Other read-only properties (id, isDraft, hasAttachments, ...) in a create or PATCH (I). */
  readOnlyProperties: 'ignored' | 'refused';
  /** A subject above 255 characters (D: the limit; I: what becomes of it). Default: cut, which a client does not see. */
  longSubject: 'cut' | 'refused';
  /** $top above 1000 (I). */
  topAboveMaximum: 'refused' | 'clamped';
  /** $top above 250 with $expand is 504 UnknownError (O: now and then; default off). */
  slowExpand: boolean;
  /** The statuses of ErrorFolderExists (O: both), ErrorQuotaExceeded (O: both), ErrorMessageSizeExceeded (I). */
  folderExistsStatus: 409 | 400;
  quotaStatus: 507 | 400;
  messageSizeStatus: 400 | 413;
  /** Names of folders that are not for mail (Calendar, Contacts) are taken at the root, although no list of mail folders has them (I). */
  reservedNamesCollide: boolean;
  /** What @odata.nextLink goes on by (I). */
  nextLinkBy: 'skip' | 'skiptoken';
  /** An id is only good for requests of its own kind: with or without Prefer: IdType="ImmutableId" (I). */
  idKindMustMatch: boolean;
  /** Milliseconds until $filter and lists of the whole mailbox show a new message (I: 0 to 10 s). */
  visibilityDelay: number;
  /** Milliseconds that totalItemCount and unreadItemCount lag behind (I). */
  countLag: number;
  /** Different named properties a mailbox can hold (O: finite; I: how many). */
  namedPropertyLimit: number;
  /** Attachments of a message, subfolders of a folder, depth of folders (D). */
  attachmentLimit: number;
  childFolderLimit: number;
  folderDepthLimit: number;
  /** From when on sensitive properties of non-drafts need Mail-Advanced.ReadWrite.All (D), and how that is refused (I). */
  advancedFrom: string;
  advancedRefusal: 'ErrorAccessDenied' | 'Authorization_RequestDenied';
}

/** Attachments, upload sessions, MIME, delta, import and export. */
export interface ContentSwitches {
  /** Attachments of a non-draft after `advancedFrom` without Mail-Advanced.ReadWrite.All (I; default allowed, as seen until then). */
  nonDraftAttachments: 'allowed' | 'refused';
  /** Upload sessions below this are refused (O: 3 MB; I: which meaning of it), bytes. */
  uploadMinimumBytes: number;
  /** How long an upload address is good (I), seconds. */
  uploadLifetimeSeconds: number;
  /** The status of a range that does not go on where the last one ended (I: both are plausible). */
  uploadOutOfOrderStatus: 400 | 416;
  /** /beta importMime: there, or not rolled out (I: beta; default there, as documented). */
  importMime: 'present' | 'missing';
  /** What becomes receivedDateTime of an imported message (I: not said): its topmost Received, its Date, or the time of the import. */
  importMimeDate: 'received-header' | 'date-header' | 'now';
  /** An imported message is read (I: not said; default unread). */
  importMimeRead: boolean;
  /** Custom X- headers of 0x007D in the MIME that $value makes (O: lost). */
  mimeCustomHeaders: 'lost' | 'kept';
  /** Until a delta token is 410 syncStateNotFound (D: that it is; I: when), seconds. */
  deltaLifetimeSeconds: number;
  /** Items of a delta page without Prefer: odata.maxpagesize (I). */
  deltaPageSize: number;
  /** The status of createImportSession (D: the reference says 200, its prose 201). */
  importSessionStatus: 200 | 201;
  importLifetimeSeconds: number;
  /** Folders with "/" in their name over IMAP, where it is the separator (I): not there, or with "_" in its place. */
  imapSlashNames: 'hidden' | 'underscore';
}

const FRAME_DEFAULTS: FrameSwitches = {
  retryAfter: 'seconds',
  throttlePreauthenticated: true,
  batchParallel: 4,
  batchShuffled: true,
  unknownMailboxCode: 'ErrorInvalidUser',
  typesWithHash: false,
  serviceRecordsUnavailable: false,
  unverifiedServiceRecords: 'empty',
  domainHeldStatus: 400,
  reportConceals: false,
  reportLagHours: 48,
};

const MAILBOX_DEFAULTS: MailboxSwitches = {
  jsonDates: 'ignored',
  readOnlyProperties: 'ignored',
  longSubject: 'cut',
  topAboveMaximum: 'refused',
  slowExpand: false,
  folderExistsStatus: 409,
  quotaStatus: 507,
  messageSizeStatus: 400,
  reservedNamesCollide: true,
  nextLinkBy: 'skip',
  idKindMustMatch: true,
  visibilityDelay: 0,
  countLag: 0,
  namedPropertyLimit: 16_000,
  attachmentLimit: 250,
  childFolderLimit: 10_000,
  folderDepthLimit: 300,
  advancedFrom: '2026-12-31T00:00:00Z',
  advancedRefusal: 'ErrorAccessDenied',
};

const CONTENT_DEFAULTS: ContentSwitches = {
  nonDraftAttachments: 'allowed',
  uploadMinimumBytes: 3_000_000,
  uploadLifetimeSeconds: 3600,
  uploadOutOfOrderStatus: 400,
  importMime: 'present',
  importMimeDate: 'now',
  importMimeRead: false,
  mimeCustomHeaders: 'lost',
  deltaLifetimeSeconds: 2_592_000,
  deltaPageSize: 10,
  importSessionStatus: 200,
  importLifetimeSeconds: 3600,
  imapSlashNames: 'hidden',
};

export const DEFAULT_SWITCHES: Readonly<SimSwitches> = {
  ...FRAME_DEFAULTS,
  ...MAILBOX_DEFAULTS,
  ...CONTENT_DEFAULTS,
};
