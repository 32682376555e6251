/**
 * The states of a cutover (design: facts/dns-cutover 1.4). Each is entered by a line in the journal and survives a crash.
 *
 *   state         meaning                                                                   next
 *   DRAFT         nothing was changed                                                       AUDITED
 *   AUDITED       gates were green                                                          STAGED
 *   STAGED        additive records are served everywhere, their absence is out of caches    TTL_LOWERED
 *   TTL_LOWERED   TTL change accepted; once every server serves it the old one runs out     ARMED
 *   ARMED         safe_at passed: every cache holds the low TTL                             FROZEN
 *   FROZEN        window open, final delta done                                             SWITCHED
 *   SWITCHED      MX change accepted (of the first zone, where there are several)           PROPAGATING
 *   PROPAGATING   late mail is fetched; every server must serve it, the low TTL runs out    VERIFIED
 *   VERIFIED      canaries arrived at the new servers only, nothing bounced                 DRAINING
 *   DRAINING      append-only passes until quiet; then the TTL goes back                    RESTORED
 *   RESTORED      TTL is back on every server; done                                         CLOSED
 *   CLOSED        a last look found the old servers quiet; they may be switched off         -
 *   ROLLING_BACK  asked for by a person, from any state before CLOSED: the old MX goes      ROLLED_BACK
 *                 back, then mail that reached the new servers is copied back, then the TTL
 *   ROLLED_BACK   as before the cutover, and no mail lost                                   DRAFT (a new run)
 */
export const CUTOVER_STATES = [
  'DRAFT',
  'AUDITED',
  'STAGED',
  'TTL_LOWERED',
  'ARMED',
  'FROZEN',
  'SWITCHED',
  'PROPAGATING',
  'VERIFIED',
  'DRAINING',
  'RESTORED',
  'CLOSED',
  'ROLLING_BACK',
  'ROLLED_BACK',
] as const;

export type CutoverState = (typeof CUTOVER_STATES)[number];

/**
 * The changes a cutover makes, in order; the last three undo the ones of their name.
 *
 *   phase     changes                                    from              to
 *   stage     additive records                           before            after
 *   lower     TTL of everything the switch replaces      before            before, low TTL
 *   switch    MX, and what changes with it               before, low TTL   after, low TTL
 *   restore   TTL of these; records that change last     after, low TTL    after
 *   unswitch  MX, and what changed with it               after, low TTL    before, low TTL (or after itself, once restored)
 *   unlower   TTL                                        before, low TTL   before
 *   unstage   additive records                           after             before
 */
export const CHANGE_PHASES = ['stage', 'lower', 'switch', 'restore', 'unswitch', 'unlower', 'unstage'] as const;

export type ChangePhase = (typeof CHANGE_PHASES)[number];
