/**
 * gRPC metadata: lower-case ASCII keys; text values, or bytes where the key ends in "-bin". Several values a
 * key are kept in order. Reserved keys ("grpc-…", pseudo-headers, hop-by-hop headers) are refused.
 */
export type Metadata = ReadonlyMap<string, readonly (string | Uint8Array)[]>;

export const emptyMetadata: Metadata = new Map();

/** The first text value of a key. */
export const metadataText = (metadata: Metadata, key: string): string | undefined => {
  const value = metadata.get(key)?.[0];
  return typeof value === "string" ? value : undefined;
};

export const toMetadata = (entries: Readonly<Record<string, string | Uint8Array>>): Metadata =>
  new Map(Object.entries(entries).map(([key, value]) => [key.toLowerCase(), [value]]));
