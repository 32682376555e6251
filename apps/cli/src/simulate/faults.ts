import type { DnsOptions } from '@mxodus/lab';
import type { CutoverState } from '@mxodus/model';

/** What can go wrong on purpose, by name. */
export const FAULTS = [
  'secondary-lags',
  'secondary-down',
  'third-party-edit',
  'recipient-refused',
  'catch-all',
  'greylist',
  'new-mx-down',
  'provider-says-yes-serves-old',
  'kill-and-resume',
  'rollback',
] as const;

export type FaultName = (typeof FAULTS)[number];

export const FAULT_WORDS: Readonly<Record<FaultName, string>> = {
  'secondary-lags': 'the secondary name server learns of each change seconds late',
  'secondary-down': 'the secondary name server is down for a while before the switch',
  'third-party-edit': 'somebody else changes the MX before the switch: nothing of theirs may be overwritten',
  'recipient-refused': 'the new mail host refuses one address',
  'catch-all': 'the new mail host takes any address, so its yes proves nothing',
  greylist: 'the new mail host puts everybody off (451)',
  'new-mx-down': 'the new mail host is down for a while after the switch',
  'provider-says-yes-serves-old': 'the provider accepts changes, and the name servers never serve them',
  'kill-and-resume': 'the run is killed (-9) again and again, and started anew',
  rollback: 'a person asks for the old state while mail is drained',
};

/** What a fault does to the stage while the cutover runs. */
export interface FaultActions {
  say(text: string): void;
  pause(ms: number): Promise<void>;
  /** Kills the run with -9; it is started anew. */
  kill(): void;
  /** Asks the run to end. */
  giveUp(why: string): void;
  secondary: { stop(): Promise<void>; start(): Promise<void> };
  newHosts: { stop(): Promise<void>; start(): Promise<void> };
  editMx(): Promise<void>;
  rollBack(): Promise<void>;
}

export interface FaultMoment {
  /** Entries of the journal so far, in this and earlier runs. */
  entries: number;
  event: string;
  state: CutoverState;
  /** Whether the state is new. */
  entered: boolean;
}

/** Whether a fault changes how the servers are started. */
export interface StageFaults {
  dns: Partial<Pick<DnsOptions, 'notify' | 'refresh'>>;
  /** Changes go to a name server nobody asks. */
  deaf: boolean;
  catchAll: boolean;
  refused: '550' | '451' | null;
  /** Of these addresses at each new host: the first, or all. */
  refuses: 'first' | 'all';
}

export function stageFaults(faults: readonly FaultName[]): StageFaults {
  const has = (name: FaultName): boolean => faults.includes(name);
  return {
    dns: has('secondary-lags') ? { notify: false, refresh: 3600 } : {},
    deaf: has('provider-says-yes-serves-old'),
    catchAll: has('catch-all'),
    refused: has('recipient-refused') ? '550' : has('greylist') ? '451' : null,
    refuses: has('recipient-refused') ? 'first' : 'all',
  };
}

const DOWN_MS = 5000;
const LAG_MS = 4000;
const GIVE_UP_MS = 12_000;
const KILLS = 5;
const ENTRIES_BETWEEN_KILLS = 3;

/** What happens at a moment of the cutover; resolves when it is over. The cutover goes on meanwhile. */
export async function playFaults(
  faults: readonly FaultName[],
  moment: FaultMoment,
  actions: FaultActions,
): Promise<void> {
  await Promise.all(faults.map((fault) => playFault(fault, moment, actions)));
}

async function playFault(fault: FaultName, moment: FaultMoment, actions: FaultActions): Promise<void> {
  const { event, state, entered, entries } = moment;
  const { say, pause } = actions;
  const enters = (wanted: CutoverState): boolean => entered && state === wanted;
  switch (fault) {
    case 'secondary-lags':
      if (event !== 'accepted') return;
      say(`the secondary does not know of it for ${LAG_MS / 1000} s`);
      await pause(LAG_MS);
      await actions.secondary.start();
      return say('the secondary has fetched the zones');
    case 'secondary-down':
      if (!enters('TTL_LOWERED')) return;
      await actions.secondary.stop();
      say('the secondary is down');
      await pause(DOWN_MS);
      await actions.secondary.start();
      return say('the secondary is back');
    case 'third-party-edit':
      if (!enters('ARMED')) return;
      await actions.editMx();
      return say('somebody else changed the MX');
    case 'new-mx-down':
      if (!enters('PROPAGATING')) return;
      await actions.newHosts.stop();
      say('the new mail hosts are down');
      await pause(DOWN_MS);
      await actions.newHosts.start();
      return say('the new mail hosts are back');
    case 'provider-says-yes-serves-old':
      if (event !== 'accepted') return;
      await pause(GIVE_UP_MS);
      return actions.giveUp('the change was accepted and is served nowhere; the run waits for it, and is ended here');
    case 'kill-and-resume':
      if (entries % ENTRIES_BETWEEN_KILLS !== 0 || entries / ENTRIES_BETWEEN_KILLS > KILLS) return;
      say('the run is killed');
      return actions.kill();
    case 'rollback':
      if (!enters('DRAINING')) return;
      say('the old state is asked for');
      return actions.rollBack();
    case 'recipient-refused':
    case 'catch-all':
    case 'greylist':
      return;
  }
}
