// From a request's headers to its principal. A browser's cookie counts for changes only when the browser itself says
// that the page that sends it is ours.
import { parseOpaqueToken } from "@cmdop/authority";
import { Failure } from "@cmdop/base";
import type { FastifyRequest } from "fastify";
import { sessionCookie } from "../../core/identity/cookie.ts";

const safeMethods: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);
const bearerPattern = /^Bearer +(\S{1,512})$/i;

/** The token that the request presents; undefined: none. Two different ones are refused. */
export const presentedToken = (request: FastifyRequest): string | undefined => {
  const { authorization } = request.headers;
  const key = request.headers["x-api-key"];
  const bearer = authorization === undefined ? undefined : bearerPattern.exec(authorization)?.[1];
  if (authorization !== undefined && bearer === undefined) throw new Failure("unauthenticated");
  const given = [bearer, ...(key === undefined ? [] : [key].flat())].filter((text) => text !== undefined);
  if (given.length > 1) throw new Failure("unauthenticated", "One credential is enough: two were sent.");
  const [token] = given;
  if (token !== undefined) {
    // A browser session is a cookie and nothing else: a stolen one must not work from a script.
    if (isCookie(token)) throw new Failure("unauthenticated");
    return token;
  }
  const cookie = request.cookies[sessionCookie];
  if (cookie === undefined) return undefined;
  if (!isCookie(cookie)) return undefined;
  if (!safeMethods.has(request.method) && !isOwnPage(request)) {
    throw new Failure("origin_not_allowed", "The request did not come from a page of this server.");
  }
  return cookie;
};

/** Whether a token that was presented is one of those that come as a cookie. */
export const isCookie = (token: string): boolean => parseOpaqueToken(token)?.kind === "ses";

/** Sec-Fetch-Site is the browser's own word; Origin is for those that do not send it. Neither: refused. */
const isOwnPage = (request: FastifyRequest): boolean => {
  const site = request.headers["sec-fetch-site"];
  if (site !== undefined) return site === "same-origin";
  const { origin, host } = request.headers;
  if (origin === undefined || host === undefined) return false;
  return URL.canParse(origin) && new URL(origin).host === host;
};
