/** Who did what, when: sign-ins, connections, revocations, keys, exports, deletions. Never a secret. */
import type { Context } from "../platform/context.ts";
import { directory } from "./database.ts";

export type Action =
  | "sign_up"
  | "sign_in"
  | "sign_out"
  | "connect"
  | "disconnect"
  | "refresh_failed"
  | "revoke"
  | "revoke_failed"
  | "key_created"
  | "key_revoked"
  | "export"
  | "erase"
  | "erased";

export interface AuditEntry {
  user_id: number | null;
  action: Action;
  provider?: string;
  detail?: string;
}

/** Of somebody whose account is gone the entry has no name. */
export function auditStatement(context: Context, entry: AuditEntry): D1PreparedStatement {
  return directory(context)
    .prepare(
      "INSERT INTO audit(user_id, at, action, provider, detail) VALUES ((SELECT id FROM user WHERE id = ?1), ?2, ?3, ?4, ?5)",
    )
    .bind(entry.user_id, context.now(), entry.action, entry.provider ?? null, entry.detail ?? null);
}

export async function audit(context: Context, entry: AuditEntry): Promise<void> {
  await auditStatement(context, entry).run();
}
