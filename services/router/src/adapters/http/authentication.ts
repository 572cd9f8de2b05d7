import type { IncomingHttpHeaders } from "node:http";
import { Secret } from "../../core/secret.ts";

const keyCharsMax = 512;

/** The platform key: `X-API-Key`, or `Authorization: Bearer` for clients that know nothing else. */
export const readKey = (headers: IncomingHttpHeaders): Secret | undefined => {
  const own = headers["x-api-key"];
  const bearer = /^Bearer +(\S+)$/i.exec(headers.authorization ?? "")?.[1];
  const key = typeof own === "string" && own !== "" ? own : bearer;
  return key === undefined || key.length > keyCharsMax ? undefined : new Secret(key);
};
