/** What phones may post. */
import { Problem } from "../platform/errors.ts";
import { healthMd } from "../providers/bridge/health_md.ts";
import { ownJson } from "../providers/bridge/own_json.ts";
import type { Format } from "../providers/format.ts";
import { PROVIDERS } from "../providers/index.ts";
import type { Provider } from "../providers/provider.ts";

export interface KnownFormat {
  provider: Provider;
  format: Format;
}

/** The formats of all phone bridges, in order of recognition. */
export const FORMATS: readonly KnownFormat[] = PROVIDERS.flatMap((provider: Provider) =>
  provider.formats
    ? // What says itself whose it is comes first.
      [ownJson(provider.id), healthMd(provider.id), ...provider.formats].map((format) => ({ provider, format }))
    : [],
);

/** 422, with the names of those that are known. */
export const unknownFormat = (detail: string): Problem =>
  new Problem(422, "unknown_format", detail, { formats: FORMATS.map(({ format }) => format.name) });
