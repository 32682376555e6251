import { PINNED } from './compose-rules.ts';

/** One instruction of a Dockerfile: `RUN npm ci`. */
export interface Instruction {
  name: string;
  /** `--from=build` as `from=build`. */
  flags: string[];
  text: string;
}

/** Comments and continued lines resolved (https://docs.docker.com/reference/dockerfile/, 2026-11); here-documents are not known. */
export function instructionsOf(dockerfile: string): Instruction[] {
  const lines = dockerfile.split('\n').filter((line) => !/^\s*(#|$)/.test(line));
  return lines
    .join('\n')
    .replaceAll(/\\\n/g, ' ')
    .split('\n')
    .map((line) => {
      const [, name = '', flags = '', text = ''] = /^\s*(\w+)\s+((?:--\S+\s+)*)(.*)$/.exec(line) ?? [];
      return {
        name: name.toUpperCase(),
        flags: flags
          .split(/\s+/)
          .filter(Boolean)
          .map((flag) => flag.slice(2)),
        text,
      };
    });
}

/** What the last FROM begins is the image; what is before it only makes what is copied from there. */
export function imageOf(instructions: readonly Instruction[]): Instruction[] {
  return instructions.slice(instructions.findLastIndex(({ name }) => name === 'FROM'));
}

/** Instructions, and health checks by their CMD, whose words Docker would give to a shell: it would get the signals. */
const isShellForm = ({ name, text }: Instruction): boolean =>
  (name === 'CMD' || name === 'ENTRYPOINT' || name === 'HEALTHCHECK') && !/^(CMD\s+)?\[.*\]$/.test(text);

/** What hadolint and CIS benchmarks would say, as far as it concerns this kind of image; [] when nothing. */
export function dockerfileBreaches(dockerfile: string): string[] {
  const all = instructionsOf(dockerfile);
  const image = imageOf(all);
  const stages = all.flatMap(({ name, text }) => (name === 'FROM' ? [/ AS (\w+)/.exec(text)?.[1] ?? ''] : []));
  const last = (wanted: string): Instruction | undefined => image.findLast(({ name }) => name === wanted);
  const afterUser = image.slice(image.findIndex(({ name }) => name === 'USER') + 1);
  const perInstruction = all.flatMap(({ name, flags, text }): string[] => {
    const from = flags.find((flag) => flag.startsWith('from='))?.slice(5);
    switch (name) {
      case 'FROM':
        return PINNED.test(text.split(' ')[0] ?? '') ? [] : [`FROM ${text} is not pinned`];
      case 'ADD':
        return ['ADD may fetch and unpack: COPY says what it does'];
      case 'COPY':
        return from === undefined || stages.includes(from) ? [] : [`COPY from ${from}, which is no stage`];
      case 'ENV':
      case 'ARG':
        return /PASS|SECRET|TOKEN|_KEY|_URL/i.test(text) ? [`${name} ${text.split(/[= ]/)[0]} stays in the image`] : [];
      case 'RUN':
        return runBreaches(text);
      case 'MAINTAINER':
        return ['MAINTAINER is no longer there'];
      default:
        return [];
    }
  });
  const user = last('USER')?.text ?? 'root';
  return [
    ...perInstruction,
    ...(/^(root|0)\b/.test(user) ? ['it runs as root'] : []),
    ...(afterUser.some(({ name }) => name === 'COPY' || name === 'RUN') ? ['files are made by its own user'] : []),
    ...image
      .filter(({ name, flags }) => name === 'COPY' && !flags.includes('chown=root:root'))
      .map(({ text }) => `COPY ${text} does not say that root owns it`),
    ...all.filter(isShellForm).map(({ name }) => `${name} goes through a shell`),
    ...(last('HEALTHCHECK') === undefined ? ['it has no HEALTHCHECK'] : []),
    ...['ENTRYPOINT', 'CMD', 'HEALTHCHECK']
      .filter((wanted) => image.filter(({ name }) => name === wanted).length > 1)
      .map((name) => `of several ${name} only the last counts`),
  ];
}

function runBreaches(text: string): string[] {
  const rules: [RegExp, string][] = [
    [/\bnpm (install|i)\b/, 'npm install takes other versions than the lock file'],
    [/\bsudo\b/, 'sudo'],
    [/\b(curl|wget)\b[^&|]*\|\s*\w*sh\b/, 'runs what it fetches'],
    [/\bapt-get (dist-)?upgrade\b/, 'apt-get upgrade'],
    [/\bapt-get install\b(?!.*--no-install-recommends)/, 'apt-get without --no-install-recommends'],
    [/\bapt-get install\b(?!.*rm -rf \/var\/lib\/apt\/lists)/, 'leaves the lists of apt in the image'],
    [/\bcd \//, 'cd in place of WORKDIR'],
  ];
  return rules.filter(([pattern]) => pattern.test(text)).map(([, what]) => `RUN: ${what}`);
}
