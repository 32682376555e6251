const UNITS = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
  [1000, 's'],
] as const;

/** "3 min", "1 d 4 h": the two largest units; below a second "0 s". */
export function howLong(ms: number): string {
  const start = UNITS.findIndex(([unit]) => ms >= unit);
  if (start === -1) return '0 s';
  const parts: string[] = [];
  let left = ms;
  for (const [unit, name] of UNITS.slice(start, start + 2)) {
    const count = Math.floor(left / unit);
    left -= count * unit;
    if (count > 0) parts.push(`${count} ${name}`);
  }
  return parts.join(' ');
}
