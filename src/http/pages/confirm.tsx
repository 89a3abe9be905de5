/** Asks before another account of a provider takes the place of the one before. */
import type { Context } from "hono";
import type { App } from "../hono.ts";
import { Layout, LinkButton, render } from "./parts/layout.tsx";

export interface Question {
  provider: string;
  before: string | null;
  after: string | null;
  /** Where the form posts to. */
  action: string;
}

export const confirmPage = (
  c: Context<App>,
  { provider, before, after, action }: Question,
): Response | Promise<Response> =>
  render(
    c,
    <Layout title={`Another ${provider} account`} person={c.get("person") ?? null}>
      <article class="card message">
        <h1>{`Another ${provider} account`}</h1>
        <p>
          {`Until now ${before ?? "another account"} was connected; you have just chosen ${after ?? "a different one"}. What shall become of the data that are here already?`}
        </p>
        <form method="post" action={action}>
          <label>
            <input type="radio" name="data" value="keep" checked />
            Keep them beside the new account’s
          </label>
          <label>
            <input type="radio" name="data" value="delete" />
            {`Delete everything that came from ${provider}`}
          </label>
          <p class="actions">
            <button type="submit">{`Connect ${after ?? "the new account"}`}</button>
            <LinkButton class="quiet" href="/dashboard/settings">
              Change nothing
            </LinkButton>
          </p>
        </form>
      </article>
    </Layout>,
  );
