import http from "node:http";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type BrowserRedirect, openBrowserRedirect } from "./browser-redirect.ts";

let redirect: BrowserRedirect;
beforeEach(async () => {
  redirect = await openBrowserRedirect();
});
afterEach(() => redirect.close());

const ask = (path: string): Promise<number> =>
  new Promise((resolve, reject) => {
    const { port } = new URL(redirect.uri);
    http
      .get({ host: "127.0.0.1", port, path }, (answer) => {
        answer.resume();
        resolve(answer.statusCode ?? 0);
      })
      .on("error", reject);
  });

describe("the port that a browser brings a login's code to", () => {
  it.each([
    "/",
    "//",
    "http://[",
    "/callback",
    "/callback?state=other&code=stolen",
    "/callback/?state=ours&code=x",
  ])("says that nothing is there to whoever asks for %s, and waits on", async (path) => {
    const code = redirect.codeFor("ours", new AbortController().signal);
    expect(await ask(path)).toBe(404);
    expect(await ask("/callback?state=ours&code=right")).toBe(200);
    expect(await code).toBe("right");
  });

  it("gives up with the signal", async () => {
    const controller = new AbortController();
    const code = redirect.codeFor("ours", controller.signal);
    controller.abort(new Error("enough"));
    await expect(code).rejects.toThrow("enough");
  });
});
