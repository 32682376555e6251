/** One step of the schema. Steps are never edited once released; a change is a new step. */
export interface Migration {
  version: number;
  name: string;
  /** One dialect so far; Postgres adds its own list. */
  sqlite: readonly string[];
}
