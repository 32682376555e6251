import { invariant, type Job } from '@mxodus/model';

/** Ids that every queue takes. */
export function checkIds(jobs: readonly Job[]): void {
  for (const { id } of jobs) {
    invariant(/^[A-Za-z0-9_-]+$/.test(id) && !/^\d+$/.test(id), `job id ${id} has letters, digits, - and _ only`);
  }
}
