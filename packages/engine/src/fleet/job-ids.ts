/** What a job of the queue stands for: a task, or the folders of one of its groups. */
export interface FleetJob {
  taskId: number;
  /** null: the task itself. */
  group: number | null;
}

export const jobIdOf = (taskId: number, group: number | null = null): string =>
  group === null ? `t${taskId}` : `t${taskId}-f${group}`;

/** null: it is no job of a fleet. */
export function fleetJobOf(id: string): FleetJob | null {
  const [, task, group] = /^t(\d{1,15})(?:-f(\d{1,3}))?$/.exec(id) ?? [];
  if (task === undefined) return null;
  return { taskId: Number(task), group: group === undefined ? null : Number(group) };
}
