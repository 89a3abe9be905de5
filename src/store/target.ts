/** Whose records, under which fences. */
export interface Target {
  user_id: number;
  shard: number;
  time_zone: string;
  provider: string;
  /** Epochs of the person and of the connection, as read before the data were fetched. */
  user_epoch: number;
  epoch: number;
  connection_id: number;
  /** Providers whose records take no part in merging (domain/terms). */
  unmerged: readonly string[];
}
