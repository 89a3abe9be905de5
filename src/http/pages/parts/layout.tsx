/** The frame of every page. All scripts and styles are files of ours, so the CSP needs no exception. */
import type { Context } from "hono";
import { html } from "hono/html";
import type { Child, FC } from "hono/jsx";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { Person } from "../../../store/users.ts";
import type { Flash } from "../../flash.ts";

/** A whole document. */
export function render(c: Context, page: Child, status: ContentfulStatusCode = 200): Response | Promise<Response> {
  return c.html(html`<!doctype html>${page}`, status);
}

interface Frame {
  title: string;
  person?: Person | null;
  here?: "dashboard" | "settings";
  /** Files below /static. */
  scripts?: string[];
  styles?: string[];
  /** Reload after this many seconds where JavaScript does not refresh the page in place. */
  reload_s?: number | null;
  /** The browser is asked once for its time zone. */
  askZone?: boolean;
  children?: Child;
}

export const Layout: FC<Frame> = ({ title, person, here, scripts = [], styles = [], reload_s, askZone, children }) => (
  <html lang="en">
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta name="color-scheme" content="light dark" />
      <title>{`${title} · qt-connect`}</title>
      <link rel="icon" href="/static/favicon.svg" type="image/svg+xml" />
      <link rel="stylesheet" href="/static/pico.css" />
      {styles.map((name) => (
        <link rel="stylesheet" href={`/static/${name}`} />
      ))}
      <link rel="stylesheet" href="/static/site.css" />
      {reload_s ? (
        <noscript>
          <meta http-equiv="refresh" content={String(reload_s)} />
        </noscript>
      ) : null}
      {(askZone ? ["zone.js", ...scripts] : scripts).map((name) => (
        <script src={`/static/${name}`} defer />
      ))}
    </head>
    <body>
      <a class="skip" href="#content">
        Skip to content
      </a>
      <header>
        <div class="frame">
          <a class="brand" href="/">
            <Mark />
            qt-connect
          </a>
          {person ? (
            <nav aria-label="Main">
              <a href="/dashboard" aria-current={here === "dashboard" ? "page" : undefined}>
                Dashboard
              </a>
              <a href="/dashboard/settings" aria-current={here === "settings" ? "page" : undefined}>
                Settings
              </a>
            </nav>
          ) : null}
          {person ? <span class="who">{person.display_name ?? person.public_id}</span> : null}
        </div>
      </header>
      <main class="frame" id="content">
        {children}
      </main>
      <footer>
        <div class="frame">
          <span>Your fitness data, in one place.</span>
          <a href="/docs">API documentation</a>
        </div>
      </footer>
    </body>
  </html>
);

const Mark: FC = () => (
  <svg viewBox="0 0 32 32" fill="none" stroke="currentColor" stroke-width="3.4" aria-hidden="true">
    <circle cx="11" cy="16" r="7.5" />
    <circle cx="21" cy="16" r="7.5" />
  </svg>
);

export const FlashNotice: FC<{ flash: Flash | null }> = ({ flash }) =>
  flash ? (
    <div class={flash.kind === "warning" ? "notice warn" : "notice"} role="status">
      <p>{flash.text}</p>
    </div>
  ) : null;

/** A link that looks like a button; it stays a link, for whoever opens it in a new tab. */
export const LinkButton: FC<{ href: string; class?: string; download?: string; children?: Child }> = ({
  children,
  ...rest
}) => (
  // biome-ignore lint/a11y/useSemanticElements: Pico gives links this look by their role
  <a role="button" {...rest}>
    {children}
  </a>
);
