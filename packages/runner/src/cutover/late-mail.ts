import type { CutoverPorts } from './ports.ts';
import type { Run } from './run-context.ts';

/** What is needed of a run to note its late mail. */
export interface LateMailRun extends Pick<Run, 'progress' | 'emit' | 'signal'> {
  ports: Pick<CutoverPorts, 'lateMail'>;
}

/**
 * After a drain pass: what it fetched is explained and told. The MX is switched and the mail is safe, so trouble here is told, and never
 * stops the drain. @param since milliseconds since the epoch: when the pass began
 */
export async function noteLateMail(run: LateMailRun, since: number): Promise<void> {
  const { ports, progress, emit, signal } = run;
  if (progress.switchedAt === null) return;
  try {
    for (const { v: _version, ...row } of await ports.lateMail.collect(since, progress.switchedAt, signal)) {
      emit({ type: 'late_mail', ...row });
    }
  } catch (error) {
    signal.throwIfAborted();
    const why = error instanceof Error ? error.message : String(error);
    emit({ type: 'cutover_notice', text: `late mail was fetched, and cannot be explained: ${why}` });
  }
}
