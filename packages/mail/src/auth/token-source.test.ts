import { describe, expect, it } from 'vitest';
import { givenToken, grantedToken } from './token-source.ts';

const signal = new AbortController().signal;

/** A grant that counts, and a clock that stands still. */
function counted(lifetimeMs: number) {
  const state = { now: 0, asked: 0 };
  const source = grantedToken(
    async () => {
      state.asked += 1;
      return { token: `token-${state.asked}`, lifetimeMs };
    },
    () => state.now,
  );
  return { state, source };
}

describe('a granted token', () => {
  it.each([
    ['an hour', 3_600_000, 3_300_000],
    ['eight minutes', 480_000, 240_000],
    ['two seconds', 2000, 1000],
  ])('that lives for %s is used until shortly before its end', async (_, lifetimeMs, freshMs) => {
    const { state, source } = counted(lifetimeMs);
    expect(await source.token(signal)).toBe('token-1');
    state.now = freshMs - 1;
    expect(await source.token(signal)).toBe('token-1');
    state.now = freshMs;
    expect(await source.token(signal)).toBe('token-2');
  });

  it('is asked for once, however many want it', async () => {
    const { state, source } = counted(60_000);
    expect(await Promise.all([1, 2, 3].map(() => source.token(signal)))).toEqual(['token-1', 'token-1', 'token-1']);
    expect(state.asked).toBe(1);
    const others = await Promise.all([1, 2, 3].map(() => source.another('token-1', signal)));
    expect(others).toEqual(['token-2', 'token-2', 'token-2']);
    expect(state.asked).toBe(2);
  });

  it('that was refused is replaced, unless somebody else did so already', async () => {
    const { state, source } = counted(60_000);
    await source.token(signal);
    expect(await source.another('token-1', signal)).toBe('token-2');
    expect(await source.another('token-1', signal)).toBe('token-2');
    expect(await source.token(signal)).toBe('token-2');
    expect(state.asked).toBe(2);
  });

  it('is asked for again after a failure', async () => {
    let fails = true;
    const source = grantedToken(async () => {
      if (fails) throw new Error('not now');
      return { token: 'good', lifetimeMs: 60_000 };
    });
    await expect(source.token(signal)).rejects.toThrow('not now');
    fails = false;
    expect(await source.token(signal)).toBe('good');
  });

  it('is not waited for any longer by who gives up', async () => {
    let give: () => void = () => undefined;
    const source = grantedToken(
      () =>
        new Promise((resolve) => {
          give = () => resolve({ token: 'late', lifetimeMs: 60_000 });
        }),
    );
    const giveUp = new AbortController();
    const [gone, patient] = [source.token(giveUp.signal), source.token(signal)];
    giveUp.abort(new Error('stopped'));
    await expect(gone).rejects.toThrow('stopped');
    give();
    expect(await patient).toBe('late');
  });
});

describe('a ready token', () => {
  it('is read anew each time, and once more when it was refused', async () => {
    const values = ['a', 'b', 'c', 'c'];
    const source = givenToken(async () => values.shift() ?? '');
    expect(await source.token(signal)).toBe('a');
    expect(await source.token(signal)).toBe('b');
    expect(await source.another('b', signal)).toBe('c');
    expect(await source.another('c', signal)).toBeNull();
  });
});
