import { describe, expect, it } from 'vitest';
import { createRandom } from '../../seed/random.ts';
import { dumpMailbox } from './dump.ts';
import { emptyContent } from './item.ts';
import { KEY, migrated, simulate } from './mailbox.test.support.ts';

describe('a mailbox', () => {
  it('has two ids of messages that differ only in case, and some longer than 255, from the seed', () => {
    const two = simulate();
    two.create();
    two.create();
    for (const kind of ['id', 'immutableId'] as const) {
      const [first, second] = [...two.store.items()].map((item) => item[kind]);
      expect(first).not.toBe(second);
      expect(first?.toLowerCase()).toBe(second?.toLowerCase());
    }
    const ids = (): string[] => {
      const sim = simulate();
      for (let count = 0; count < 200; count += 1) sim.create();
      return [...sim.store.items()].flatMap(({ id, immutableId }) => [id, immutableId]);
    };
    const seen = ids();
    expect(new Set(seen).size).toBe(400);
    expect(seen.filter((id) => id.length > 255).length).toBeGreaterThan(5);
    expect(seen.filter((id) => id.length <= 255).length).toBeGreaterThan(200);
    expect(seen.every((id) => /^[A-Za-z0-9_-]+=*$/.test(id))).toBe(true);
    expect(ids()).toEqual(seen);
  });

  it('is equal to another in its dump where only ids and the order of writing differ', () => {
    const [left, right] = [simulate(), simulate({}, { locale: 'de' })];
    left.create(migrated('a'));
    left.create(migrated('b', { internetMessageId: '<b@x>' }));
    right.advance(9000);
    const messageId = [...left.store.items()][0]?.internetMessageId ?? '';
    right.create(migrated('b', { internetMessageId: '<b@x>' }));
    right.create(migrated('a', { internetMessageId: messageId }));
    expect(dumpMailbox(right.store)).toEqual(dumpMailbox(left.store));
    const inbox = dumpMailbox(left.store).folders.find(({ wellKnownName }) => wellKnownName === 'inbox');
    expect(inbox?.path).toEqual(['Posteingang']);
    expect(inbox?.messages.map(({ extended }) => extended[KEY]).sort()).toEqual(['a', 'b']);
    right.owner.markRead([...right.store.items()][0] ?? never(), false);
    expect(dumpMailbox(right.store)).not.toEqual(dumpMailbox(left.store));
  });

  it('is changed by its owner and by mail that arrives', () => {
    const { owner, store } = simulate();
    const mail = owner.deliver({ subject: 'hello', bodyType: 'html', body: '<p>x</p>' });
    expect(mail).toMatchObject({ isDraft: false, isRead: false, folderId: owner.folder('inbox').id });
    owner.markRead(mail);
    owner.flag(mail);
    owner.categorize(mail, ['red']);
    const folder = owner.addFolder('Mine', 'inbox');
    owner.move(mail, folder.id);
    owner.renameFolder(folder, 'Ours');
    expect(mail).toMatchObject({
      isRead: true,
      flag: { flagStatus: 'flagged' },
      categories: ['red'],
      folderId: folder.id,
    });
    for (let count = 0; count < 50; count += 1) owner.deliver();
    expect(owner.reorganise(createRandom('x'))).toBeGreaterThan(0);
    expect([...store.items()]).toHaveLength(51);
    owner.delete(mail, 'for good');
    expect([...store.items()]).toHaveLength(50);
    expect(store.changes.at(-1)).toMatchObject({ kind: 'deleted', immutableId: mail.immutableId });
  });

  it('refuses a change that does not fit, and stays as it was', () => {
    const sim = simulate({}, { quotaBytes: 2000 });
    const item = sim.store.add(sim.owner.folder('inbox'), emptyContent(sim.store.now()));
    const before = { ...item };
    expect(() => sim.store.change(item, { body: 'x'.repeat(2000) })).toThrow(
      'Mailbox has exceeded maximum mailbox size.',
    );
    expect(item).toEqual(before);
    expect([sim.store.usedBytes, sim.store.changes.length]).toEqual([item.size, 1]);
  });
});

function never(): never {
  throw new Error('no message');
}
