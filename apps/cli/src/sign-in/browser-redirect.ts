// The port on this machine to which a browser brings the code of a login (RFC 8252 7.3).
import http from "node:http";
import type { AddressInfo } from "node:net";
import { Failure } from "@cmdop/base";

export interface BrowserRedirect {
  readonly uri: string;
  /** The code that came with this state. Anything else is told so and waited past. */
  codeFor(state: string, signal: AbortSignal): Promise<string>;
  close(): void;
}

const page = (text: string): string =>
  `<!doctype html><meta charset="utf-8"><title>cmdop</title><p>${text}</p>\n`;

export const openBrowserRedirect = async (): Promise<BrowserRedirect> => {
  let answer: (query: URLSearchParams) => boolean = () => false;
  const server = http.createServer((request, response) => {
    // Any page of the browser may ask here for anything, also for what is no address.
    const [path, query] = (request.url ?? "").split("?", 2);
    const isOurs = path === "/callback" && answer(new URLSearchParams(query));
    response.writeHead(isOurs ? 200 : 404, {
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": "default-src 'none'",
      "referrer-policy": "no-referrer",
      connection: "close",
    });
    response.end(page(isOurs ? "The terminal is signed in. You can close this page." : "Nothing is here."));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    uri: `http://127.0.0.1:${port}/callback`,
    codeFor: (state, signal) =>
      new Promise((resolve, reject) => {
        const aborted = () => reject(signal.reason);
        if (signal.aborted) aborted();
        signal.addEventListener("abort", aborted, { once: true });
        answer = (query) => {
          if (query.get("state") !== state) return false;
          signal.removeEventListener("abort", aborted);
          const code = query.get("code");
          if (code === null) reject(new Failure("access_denied"));
          else resolve(code);
          return true;
        };
      }),
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
};
