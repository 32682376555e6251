import { describe, expect, it } from 'vitest';
import { extended, KEY, migrated, q, type Sim, simulate } from './mailbox.test.support.ts';

const received = (day: number) => extended('SystemTime 0x0E06', `2020-01-${String(day).padStart(2, '0')}T00:00:00Z`);

/** Messages s1, s2, ... received on the days 1, 2, ... */
function filled(count: number, sim: Sim = simulate()): Sim {
  for (let day = 1; day <= count; day += 1) {
    sim.create({
      subject: `s${day}`,
      isRead: day % 2 === 0,
      internetMessageId: `<m${day}@x>`,
      singleValueExtendedProperties: [extended('Integer 0x0E07', '4'), received(day), extended(KEY, `v1:${day}a`)],
    });
  }
  return sim;
}

const list = (sim: Sim, options: string, folder = 'inbox') =>
  sim.call('GET', `mailFolders/${folder}/messages?${options}`);
const filter = (text: string) => `$filter=${q(text)}`;
const byKey = (value: string, id = KEY) =>
  `singleValueExtendedProperties/Any(ep: ep/id eq '${id}' and ep/value eq '${value}')`;

describe('a list of messages', () => {
  it('has ten, newest first, and an absolute address of the rest that repeats the options', () => {
    const sim = filled(25);
    const seen: unknown[] = [];
    let next: string | undefined =
      'https://localhost:1/v1.0/users/ann%40example.com/mailFolders/inbox/messages?$select=subject';
    const pages: number[] = [];
    while (next !== undefined) {
      const address = new URL(next);
      const { body } = sim.call('GET', `${address.pathname.split('/').slice(4).join('/')}${address.search}`);
      seen.push(...body.each('subject'));
      pages.push(body.list('value').length);
      const link = body.at('@odata.nextLink');
      next = typeof link === 'string' ? link : undefined;
      if (next !== undefined) expect(new URL(next).searchParams.get('$select')).toBe('subject');
    }
    expect(pages).toEqual([10, 10, 5]);
    expect(seen).toEqual(Array.from({ length: 25 }, (_, index) => `s${25 - index}`));
  });

  it('goes on by $skiptoken where the switch says so', () => {
    const sim = filled(12, simulate({ nextLinkBy: 'skiptoken' }));
    const link = new URL(list(sim, '$top=10').body.text('@odata.nextLink'));
    expect(link.searchParams.has('$skip')).toBe(false);
    expect(list(sim, link.search.slice(1)).body.each('subject')).toEqual(['s2', 's1']);
  });

  const filters: [string, string[]][] = [
    ["internetMessageId eq '<m3@x>'", ['s3']],
    ["internetMessageId eq '<M3@x>'", []],
    [byKey('v1:3a'), ['s3']],
    [byKey('V1:3A'), ['s3']],
    [byKey('v1:3a', KEY.replace('MxodusKey', 'mxoduskey')), []],
    [byKey('v1:3a', KEY.toUpperCase().replace('STRING', 'String').replace('NAME MXODUSKEY', 'Name MxodusKey')), ['s3']],
    [`(${byKey('v1:3a')}) or ${byKey('v1:1a')}`, ['s3', 's1']],
    [`${byKey('v1:3a')} and isRead eq true`, []],
    ['receivedDateTime ge 2020-01-04T00:00:00Z', ['s5', 's4']],
    ['receivedDateTime gt 2020-01-04T00:00:00Z', ['s5']],
    ['receivedDateTime le 2020-01-02T00:00:00Z', ['s2', 's1']],
    ['receivedDateTime lt 2020-01-02T00:00:00Z', ['s1']],
    ['receivedDateTime eq 2020-01-02T00:00:00Z', ['s2']],
    [
      'receivedDateTime ge 2020-01-02T00:00:00Z and receivedDateTime lt 2020-01-04T00:00:00Z and isRead eq true',
      ['s2'],
    ],
    [
      'isRead eq false and (receivedDateTime eq 2020-01-01T00:00:00Z or receivedDateTime eq 2020-01-05T00:00:00Z)',
      ['s5', 's1'],
    ],
    ["not (isRead eq false) or subject eq 's1'", ['s4', 's2', 's1']],
    [byKey('4', 'Integer 0x0E07'), []],
    [byKey('6', 'Integer 0x0E07'), ['s5', 's3', 's1']],
  ];
  it.each(filters)('$filter=%s', (text, subjects) => {
    const sim = filled(5);
    expect(list(sim, filter(text)).body.each('subject')).toEqual(subjects);
    expect(sim.call('GET', `messages?${filter(text)}`).body.each('subject')).toEqual(subjects);
    expect(list(sim, filter(text), 'drafts').body.each('subject')).toEqual([]);
  });

  const refused: [string, string][] = [
    [filter('bogus eq 1'), 'ErrorInvalidUrlQueryFilter'],
    [filter("constructor eq 'x'"), 'ErrorInvalidUrlQueryFilter'],
    [filter('isRead eq'), 'ErrorInvalidUrlQueryFilter'],
    [filter("isRead eq 'true'"), 'ErrorInvalidUrlQueryFilter'],
    [filter("receivedDateTime ge '2020-01-01T00:00:00Z'"), 'ErrorInvalidUrlQueryFilter'],
    [filter("internetMessageId eq '<a@b>"), 'ErrorInvalidUrlQueryFilter'],
    [filter(byKey('x', 'String 0x8001')), 'ErrorInvalidExtendedProperty'],
    ['$select=bogus', 'ErrorInvalidUrlQuery'],
    ['$top=0', 'ErrorInvalidUrlQuery'],
    ['$top=1001', 'ErrorInvalidUrlQuery'],
    ['$search=x', 'ErrorInvalidUrlQuery'],
    ['$expand=singleValueExtendedProperties', 'ErrorInvalidUrlQuery'],
    ['$orderby=bogus', 'ErrorInvalidUrlQuery'],
    [`${filter('isRead eq true')}&$orderby=receivedDateTime`, 'InefficientFilter'],
  ];
  it.each(refused)('refuses %s', (options, code) => {
    expect(list(filled(1), options)).toMatchObject({ status: 400, code });
  });

  it('finds Message-IDs that hold what addresses reserve, where they are encoded, and reads raw ones as servers do', () => {
    const sim = simulate();
    const id = "<a+b&c#d'e%f@x>";
    sim.create({ internetMessageId: id });
    const clause = `internetMessageId eq '${id.replaceAll("'", "''")}'`;
    expect(list(sim, filter(clause)).body.list('value')).toHaveLength(1);
    expect(list(sim, `$filter=internetMessageId eq '<a+b@x>'`).body.list('value')).toEqual([]);
    sim.create({ internetMessageId: '<a b@x>' });
    expect(list(sim, `$filter=internetMessageId eq '<a+b@x>'`).body.list('value')).toHaveLength(1);
    expect(list(sim, `$filter=internetMessageId eq '<a&b@x>'`).code).toBe('ErrorInvalidUrlQueryFilter');
  });

  it('expands extended properties beside $select', () => {
    const sim = filled(1);
    const expand = q(`singleValueExtendedProperties($filter=id eq '${KEY}' or id eq 'String 0x3001')`);
    const { body } = list(sim, `$select=id,subject&$expand=${expand}`);
    expect(body.at('value', 0)).toMatchObject({
      subject: 's1',
      singleValueExtendedProperties: [{ id: KEY, value: 'v1:1a' }],
    });
    expect(body.at('value', 0, 'isRead')).toBeUndefined();
  });

  it('orders by the date, both ways', () => {
    const sim = filled(3);
    expect(list(sim, '$orderby=receivedDateTime asc').body.each('subject')).toEqual(['s1', 's2', 's3']);
    const both = `${filter('receivedDateTime ge 2020-01-02T00:00:00Z')}&$orderby=receivedDateTime desc`;
    expect(list(sim, both).body.each('subject')).toEqual(['s3', 's2']);
  });

  it('clamps $top, or is slow with $expand, where a switch says so', () => {
    expect(list(filled(1, simulate({ topAboveMaximum: 'clamped' })), '$top=5000').status).toBe(200);
    const slow = filled(1, simulate({ slowExpand: true }));
    expect(list(slow, '$top=251&$expand=attachments')).toMatchObject({ status: 504, code: 'UnknownError' });
    expect(list(slow, '$top=250&$expand=attachments').status).toBe(200);
  });

  it('counts', () => {
    const sim = filled(12);
    expect(sim.call('GET', 'mailFolders/inbox/messages/$count').body.value).toBe('12');
    expect(sim.call('GET', `mailFolders/inbox/messages/$count?${filter('isRead eq true')}`).body.value).toBe('6');
    expect(list(sim, '$count=true&$top=1').body.at('@odata.count')).toBe(12);
  });

  it('shows new messages late in filters and in lists of the whole mailbox', () => {
    const sim = simulate({ visibilityDelay: 3000 });
    const { body } = sim.create(migrated('k'));
    const found = () => list(sim, filter(byKey('k'))).body.list('value').length;
    const listed = () => sim.call('GET', 'messages').body.list('value').length;
    expect([found(), listed(), list(sim, '').body.list('value').length]).toEqual([0, 0, 1]);
    expect(sim.call('GET', `messages/${q(body.text('id'))}`).status).toBe(200);
    sim.advance(3000);
    expect([found(), listed()]).toEqual([1, 1]);
  });

  it('leaves the recoverable items out of the mailbox', () => {
    const sim = filled(2);
    const [item] = sim.store.items();
    if (item === undefined) throw new Error('no message');
    sim.owner.delete(item);
    expect(sim.call('GET', 'messages').body.list('value')).toHaveLength(2);
    sim.owner.delete(item);
    expect(sim.call('GET', 'messages').body.list('value')).toHaveLength(1);
    expect(sim.call('GET', `messages?${filter(byKey('v1:1a'))}`).body.list('value')).toEqual([]);
    expect(list(sim, '', 'recoverableitemsdeletions').body.each('subject')).toEqual(['s1']);
  });
});
