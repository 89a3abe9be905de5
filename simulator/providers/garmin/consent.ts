import { html } from "hono/html";
import type { World } from "../../provider.ts";
import { connectPage } from "./pages.ts";

export const PERMISSION_TEXTS: Record<string, string> = {
  ACTIVITY_EXPORT: "Activities",
  HEALTH_EXPORT: "Daily health stats",
  MCT_EXPORT: "Women’s health",
  HISTORICAL_DATA_EXPORT: "Historical data",
};

const MORE: Record<string, string> = {
  HISTORICAL_DATA_EXPORT: "Also what was recorded before today",
};

/** The people to choose from, the one who agreed last first chosen. */
export function peopleChoice(world: World, last: string | null) {
  const chosen = world.lives.some((life) => life.person.key === last) ? last : world.lives[0]?.person.key;
  const people = world.lives.map((life) => {
    const { key, firstname, lastname, home } = life.person;
    const count = life.activities(world.now()).length;
    const about = count === 0 ? "brand-new, no activities" : `${count} activities`;
    return html`<label><input type="radio" name="person" value="${key}" ${key === chosen ? "checked" : ""}>
      <span>${firstname} ${lastname}<small>${home.name} · ${about}</small></span></label>`;
  });
  return html`<fieldset><legend>You are</legend>${people}</fieldset>`;
}

export function permissionBoxes(offered: string[], ticked: (permission: string) => boolean) {
  return offered.map(
    (one) => html`<label><input type="checkbox" name="permission" value="${one}" ${ticked(one) ? "checked" : ""}>
      <span>${PERMISSION_TEXTS[one]}<small>${MORE[one] ?? ""}</small></span></label>`,
  );
}

/** The page that asks. History is not ticked: who overlooks it shares only what comes from now on. */
export function consentPage(world: World, redirect: URL, offered: string[], last: string | null): Promise<Response> {
  const boxes = permissionBoxes(offered, (one) => one !== "HISTORICAL_DATA_EXPORT");
  return connectPage(
    "Connect",
    html`<form method="post">
<h1>${redirect.host} would like to connect to your Garmin Connect account</h1>
${peopleChoice(world, last)}
<fieldset><legend>Share with ${redirect.host}</legend>${boxes}</fieldset>
<div class="buttons">
<button class="main" name="decision" value="agree">Agree</button>
<button name="decision" value="cancel">Cancel</button>
</div>
</form>`,
  );
}
