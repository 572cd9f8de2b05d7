import { request as send } from "undici";
import type { ControlFixture, TestAnswer } from "./control-fixture.ts";

/** A browser: cookies of the control plane and of an identity provider, redirects by hand. */
export class TestBrowser {
  readonly #fixture: ControlFixture;
  readonly #accept: string;
  readonly #cookies = new Map<string, string>();

  /** `accept`: what a person's browser says, for pages in place of problem documents. */
  constructor(fixture: ControlFixture, accept = "*/*") {
    this.#fixture = fixture;
    this.#accept = accept;
  }

  cookiesFor(url: string): string {
    const mine = [...this.#cookies].filter(([name]) => name.startsWith(`${new URL(url).host} `));
    return mine.map(([name, value]) => `${name.split(" ")[1]}=${value}`).join("; ");
  }

  async go(url: string, form?: Record<string, string>): Promise<TestAnswer> {
    const answer = await send(url, {
      method: form ? "POST" : "GET",
      headers: {
        accept: this.#accept,
        cookie: this.cookiesFor(url),
        ...(form ? { "content-type": "application/x-www-form-urlencoded" } : {}),
      },
      ...(form ? { body: new URLSearchParams(form).toString() } : {}),
    });
    this.keep(url, answer.headers);
    return { status: answer.statusCode, body: await answer.body.text(), headers: answer.headers };
  }

  /** Takes the cookies that an answer from there has set. */
  keep(url: string, headers: TestAnswer["headers"]): void {
    const { host } = new URL(url);
    for (const line of [headers["set-cookie"] ?? []].flat()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      this.#cookies.set(`${host} ${name}`, value);
    }
  }

  /** Is nobody at this address any more. */
  forget(url: string): void {
    const { host } = new URL(url);
    for (const name of this.#cookies.keys()) if (name.startsWith(`${host} `)) this.#cookies.delete(name);
  }

  /** As a page of the control plane asks. */
  async ask(method: "GET" | "POST" | "PUT" | "DELETE", at: string, body?: unknown): Promise<TestAnswer> {
    const { url } = this.#fixture;
    const answer = await this.#fixture.ask(method, at, {
      headers: { cookie: this.cookiesFor(url), "sec-fetch-site": "same-origin" },
      ...(body === undefined ? {} : { body }),
    });
    this.keep(url, answer.headers);
    return answer;
  }

  /** From where an identity provider was asked, signing in there, to where it sends the browser back. */
  async through(begun: string, login: string): Promise<string> {
    let at = begun;
    for (let step = 0; step < 12; step += 1) {
      const { pathname } = new URL(at);
      if (pathname.endsWith("/oidc-callback")) return at.replace(/^http:\/\/localhost/, "http://127.0.0.1");
      const page = await this.go(at);
      const next = page.headers.location;
      if (next !== undefined) {
        at = new URL(String(next), at).href;
        continue;
      }
      const prompt = /name="prompt" value="(\w+)"/.exec(page.body)?.[1] ?? "";
      const answered = await this.go(at, { prompt, login, password: "any" });
      at = new URL(String(answered.headers.location), at).href;
    }
    throw new Error(`the provider does not come to an end: ${at}`);
  }
}
