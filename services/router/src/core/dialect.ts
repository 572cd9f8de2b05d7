import type { Secret } from "./secret.ts";

/** What differs between providers that speak OpenAI's API. */
export interface Dialect {
  /** Where the provider itself serves; a provider of the operator's own has its own address. */
  readonly baseUrl: string;
  headers(key: Secret | undefined): Readonly<Record<string, string>>;
}
