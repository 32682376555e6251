import { describe, expect, test } from 'vitest';
import { readMailboxCsv } from './mailbox-csv.ts';

const told = (csv: string): string[] =>
  readMailboxCsv(csv, 'all.csv').problems.map(({ code, where, what }) => `${code} ${where} ${what}`);

describe('a mailbox list', () => {
  test('gives rows with their lines, empty cells as nothing', () => {
    const { rows, problems } = readMailboxCsv('address,to_user,password_file\n\nann@x.example, ann ,\n', 'all.csv');
    expect(problems).toEqual([]);
    expect(rows).toEqual([
      {
        line: 3,
        address: 'ann@x.example',
        user: null,
        password: null,
        to: null,
        newAddress: null,
        toUser: 'ann',
        toPassword: null,
      },
    ]);
  });

  test.each([
    ['commas', 'address,user\nann@x.example,ann\n'],
    ['semicolons', 'address;user\nann@x.example;ann\n'],
    ['a byte order mark and CRLF', '\uFEFFaddress,user\r\nann@x.example,ann\r\n'],
    ['quotes', '"address","user"\n"ann@x.example","ann"\n'],
    ['no newline at the end', 'address,user\nann@x.example,ann'],
    ['rows that are cut short', 'address,user,to\nann@x.example,ann\n'],
  ])('may have %s', (_name, csv) => {
    expect(readMailboxCsv(csv, 'all.csv')).toMatchObject({
      problems: [],
      rows: [{ address: 'ann@x.example', user: 'ann' }],
    });
  });

  test.each<[string, string, string[]]>([
    ['without a header', 'ann@example.com,hunter2\n', ['the first line names no column']],
    ['with a column nobody knows', 'address,hunter2\n', ['column 2 has a name that is not known']],
    [
      'with literal passwords',
      'address,password\nann@example.com,hunter2\n',
      ['the column `password` would hold literal passwords'],
    ],
    [
      'with literal new passwords',
      'address,To_Password\na@b,hunter2\n',
      ['the column `To_Password` would hold literal passwords'],
    ],
    ['with an unknown column', 'address,pasword_env\nann@example.com,A\n', ['`pasword_env` is not a known column']],
    ['with a column twice', 'address,address\na@b,c@d\n', ['column 2 is there twice']],
    ['without addresses', 'user,password_env\nann,A\n', ['there is no column `address`']],
    ['that is empty', '', ['the list is empty']],
  ])('%s is told at its header', (_name, csv, expected) => {
    expect(told(csv)).toEqual(expected.map((what) => `CSV_INVALID all.csv:1 ${what}`));
  });

  test('names the column that was meant', () => {
    const [only] = readMailboxCsv('address,new_adress\n', 'all.csv').problems;
    expect(only?.advice).toBe('did you mean `new_address`?');
  });

  test.each([
    ['never closed', 'address,user\n"ann@example.com,hunter2\nbob@example.com,b\n'],
    ['in the middle', 'address,user\nann@example.com,hun"ter2\n'],
  ])('with a quote %s says where, and nothing of what is there', (_name, csv) => {
    const [problem, ...more] = readMailboxCsv(csv, 'all.csv').problems;
    expect(more).toEqual([]);
    expect(problem).toMatchObject({ what: 'a quote is wrong or never closed' });
    expect(problem?.where).toMatch(/^all\.csv:[23]$/);
    expect(JSON.stringify([problem, problem?.stack, problem?.cause])).not.toMatch(/hunter|ter2/);
  });
});
