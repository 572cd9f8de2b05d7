// The body of a request, read whole.
import type { IncomingMessage } from "node:http";
import { Pieces } from "../../core/pieces.ts";

export type Body =
  | { readonly kind: "body"; readonly bytes: Uint8Array }
  | { readonly kind: "too-large" }
  /** The caller left, or its time was over, before all of it was there. */
  | { readonly kind: "gone" };

const mediaTypes = new Set(["application/json", "multipart/form-data"]);

/** Whether a body is of a type that some endpoint takes, or there is none. */
export const isKnownMediaType = ({ headers }: IncomingMessage): boolean => {
  const type = headers["content-type"];
  if (type === undefined) {
    const length = headers["content-length"];
    return headers["transfer-encoding"] === undefined && (length === undefined || length === "0");
  }
  if (type === "application/json") return true;
  const end = type.indexOf(";");
  return mediaTypes.has((end === -1 ? type : type.slice(0, end)).trim().toLowerCase());
};

/** Reads no further than the byte that is too many. */
export const readBody = (request: IncomingMessage, bytesMax: number): Promise<Body> =>
  new Promise((resolve) => {
    const parts = new Pieces();
    const end = (body: Body): void => {
      request.off("data", onData).off("end", onEnd).off("close", onGone);
      resolve(body);
    };
    const onData = (part: Buffer): void => {
      if (parts.bytes + part.length <= bytesMax) parts.add(part);
      else end({ kind: "too-large" });
    };
    const onEnd = (): void => end({ kind: "body", bytes: parts.take() });
    const onGone = (): void => end({ kind: "gone" });
    request.on("data", onData).once("end", onEnd).once("close", onGone).once("error", onGone);
    if (request.destroyed) onGone();
  });
