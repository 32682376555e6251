import { describe, expect, it } from 'vitest';
import { type Called, q, type Sim, simulate } from './mailbox.test.support.ts';

const add = (sim: Sim, displayName: unknown, at = 'mailFolders', more = {}): Called =>
  sim.call('POST', at, { displayName, ...more });
const names = (sim: Sim, path: string): unknown[] => sim.call('GET', path).body.each('displayName');

describe('mail folders', () => {
  it('have names in the language of the mailbox, and well-known names in any', () => {
    const sim = simulate();
    expect(names(sim, 'mailFolders?$top=100')).toEqual([
      'Aufgezeichnete Unterhaltungen',
      'Entwürfe',
      'Gelöschte Elemente',
      'Gesendete Elemente',
      'Junk-E-Mail',
      'Postausgang',
      'Posteingang',
    ]);
    expect(sim.call('GET', 'mailFolders/SentItems').body.at('displayName')).toBe('Gesendete Elemente');
    expect(sim.call('GET', 'mailFolders/msgfolderroot/childFolders/$count').body.value).toBe('7');
    expect(names(simulate({}, { locale: 'en' }), 'mailFolders?$top=2')).toEqual([
      'Conversation History',
      'Deleted Items',
    ]);
  });

  it('miss those that were not made yet', () => {
    const sim = simulate();
    for (const name of ['archive', 'clutter', 'syncissues']) {
      expect(sim.call('GET', `mailFolders/${name}`)).toMatchObject({ status: 404, code: 'ErrorItemNotFound' });
    }
    sim.store.folders.provision('archive');
    expect(sim.call('GET', 'mailFolders/archive').body.at('displayName')).toBe('Archiv');
    expect(sim.call('GET', 'mailFolders/nonsense').code).toBe('ErrorInvalidIdMalformed');
  });

  it('are made below each other, trimmed, with any characters', () => {
    const sim = simulate();
    const top = add(sim, '  A/B ').body;
    expect(top.value).toMatchObject({ displayName: 'A/B', isHidden: false, totalItemCount: 0, childFolderCount: 0 });
    const child = add(sim, "O'Brien", `mailFolders/${q(top.text('id'))}/childFolders`).body;
    expect(child.at('parentFolderId')).toBe(top.text('id'));
    const eq = `$filter=${q("displayName eq 'O''Brien'")}`;
    expect(names(sim, `mailFolders/${q(top.text('id'))}/childFolders?${eq}`)).toEqual(["O'Brien"]);
    expect(names(sim, `mailFolders?${eq}`)).toEqual([]);
  });

  const refused: [string, Parameters<typeof simulate>, (sim: Sim) => Called, number, string][] = [
    ['the same name', [], (sim) => add(sim, 'Work'), 409, 'ErrorFolderExists'],
    ['the same name, as 400', [{ folderExistsStatus: 400 }], (sim) => add(sim, 'Work'), 400, 'ErrorFolderExists'],
    ['the same name in another case', [], (sim) => add(sim, ' wORK '), 409, 'ErrorFolderExists'],
    ['the name of a well-known folder', [], (sim) => add(sim, 'posteingang'), 409, 'ErrorFolderExists'],
    ['a name that no list shows', [], (sim) => add(sim, 'Kalender'), 409, 'ErrorFolderExists'],
    ['an empty name', [], (sim) => add(sim, '  '), 400, 'ErrorInvalidArgument'],
    ['a name too long', [], (sim) => add(sim, 'x'.repeat(256)), 400, 'ErrorInvalidArgument'],
    ['a name that is no text', [], (sim) => add(sim, 1), 400, 'UnableToDeserializePostBody'],
    [
      'an unknown property',
      [],
      (sim) => add(sim, 'x', 'mailFolders', { color: 'red' }),
      400,
      'UnableToDeserializePostBody',
    ],
    ['too many', [{ childFolderLimit: 8 }], (sim) => add(sim, 'One more'), 400, 'ErrorFolderSavePropertyError'],
    [
      'too deep',
      [{ folderDepthLimit: 1 }],
      (sim) => add(sim, 'x', 'mailFolders/inbox/childFolders'),
      400,
      'ErrorFolderSavePropertyError',
    ],
    [
      'renaming the inbox',
      [],
      (sim) => sim.call('PATCH', 'mailFolders/inbox', { displayName: 'x' }),
      400,
      'ErrorFolderSavePropertyError',
    ],
    ['deleting the inbox', [], (sim) => sim.call('DELETE', 'mailFolders/inbox'), 400, 'ErrorDeleteDistinguishedFolder'],
  ];
  it.each(refused)('refuse %s', (_, set, ask, status, code) => {
    const sim = simulate(...set);
    add(sim, 'Work');
    expect(ask(sim)).toMatchObject({ status, code });
    expect(sim.store.folders.known('msgfolderroot').children.size).toBe(8);
  });

  it('take the names of what is not mail where the switch says so, and below the root in any case', () => {
    expect(add(simulate({ reservedNamesCollide: false }), 'Kalender').status).toBe(201);
    expect(add(simulate(), 'Kalender', 'mailFolders/inbox/childFolders').status).toBe(201);
  });

  it('show hidden ones only when asked', () => {
    const sim = simulate();
    add(sim, 'Secret', 'mailFolders', { isHidden: true });
    expect(names(sim, 'mailFolders?$top=100')).not.toContain('Secret');
    expect(names(sim, 'mailFolders?$top=100&includeHiddenFolders=true')).toContain('Secret');
  });

  it('come in pages of ten', () => {
    const sim = simulate();
    for (let number = 0; number < 12; number += 1) add(sim, `f${number}`, 'mailFolders/inbox/childFolders');
    const { body } = sim.call('GET', 'mailFolders/inbox/childFolders');
    expect(body.list('value')).toHaveLength(10);
    const next = new URL(body.text('@odata.nextLink'));
    expect(names(sim, `mailFolders/inbox/childFolders${next.search}`)).toHaveLength(2);
  });

  it('are renamed, moved and deleted with their messages', () => {
    const sim = simulate();
    const id = add(sim, 'Work').body.text('id');
    const path = `mailFolders/${q(id)}`;
    sim.create({}, q(id));
    expect(sim.call('PATCH', path, { displayName: 'work' }).body.at('displayName')).toBe('work');
    expect(sim.call('POST', `${path}/move`, { destinationId: 'inbox' }).body.at('parentFolderId')).toBe(
      sim.owner.folder('inbox').id,
    );
    expect(sim.call('DELETE', path).status).toBe(204);
    expect(names(sim, 'mailFolders/deleteditems/childFolders')).toEqual(['work']);
    expect(sim.call('GET', `${path}/messages/$count`).body.value).toBe('1');
    expect(sim.call('DELETE', path).status).toBe(204);
    expect(sim.call('GET', path)).toMatchObject({ status: 404, code: 'ErrorItemNotFound' });
    expect(sim.call('GET', 'mailFolders/recoverableitemsdeletions/messages/$count').body.value).toBe('1');
  });

  it('count late where the switch says so', () => {
    const sim = simulate({ countLag: 5000 });
    const counts = () => sim.call('GET', 'mailFolders/inbox?$select=totalItemCount,unreadItemCount').body.value;
    sim.create({ isRead: false });
    expect(counts()).toMatchObject({ totalItemCount: 0, unreadItemCount: 0 });
    sim.advance(5000);
    expect(counts()).toMatchObject({ totalItemCount: 1, unreadItemCount: 1 });
  });

  it('say their well-known names and sizes in beta only', () => {
    const sim = simulate();
    sim.create();
    const beta = sim.call('GET', 'mailFolders/inbox', undefined, { version: 'beta' }).body;
    expect([beta.at('wellKnownName'), beta.at('sizeInBytes')]).toEqual(['inbox', sim.store.usedBytes]);
    expect(sim.call('GET', 'mailFolders/inbox').body.at('wellKnownName')).toBeUndefined();
  });
});
