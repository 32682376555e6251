import { expect, test } from 'vitest';
import { parseUsage } from './usage-report.ts';

test('reads columns by name, whatever their order, and quoted cells', () => {
  const { byUser, concealed } = parseUsage(
    [
      '\uFEFFProhibit Send/Receive Quota (Byte),Display Name,User Principal Name,Storage Used (Byte)',
      '107374182400,"Doe, ""J"" Ann",Ann@Example.com,1024',
      ',Bob,bob@example.com,7',
      '5,Cid,cid@example.com,',
      '',
    ].join('\r\n'),
  );
  expect([...byUser]).toEqual([
    ['ann@example.com', { usedBytes: 1024, limitBytes: 107_374_182_400 }],
    ['bob@example.com', { usedBytes: 7, limitBytes: null }],
  ]);
  expect(concealed).toBe(false);
});

test('sees that names are hidden', () => {
  const csv = 'User Principal Name,Storage Used (Byte),Prohibit Send/Receive Quota (Byte)\nA1B2,1,2\n';
  expect(parseUsage(csv)).toEqual({ byUser: new Map(), concealed: true });
});

test('a report without a column it needs is refused', () => {
  expect(() => parseUsage('User Principal Name,Storage Used (Byte)\n')).toThrow(
    expect.objectContaining({ code: 'SERVER_ANSWER' }),
  );
});
