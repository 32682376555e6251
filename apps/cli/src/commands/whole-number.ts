import { InvalidArgumentError } from 'commander';

/** Parser of an option that is a whole number from `min` to `max`: a wrong one is a usage error that names the option. */
export function wholeNumber(min: number, max = Number.MAX_SAFE_INTEGER): (value: string) => number {
  return (value) => {
    const number = /^\d+$/.test(value) ? Number(value) : Number.NaN;
    if (number >= min && number <= max) return number;
    const upTo = max === Number.MAX_SAFE_INTEGER ? 'or more' : `to ${max}`;
    throw new InvalidArgumentError(`It is a whole number, ${min} ${upTo}.`);
  };
}
