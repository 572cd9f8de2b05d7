import { timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { Secret } from "../../core/secret.ts";

const keyCharsMax = 512;

interface Given {
  /** What was sent, as bytes. */
  readonly text: Buffer;
  /** In X-API-Key. */
  readonly isOwn: boolean;
  readonly key: Secret;
}

/** What each connection sent last: nearly always it sends the same again, and one key has one digest. */
const lastGiven = new WeakMap<Socket, Given>();

/** The platform key: `X-API-Key`, or `Authorization: Bearer` for clients that know nothing else. */
export const readKey = ({ headers, socket }: IncomingMessage): Secret | undefined => {
  const own = headers["x-api-key"];
  const isOwn = typeof own === "string" && own !== "";
  const given = isOwn ? own : (headers.authorization ?? "");
  const text = Buffer.from(given, "latin1");
  const last = lastGiven.get(socket);
  if (last?.isOwn === isOwn && last.text.length === text.length && timingSafeEqual(last.text, text))
    return last.key;
  const found = isOwn ? given : /^Bearer +(\S+)$/i.exec(given)?.[1];
  if (found === undefined || found.length > keyCharsMax) return undefined;
  const key = new Secret(found);
  lastGiven.set(socket, { text, isOwn, key });
  return key;
};
