/** A page that says one thing and what to do next: declined consents, refused links, lost sessions, errors in a browser. */
import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { App } from "../hono.ts";
import { Layout, LinkButton, render } from "./parts/layout.tsx";

export interface Message {
  status: ContentfulStatusCode;
  title: string;
  /** Sentences, a paragraph each. */
  text: string | string[];
  /** The next step first. */
  links?: { href: string; label: string }[];
}

export function messagePage(
  c: Context<App>,
  { status, title, text, links = [] }: Message,
): Response | Promise<Response> {
  // Its address may hold a code or a state.
  c.header("Referrer-Policy", "no-referrer");
  return render(
    c,
    <Layout title={title} person={c.get("person") ?? null}>
      <article class="card message">
        <h1>{title}</h1>
        {[text].flat().map((paragraph) => (
          <p>{paragraph}</p>
        ))}
        <p class="actions">
          {(links.length > 0 ? links : [{ href: "/", label: "To the start page" }]).map(({ href, label }, i) => (
            <LinkButton class={i === 0 ? "" : "quiet"} href={href}>
              {label}
            </LinkButton>
          ))}
        </p>
      </article>
    </Layout>,
    status,
  );
}
