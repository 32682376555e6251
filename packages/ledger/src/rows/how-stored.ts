/** The values of the column `adopted`: how a stored message got to the destination. */
export const HOW_STORED = {
  /** The pass of the row sent it. */
  sent: 0,
  /** Something else put it there. */
  found: 1,
  /** An earlier pass moved it, under another UID or UIDVALIDITY; the pass of the row only noted that. */
  movedBefore: 2,
} as const;
