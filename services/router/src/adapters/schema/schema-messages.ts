/** To the thread. */
export interface SchemaJob {
  readonly id: number;
  readonly schemaText: string;
  /** Undefined: the schema alone is looked at. */
  readonly instanceText: string | undefined;
}

/** From the thread; the first one, without an id, says that it is ready. */
export type SchemaReply =
  | { readonly kind: "ready" }
  | { readonly kind: "done"; readonly id: number; readonly result: SchemaResult };

export type SchemaResult =
  | { readonly kind: "valid" }
  | { readonly kind: "invalid"; readonly problems: readonly string[] }
  | { readonly kind: "unusable"; readonly reason: string }
  | { readonly kind: "too-slow" };
