import { expect, it } from "vitest";
import { world } from "./world.ts";

it("makes, lists and revokes keys", async () => {
  const w = await world();
  const { browser } = await w.person();
  const made = await browser.json("POST", "/api/keys", { name: "phone" });
  expect(made.status).toBe(201);
  expect(await made.json()).toMatchObject({ name: "phone" });
});
