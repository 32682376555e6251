import type { Mailbox, Stored } from '../model/mailbox.ts';
import type { Step } from '../model/step.ts';
import type { Weights } from '../random.ts';
import type { Choice, Mood, StepName } from './choice.ts';
import { destinationSteps } from './destination-steps.ts';
import { sourceSteps } from './source-steps.ts';

const WEIGHTS: Readonly<Record<Mood, Weights<StepName>>> = {
  wild: {
    deliver: 22,
    double: 4,
    store: 14,
    delete: 8,
    move: 12,
    copy: 4,
    create: 2,
    rename: 2,
    remove: 1,
    'own-deliver': 5,
    'own-store': 12,
    'own-move': 6,
    'own-delete': 6,
    'own-create': 1,
  },
  calm: { deliver: 20, double: 3, create: 2, 'own-deliver': 5, 'own-create': 1 },
  mild: { deliver: 10, store: 3, 'own-deliver': 3, 'own-store': 3 },
  'mild-calm': { deliver: 10, 'own-deliver': 3 },
};

/** The next thing the user does; null: what was drawn cannot be done now. */
export function chooseStep(choice: Choice, without: ReadonlySet<string>): Step | null {
  const name = choice.random.weighted(WEIGHTS[choice.mood]);
  if (without.has(name)) return null;
  const step = { ...sourceSteps, ...destinationSteps }[name](choice);
  if (step !== null) note(choice, step);
  return step;
}

/** Remembers what the step rules out until the next complete pass. */
function note({ mailbox, period }: Choice, step: Step): void {
  if (step.do === 'create') period.folders.add(step.folder);
  if (step.do === 'store') for (const message of step.messages) period.flagged.add(message);
  if (step.at === 'destination') return;
  const moved = movedBy(mailbox, step);
  for (const { content } of moved) period.moved.add(content);
  if (step.do === 'delete' || step.do === 'remove') for (const { content } of moved) period.sealed.add(content);
  if (step.do === 'rename' || step.do === 'remove') period.folders.add(step.folder);
  if (step.do === 'rename') period.folders.add(step.to);
}

function movedBy(mailbox: Mailbox, step: Step): readonly Pick<Stored, 'content'>[] {
  switch (step.do) {
    case 'deliver':
      return [step];
    case 'delete':
    case 'move':
    case 'copy':
      return step.messages;
    case 'rename':
    case 'remove':
      return [...mailbox.messages].filter(({ folder }) => folder === step.folder);
    default:
      return [];
  }
}
