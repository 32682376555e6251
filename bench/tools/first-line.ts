/** The first line a program printed. */
export const firstLine = ({ stdout, stderr }: { stdout: string; stderr: string }): string =>
  `${stdout}${stderr}`.trim().split('\n')[0]?.trim() ?? '';
