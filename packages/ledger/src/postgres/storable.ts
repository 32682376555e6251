/** PostgreSQL's texts cannot hold NUL; server words and keywords may. */
export const storable = (text: string): string => (text.includes('\0') ? text.replaceAll('\0', '\uFFFD') : text);
