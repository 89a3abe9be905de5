/** What phones may post. */
import { Problem } from "../platform/errors.ts";
import type { Format } from "../providers/format.ts";
import { PROVIDERS } from "../providers/index.ts";
import type { Provider } from "../providers/provider.ts";

export interface KnownFormat {
  provider: Provider;
  format: Format;
}

/** The formats of all phone bridges, in order of recognition. */
export const FORMATS: readonly KnownFormat[] = PROVIDERS.flatMap((provider: Provider) =>
  (provider.formats ?? []).map((format) => ({ provider, format })),
);

/** 422, with the names of those that are known. */
export const unknownFormat = (detail: string): Problem =>
  new Problem(422, "unknown_format", detail, { formats: FORMATS.map(({ format }) => format.name) });
