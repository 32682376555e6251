/** The destination is not what the model says, or a pass did what it must not. */
export class SoakFailure extends Error {
  /** One readable line each. */
  readonly lines: readonly string[];

  constructor(lines: readonly string[]) {
    super(lines.join('\n'));
    this.lines = lines;
  }
}
