/** Whose records a commit writes, and under which fences. */
import { effectiveTerms } from "../domain/terms.ts";
import type { Context } from "../platform/context.ts";
import { PROVIDERS } from "../providers/index.ts";
import type { Target } from "../store/target.ts";
import type { Person } from "../store/users.ts";

/** To be taken before the data are fetched: the epochs say for whom they were meant. */
export function targetOf(
  context: Context,
  person: Pick<Person, "id" | "shard" | "time_zone" | "epoch">,
  connection: { id: number; provider: string; epoch: number },
): Target {
  return {
    user_id: person.id,
    shard: person.shard,
    time_zone: person.time_zone,
    provider: connection.provider,
    user_epoch: person.epoch,
    epoch: connection.epoch,
    connection_id: connection.id,
    unmerged: PROVIDERS.filter((provider) => !effectiveTerms(provider, context.env.DATA_POLICY).merge).map(
      ({ id }) => id,
    ),
  };
}
