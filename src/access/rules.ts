/** The terms in force, as reads need them. */
import { type ReadRules, readRules } from "../domain/terms.ts";
import type { Context } from "../platform/context.ts";
import { PROVIDERS } from "../providers/index.ts";

export const rulesOf = (context: Context): ReadRules => readRules(PROVIDERS, context.env.DATA_POLICY, context.now());
