/** Setting the bucket columns; the values are those of `bucketValues`. */
export const SET_BUCKETS = `
  already_there = ?, moved_before = ?, moved_now = ?, cannot = ?, failed = ?, in_doubt = ?, excluded = ?`;
