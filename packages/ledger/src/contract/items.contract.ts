import { expect, it } from 'vitest';
import { type On, reopen } from './opened-ledger.ts';

export function describeItems(on: On): void {
  it('gives each item of a folder the next UID, once, over a restart', async () => {
    const opened = on();
    const { id, uidValidity, uidNext } = await opened.ledger.items.folder('m365 ann', 'inbox-id');
    expect(uidNext).toBe(1);
    expect(await opened.ledger.items.uidsFor(id, ['b', 'a', 'b'])).toEqual([1, 2, 1]);
    await reopen(opened);
    const again = await opened.ledger.items.folder('m365 ann', 'inbox-id');
    expect(again).toEqual({ id, uidValidity, uidNext: 3 });
    expect(await opened.ledger.items.uidsFor(id, ['c', 'a'])).toEqual([3, 2]);
    expect(await opened.ledger.items.itemIds(id, [1, 3, 4])).toEqual(
      new Map([
        [1, 'b'],
        [3, 'c'],
      ]),
    );
  });

  it('tells ids apart by case, and keeps those of more than 255 characters', async () => {
    const { items } = on().ledger;
    const { id } = await items.folder('m365 ann', 'inbox-id');
    const long = 'x'.repeat(600);
    expect(await items.uidsFor(id, ['AAa', 'aAa', long, `${long}y`])).toEqual([1, 2, 3, 4]);
    expect((await items.itemIds(id, [4])).get(4)).toBe(`${long}y`);
  });

  it('keeps accounts and folders apart, each with a UIDVALIDITY of its own', async () => {
    const { items } = on().ledger;
    const folders = [
      await items.folder('m365 ann', 'inbox-id'),
      await items.folder('m365 ann', 'Inbox-id'),
      await items.folder('m365 bob', 'inbox-id'),
    ];
    for (const { id } of folders) expect(await items.uidsFor(id, ['a'])).toEqual([1]);
    expect(new Set(folders.map(({ id }) => id)).size).toBe(3);
    expect(new Set(folders.map(({ uidValidity }) => uidValidity)).size).toBe(3);
  });
}
