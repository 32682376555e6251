import { beforeEach, describe, expect, it } from 'vitest';
import { completePass, type DeletePolicy } from './complete-pass.ts';
import { recoverLedger } from './lost-ledger.ts';
import { emptyMailbox, type Item, type Mailbox, type SourceMessage } from './mailbox.ts';
import { applyStep } from './step.ts';

let mailbox: Mailbox;
let message: SourceMessage;
const content = { name: '#1 plain', sha256: 'a'.repeat(64) };
const [bytes, date] = [Buffer.from('x'), '2020-01-01T00:00:00Z'];

const pass = (policy: DeletePolicy = 'keep'): void => completePass(mailbox, policy);
const copy = (): Item => {
  if (typeof message.copy !== 'object') throw new Error(`The copy is ${message.copy}.`);
  return message.copy;
};
const destination = (): string[] => [...mailbox.items].map(({ folder, flags }) => [folder, ...flags].join(' ')).sort();
const store = (one: { at: 'source' } | { at: 'destination' }, add: string[], remove: string[] = []): void =>
  applyStep(
    mailbox,
    one.at === 'source'
      ? { at: 'source', do: 'store', messages: [message], add, remove }
      : { at: 'destination', do: 'store', messages: [copy()], add, remove },
    [],
  );
const moveAtSource = (to: string): void =>
  applyStep(mailbox, { at: 'source', do: 'move', messages: [message], to, by: 'move' }, [null]);
const moveAtDestination = (to: string): void =>
  applyStep(mailbox, { at: 'destination', do: 'move', messages: [copy()], to, by: 'move' }, [null]);
const deleteAtSource = (): void => applyStep(mailbox, { at: 'source', do: 'delete', messages: [message] }, []);
const deleteAtDestination = (): void => applyStep(mailbox, { at: 'destination', do: 'delete', messages: [copy()] }, []);

beforeEach(() => {
  mailbox = emptyMailbox(['INBOX', 'Work', 'Trash']);
  const step = { content, bytes, folder: 'INBOX', date, flags: ['\\Seen'], by: 'append' } as const;
  applyStep(mailbox, { at: 'source', do: 'deliver', ...step }, [1]);
  for (const only of mailbox.messages) message = only;
  pass();
});

describe('flags', () => {
  it('that the source changed change, those that the user changed stay', () => {
    store({ at: 'source' }, ['Work'], ['\\Seen']);
    store({ at: 'destination' }, ['\\Flagged']);
    pass();
    expect(destination()).toEqual(['INBOX \\Flagged Work']);
  });

  it('that the user took away are not set again, unless the source sets them anew', () => {
    store({ at: 'destination' }, [], ['\\Seen']);
    pass();
    expect(destination()).toEqual(['INBOX']);
    store({ at: 'source' }, [], ['\\Seen']);
    pass();
    store({ at: 'source' }, ['\\Seen']);
    pass();
    expect(destination()).toEqual(['INBOX \\Seen']);
  });
});

describe('a move at the source', () => {
  it('moves the copy', () => {
    moveAtSource('Work');
    pass();
    expect(destination()).toEqual(['Work \\Seen']);
  });

  it('does nothing to what the user moved or deleted', () => {
    moveAtDestination('Trash');
    moveAtSource('Work');
    pass();
    expect(destination()).toEqual(['Trash \\Seen']);
  });

  it('of a whole folder moves all copies', () => {
    moveAtSource('Work');
    applyStep(mailbox, { at: 'source', do: 'rename', folder: 'Work', to: 'Done' }, []);
    pass();
    expect(destination()).toEqual(['Done \\Seen']);
  });
});

describe('a delete at the source', () => {
  it.each([
    ['keep', ['INBOX \\Seen']],
    ['trash', ['Trash \\Seen']],
    ['mirror', []],
  ] as const)('with deletes: %s leaves %j', (policy, left) => {
    deleteAtSource();
    pass(policy);
    expect(destination()).toEqual(left);
  });

  it('does nothing to what the user moved', () => {
    moveAtDestination('Work');
    deleteAtSource();
    pass('mirror');
    expect(destination()).toEqual(['Work \\Seen']);
  });

  it('before the first copy leaves nothing', () => {
    const other = { name: '#2 plain', sha256: 'b'.repeat(64) };
    const step = { content: other, bytes, folder: 'INBOX', date, flags: [], by: 'append' } as const;
    applyStep(mailbox, { at: 'source', do: 'deliver', ...step }, [2]);
    const messages = [...mailbox.messages].filter((one) => one.content === other);
    applyStep(mailbox, { at: 'source', do: 'delete', messages }, []);
    pass('trash');
    expect(destination()).toEqual(['INBOX \\Seen']);
  });
});

it('what the user deleted does not come back', () => {
  deleteAtDestination();
  store({ at: 'source' }, ['Work']);
  pass();
  expect(destination()).toEqual([]);
  expect(message.copy).toBe('users');
});

it('a copy at the source is a second message', () => {
  applyStep(mailbox, { at: 'source', do: 'copy', messages: [message], to: 'Work' }, [1]);
  pass();
  expect(destination()).toEqual(['INBOX \\Seen', 'Work \\Seen']);
});

describe('after a lost ledger', () => {
  it('what the user deleted may come back once', () => {
    deleteAtDestination();
    pass();
    recoverLedger(mailbox, () => 1);
    expect(destination()).toEqual(['INBOX \\Seen']);
    recoverLedger(mailbox, () => 1);
    expect(destination()).toEqual(['INBOX \\Seen']);
  });

  it('and may as well stay away', () => {
    deleteAtDestination();
    pass();
    recoverLedger(mailbox, () => 0);
    expect(destination()).toEqual([]);
    expect(message.copy).toBe('unsure');
  });

  it('flags stay as the user left them', () => {
    store({ at: 'destination' }, ['\\Flagged'], ['\\Seen']);
    pass();
    recoverLedger(mailbox, () => 1);
    expect(destination()).toEqual(['INBOX \\Flagged']);
  });
});

it('where the user put the copy back, mxodus may or may not look after it again', () => {
  moveAtDestination('Work');
  const [item] = [...mailbox.items];
  if (item === undefined) throw new Error('The item is gone.');
  applyStep(mailbox, { at: 'destination', do: 'move', messages: [item], to: 'INBOX', by: 'move' }, [null]);
  pass();
  expect(message.copy).toBe('unsure');
});
