/** Headers of every answer that the Worker itself gives. */
import { createMiddleware } from "hono/factory";
import { NONCE, secureHeaders } from "hono/secure-headers";
import type { App } from "../hono.ts";

const common = {
  contentSecurityPolicy: {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'", NONCE],
    styleSrc: ["'self'", NONCE],
    imgSrc: ["'self'", "data:", "https:"], // avatars lie at the providers
    fontSrc: ["'self'"],
    connectSrc: ["'self'"],
    formAction: ["'self'"],
    baseUri: ["'none'"],
    objectSrc: ["'none'"],
    frameAncestors: ["'none'"],
  },
  crossOriginOpenerPolicy: "same-origin",
  // Not `no-referrer`: with it a browser sends our own forms with `Origin: null`.
  referrerPolicy: "same-origin",
  xFrameOptions: "DENY",
  permissionsPolicy: { camera: [], geolocation: [], microphone: [], payment: [] },
  // A route may be stricter.
  overwrite: false,
};
const onHttps = secureHeaders({ ...common, strictTransportSecurity: "max-age=63072000; includeSubDomains" });
const onLoopback = secureHeaders({ ...common, strictTransportSecurity: false });

export const headers = createMiddleware<App>(async (c, next) => {
  // As it is set, for the variables are not parsed yet; a proxy in front may speak http to us.
  const { BASE_URL: address = c.req.url } = c.env as { BASE_URL?: unknown };
  const set = /^https:/i.test(String(address)) ? onHttps : onLoopback;
  const result = await set(c, next);
  if (!c.res.headers.has("cache-control")) c.res.headers.set("cache-control", "no-store");
  return result;
});
