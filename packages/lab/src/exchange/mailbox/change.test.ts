import { describe, expect, it } from 'vitest';
import { type Called, extended, IMMUTABLE, KEY, migrated, q, type Sim, simulate } from './mailbox.test.support.ts';

/** A message that is no draft. */
function withMessage(sim: Sim = simulate()): { sim: Sim; id: string; changeKey: string; path: string } {
  const { body } = sim.create(migrated('k', { isRead: false }));
  const id = body.text('id');
  return { sim, id, changeKey: body.text('changeKey'), path: `messages/${q(id)}` };
}

const advanced = { roles: ['Mail-Advanced.ReadWrite.All'] };
const property = (id: string, value: string) => ({ singleValueExtendedProperties: [extended(id, value)] });

describe('PATCH of a message', () => {
  it('changes what a user changes, and the change key', () => {
    const { sim, path, changeKey } = withMessage();
    const flag = { flagStatus: 'flagged' };
    const changes = { isRead: true, categories: ['a'], flag, importance: 'high', inferenceClassification: 'other' };
    const { status, body } = sim.call('PATCH', path, changes);
    expect({ status, body: body.value }).toMatchObject({ status: 200, body: changes });
    expect(body.at('changeKey')).not.toBe(changeKey);
    expect(sim.call('GET', 'mailFolders/inbox').body.at('unreadItemCount')).toBe(0);
  });

  it('takes the flags and dates of MAPI without effect', () => {
    const { sim, path } = withMessage();
    const values = [extended('Integer 0x0E07', '8'), extended('SystemTime 0x0E06', '2001-01-01T00:00:00Z')];
    const { status, body } = sim.call('PATCH', path, { isDraft: true, singleValueExtendedProperties: values });
    expect({ status, body: body.value }).toMatchObject({
      status: 200,
      body: { isDraft: false, receivedDateTime: '2019-03-04T05:06:07Z' },
    });
    const draft = sim.create().body.text('id');
    expect(sim.call('PATCH', `messages/${q(draft)}`, property('Integer 0x0E07', '4')).body.at('isDraft')).toBe(true);
  });

  const bodies: [string, Record<string, unknown>, string][] = [
    ['an unknown property', { bogus: 1 }, 'UnableToDeserializePostBody'],
    ['attachments', { attachments: [] }, 'ErrorInvalidPropertySet'],
    ['a recipient that is none', { toRecipients: [{}] }, 'ErrorInvalidRecipients'],
  ];
  it.each(bodies)('refuses %s', (_, changes, code) => {
    const { sim, path } = withMessage();
    expect(sim.call('PATCH', path, changes)).toMatchObject({ status: 400, code });
  });

  const matches: [string, (key: string) => Record<string, string>, number][] = [
    ['the ETag', (key) => ({ 'if-match': `W/"${key}"` }), 200],
    ['any', () => ({ 'if-match': '*' }), 200],
    ['another', () => ({ 'if-match': 'W/"CQAAAA=="' }), 412],
  ];
  it.each(matches)('If-Match: %s', (_, headers, status) => {
    const { sim, path, changeKey } = withMessage();
    const code = status === 412 ? 'ErrorIrresolvableConflict' : '';
    expect(sim.call('PATCH', path, { isRead: true }, { headers: headers(changeKey) })).toMatchObject({ status, code });
  });

  it('refuses a change key of another state in the body', () => {
    const { sim, path, changeKey } = withMessage();
    sim.call('PATCH', path, { isRead: true });
    expect(sim.call('PATCH', path, { isRead: false, changeKey }).status).toBe(412);
  });

  const sensitive: Record<string, unknown>[] = [
    { subject: 's' },
    { body: { contentType: 'text', content: 'x' } },
    { toRecipients: [] },
    { replyTo: [] },
    { internetMessageId: '<new@x>' },
    property(KEY, 'new'),
    { multiValueExtendedProperties: [] },
  ];
  it.each(sensitive)('needs Mail-Advanced for %j from 2026-12-31 on', (changes) => {
    const { sim, path } = withMessage();
    const patch = (options = {}): Called => sim.call('PATCH', path, changes, options);
    expect(patch().status).toBe(200);
    sim.advance(Date.parse('2026-12-31T00:00:00Z') - sim.world.now().getTime() - 1000);
    expect(patch().status).toBe(200);
    sim.advance(1000);
    expect(patch()).toMatchObject({ status: 403, code: 'ErrorAccessDenied' });
    expect(patch(advanced).status).toBe(200);
    sim.world.switches.advancedRefusal = 'Authorization_RequestDenied';
    expect(patch().code).toBe('Authorization_RequestDenied');
    expect(sim.call('PATCH', path, { isRead: true, categories: [], flag: { flagStatus: 'complete' } }).status).toBe(
      200,
    );
    const draft = sim.create().body.text('id');
    expect(sim.call('PATCH', `messages/${q(draft)}`, changes).status).toBe(200);
  });

  it('finds a message by its new key and no longer by the old one', () => {
    const { sim, path } = withMessage();
    sim.call('PATCH', path, property(KEY, 'new'));
    const found = (value: string) => {
      const clause = `singleValueExtendedProperties/Any(ep: ep/id eq '${KEY}' and ep/value eq '${value}')`;
      return sim.call('GET', `messages?$filter=${q(clause)}`).body.list('value').length;
    };
    expect([found('k'), found('new')]).toEqual([0, 1]);
  });
});

describe('move, copy and delete', () => {
  it('gives a new id with a move, unless ids are immutable', () => {
    const { sim, id, path } = withMessage();
    const moved = sim.call('POST', `${path}/move`, { destinationId: 'drafts' });
    expect(moved.status).toBe(201);
    expect(moved.body.at('parentFolderId')).toBe(sim.owner.folder('drafts').id);
    expect(moved.body.text('id')).not.toBe(id);
    expect(sim.call('GET', path)).toMatchObject({ status: 404, code: 'ErrorItemNotFound' });

    const { body } = sim.call('GET', 'mailFolders/drafts/messages', undefined, { headers: IMMUTABLE });
    const immutable = body.text('value', 0, 'id');
    const again = sim.call('POST', `messages/${q(immutable)}/move`, { DestinationId: 'inbox' }, { headers: IMMUTABLE });
    expect(again.body.text('id')).toBe(immutable);
  });

  it('copies with all properties and new ids', () => {
    const { sim, id, path } = withMessage();
    const { status, body } = sim.call('POST', `${path}/copy`, { destinationId: 'inbox' });
    expect({ status, body: body.value }).toMatchObject({ status: 201, body: { subject: 'k', isDraft: false } });
    expect(body.text('id')).not.toBe(id);
    expect(sim.call('GET', 'mailFolders/inbox/messages/$count').body.value).toBe('2');
  });

  it('deletes to Deleted Items, from there to the recoverable items, or for good', () => {
    const { sim, path } = withMessage();
    const first = (folder: string): string => {
      const { body } = sim.call('GET', `mailFolders/${folder}/messages`);
      return `messages/${q(body.text('value', 0, 'id'))}`;
    };
    expect(sim.call('DELETE', path).status).toBe(204);
    expect(sim.call('DELETE', first('deleteditems')).status).toBe(204);
    expect(sim.call('POST', `${first('recoverableitemsdeletions')}/permanentDelete`).status).toBe(204);
    expect([...sim.store.items()]).toEqual([]);
    expect(sim.store.usedBytes).toBe(0);
    expect(sim.store.changes.map(({ kind }) => kind)).toEqual(['created', 'moved', 'moved', 'deleted']);
  });

  const wrong: [string, (sim: Sim, id: string) => Called, string][] = [
    [
      'an id in another case',
      (sim, id) => sim.call('GET', `messages/${q(id.replace(/[a-z](?=[^a-z]*$)/, (x) => x.toUpperCase()))}`),
      'ErrorItemNotFound',
    ],
    [
      'the id of a folder',
      (sim) => sim.call('GET', `messages/${q(sim.owner.folder('inbox').id)}`),
      'ErrorItemNotFound',
    ],
    ['no id at all', (sim) => sim.call('GET', 'messages/1234'), 'ErrorInvalidIdMalformed'],
    ['another folder', (sim, id) => sim.call('GET', `mailFolders/drafts/messages/${q(id)}`), 'ErrorItemNotFound'],
    [
      'a destination that is none',
      (sim, id) => sim.call('POST', `messages/${q(id)}/move`, { destinationId: 'x' }),
      'ErrorInvalidIdMalformed',
    ],
    ['no destination', (sim, id) => sim.call('POST', `messages/${q(id)}/move`, {}), 'UnableToDeserializePostBody'],
    [
      'a bad $select',
      (sim, id) => sim.call('POST', `messages/${q(id)}/copy?$select=x`, { destinationId: 'inbox' }),
      'ErrorInvalidUrlQuery',
    ],
  ];
  it.each(wrong)('refuses %s, and does nothing', (_, ask, code) => {
    const { sim, id } = withMessage();
    expect(ask(sim, id).code).toBe(code);
    expect(sim.store.changes).toHaveLength(1);
  });

  it('leaves other paths to others', () => {
    const { sim, path } = withMessage();
    for (const rest of ['attachments', '$value', 'reply'])
      expect(sim.call('GET', `${path}/${rest}`).code).toBe('not answered');
    for (const rest of [
      'mailFolders/delta',
      'mailFolders/inbox/messages/delta()',
      'messages/delta',
      'settings/exchange',
    ]) {
      expect(sim.call('GET', rest).code).toBe('not answered');
    }
  });
});
