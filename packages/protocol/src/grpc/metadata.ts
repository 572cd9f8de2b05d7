import { Failure } from "@cmdop/base";

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

const keyPattern = /^[0-9a-z_.-]+$/;
// Printable ASCII; blanks at the ends would not survive HTTP/2.
const textPattern = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/;
const base64Pattern = /^[A-Za-z0-9+/]*={0,2}$/;

const reservedKeys = new Set([
  "accept-encoding",
  "connection",
  "content-encoding",
  "content-length",
  "content-type",
  "date",
  "host",
  "http2-settings",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "user-agent",
]);

const isReserved = (key: string): boolean =>
  key.startsWith("grpc-") || key.startsWith(":") || reservedKeys.has(key);

const invalid = (key: string, what: string): Failure =>
  new Failure("invalid_argument", `Metadata ${JSON.stringify(key)} ${what}.`);

const toHeaderValue = (key: string, value: string | Uint8Array): string => {
  if (key.endsWith("-bin")) {
    if (typeof value === "string") throw invalid(key, "takes bytes");
    return Buffer.from(value.buffer, value.byteOffset, value.length).toString("base64").replace(/=+$/, "");
  }
  if (typeof value !== "string") throw invalid(key, "takes text; the key of bytes ends in -bin");
  if (value !== "" && !textPattern.test(value)) throw invalid(key, "holds a character that is not allowed");
  return value;
};

/** Adds metadata to HTTP/2 headers. Throws `invalid_argument`. */
export const addToHeaders = (headers: Record<string, string | string[]>, metadata: Metadata): void => {
  for (const [key, values] of metadata) {
    if (!keyPattern.test(key) || isReserved(key)) throw invalid(key, "has a key that is not allowed");
    const [first, ...more] = values.map((value) => toHeaderValue(key, value));
    if (first !== undefined) headers[key] = more.length === 0 ? first : [first, ...more];
  }
};

const decodeBin = (key: string, text: string): Uint8Array => {
  if (!base64Pattern.test(text) || text.replace(/=+$/, "").length % 4 === 1) {
    throw invalid(key, "is not base64");
  }
  return Buffer.from(text, "base64");
};

/**
 * Metadata from the raw header list (key, value, key, value …) that node:http2 gives beside its own object, which
 * joins repeated values. Throws `invalid_argument` for a -bin value that is not base64.
 */
export const fromRawHeaders = (raw: readonly string[]): Metadata => {
  const metadata = new Map<string, (string | Uint8Array)[]>();
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const key = raw[at] ?? "";
    const text = raw[at + 1] ?? "";
    if (isReserved(key)) continue;
    const values = metadata.get(key) ?? [];
    metadata.set(key, values);
    // One header line may carry several binary values (PROTOCOL-HTTP2.md, Custom-Metadata).
    if (key.endsWith("-bin")) {
      for (const part of text.split(",")) values.push(decodeBin(key, part.trim()));
    } else values.push(text);
  }
  return metadata;
};
