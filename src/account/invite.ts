/** Coming in by an invitation: without any provider, and connecting sources afterwards. */
import type { Context } from "../platform/context.ts";
import { Problem } from "../platform/errors.ts";
import { audit } from "../store/audit.ts";
import { createInvite, inviteHash, openInvite, useReturn } from "../store/invites.ts";
import { createPerson, openFence, type Person, personById, personByPublicId } from "../store/users.ts";

/** Where an invitation leads; the token is in the path, which no log keeps. */
export const INVITE_PATH = "/invite";

export interface Invitation {
  note?: string;
  days: number;
  /** Public id of somebody who has an account and no way in. */
  person?: string;
}

export async function invite(
  context: Context,
  { note, days, person: publicId }: Invitation,
): Promise<{ id: string; url: string; expires_at: number }> {
  const person = publicId === undefined ? null : await personByPublicId(context, publicId);
  if (publicId !== undefined && !person) throw new Problem(404, "not_found", `There is nobody called ${publicId}.`);
  const { id, token, expires_at } = await createInvite(context, { note: note ?? null, days, person });
  return { id, url: `${context.env.BASE_URL}${INVITE_PATH}/${token}`, expires_at };
}

const over = (): Problem =>
  new Problem(410, "invitation_over", "This invitation was used, was taken back, or has ended. Ask for a new one.");

/** Who is asked in: somebody with an account, or (null) somebody new. Problem `invitation_over`. */
export async function invited(context: Context, token: string): Promise<Person | null> {
  const open = await openInvite(context, await inviteHash(token));
  if (!open) throw over();
  if (open.user_id === null) return null;
  const person = await personById(context, open.user_id);
  if (!person) throw over();
  return person;
}

/** Uses the invitation up. Problem `invitation_over`. */
export async function accept(context: Context, token: string, display_name: string | null): Promise<Person> {
  const known = await invited(context, token);
  const hash = await inviteHash(token);
  if (known) {
    if (!(await useReturn(context, hash))) throw over();
    await openFence(context, known);
    await audit(context, { user_id: known.id, action: "sign_in", detail: "invitation" });
    return known;
  }
  const given = { display_name, avatar_url: null, time_zone: null, identity: null };
  const person = await createPerson(context, { ...given, only: { invite: hash } });
  if (!person) throw over();
  await audit(context, { user_id: person.id, action: "sign_up", detail: "invitation" });
  return person;
}
