import {
  type ApplyResult,
  type DnsCapabilities,
  type DnsProvider,
  MxodusError,
  type RrsetChange,
  sameRrset,
} from '@mxodus/model';
import { plainWords } from '../../http/plain-words.ts';
import { driftText, type FoundChange, isDone, judgeTogether } from '../../http/zone-guard.ts';
import {
  type Answer,
  capabilitiesSchema,
  changedSchema,
  type Question,
  readSchema,
  rehearsedSchema,
} from './exec-protocol.ts';
import { runProgram, type Said } from './run-program.ts';

export interface ExecOptions {
  zone: string;
  command: readonly string[];
  /** How long one run may take; milliseconds. */
  timeout: number;
  /** Where it is run. */
  directory: string;
}

const SERVICE = 'the program';

/**
 * A program of the user's own that can change a zone: one JSON object on its standard input, one on its standard output, for each question
 * (docs/cutover.md). Whatever it promises of itself, what is there is read and compared right before a change. It is not read again after
 * it: a program may hand the change to something that takes its time, and the servers of the zone are observed anyway.
 */
export async function execProvider(options: ExecOptions): Promise<DnsProvider> {
  const ask = (question: Question, signal: AbortSignal): Promise<Said> => runProgram(options, question, signal);
  const start = { v: 1, zone: options.zone } as const;
  const { signal: untilTimeout } = new AbortController();
  const capabilities: DnsCapabilities = parsed(
    capabilitiesSchema,
    await ask({ ...start, action: 'capabilities' }, untilTimeout),
    options,
  );
  const look = async (changes: readonly RrsetChange[], signal: AbortSignal): Promise<FoundChange[]> => {
    const names = changes.map(({ name, type }) => ({ name, type }));
    const { rrsets } = parsed(readSchema, await ask({ ...start, action: 'read', names }, signal), options);
    return changes.map((change) => {
      const found = rrsets.find(({ name, type }) => name === change.name && type === change.type);
      return { ...change, live: found ?? { ttl: 0, records: [] } };
    });
  };
  return {
    name: 'exec',
    capabilities,
    apply: async (changes, signal): Promise<ApplyResult> => {
      const found = await look(changes, signal);
      const left = capabilities.atomic ? together(found) : oneByOne(found);
      if (left.kind !== 'change') return left.result;
      const answer = parsed(
        changedSchema,
        await ask({ ...start, action: 'apply', changes: left.changes }, signal),
        options,
      );
      if (answer.kind === 'conflict') return { kind: 'conflict', why: plainWords(answer.why, []) };
      return { kind: 'applied', serial: answer.serial ?? null, changeId: answer.change_id ?? null };
    },
    rehearse: async (changes, signal) => {
      const asExpected = (await look(changes, signal)).every(({ live, before }) => sameRrset(live, before));
      if (!asExpected) return 'unknown';
      return parsed(
        rehearsedSchema,
        await ask({ ...start, action: 'rehearse', changes: [...changes] }, signal),
        options,
      ).kind;
    },
  };
}

type Left = { kind: 'change'; changes: RrsetChange[] } | { kind: 'over'; result: ApplyResult };

const DONE: Left = { kind: 'over', result: { kind: 'applied', serial: null, changeId: null } };

function together(found: readonly FoundChange[]): Left {
  const verdict = judgeTogether(found, SERVICE);
  if (verdict.kind === 'conflict') return { kind: 'over', result: verdict };
  return verdict.kind === 'done' ? DONE : { kind: 'change', changes: found.map(asked) };
}

/** What an earlier run has done is left alone. */
function oneByOne(found: readonly FoundChange[]): Left {
  const open = found.filter((change) => !isDone(change));
  const drifted = open.find(({ live, before }) => !sameRrset(live, before));
  if (drifted !== undefined) return { kind: 'over', result: { kind: 'conflict', why: driftText(drifted, SERVICE) } };
  return open.length === 0 ? DONE : { kind: 'change', changes: open.map(asked) };
}

const asked = ({ name, type, before, after }: FoundChange): RrsetChange => ({ name, type, before, after });

/** A definite no has an error of its own; anything that is not understood leaves the change in doubt. */
function parsed<T>(schema: Answer<T>, { answer, trouble }: Said, { command }: ExecOptions): T {
  const refusal = schema.refusal.safeParse(answer);
  if (refusal.success) {
    throw new MxodusError('DNS_REFUSED', {
      what: `${command[0]} refused: ${plainWords(refusal.data.why, [])}`,
      why: 'the program of `dns.command` says no; it has changed nothing',
      advice: 'do what it says, then run the same command',
    });
  }
  if (trouble !== null) throw trouble;
  const result = schema.answer.safeParse(answer);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw new MxodusError('DNS_ANSWER', {
    what: `the answer of ${command[0]} is not what was expected`,
    why: `${issue?.path.join('.') || 'it'}: ${issue?.message ?? 'is of another form'}`,
    advice:
      'correct the program (docs/cutover.md has its protocol); then run the same command: it looks at the live records first',
  });
}
