// What a control plane of a test is told and tells is listened to, at its listeners; every secret in it is looked for
// in its database, its log and its refusals when it closes.
import diagnostics from "node:diagnostics_channel";
import type http from "node:http";
import type { Server } from "node:net";
import { parseJoinString } from "@cmdop/authority";
import { noteSecretFiles, SecretSearch } from "@cmdop/testkit";
import { Secret } from "otpauth";

/** Members that are secret on either way, in JSON, in forms and in queries; those of a list or a record, each. */
const secretMembers: ReadonlySet<string> = new Set([
  ...["secret", "token", "challenge", "backupCodes", "userCode"],
  ...["access_token", "device_code", "user_code"],
]);
/** Those that are secret in a request alone: an answer's code is a failure's, or one that a machine shows. */
const givenMembers: ReadonlySet<string> = new Set([
  ...["password", "code", "clientSecret", "code_verifier", "keys", "headers"],
]);
/** Whether a member of that name is searched for. */
export const isWatchedMember = (name: string): boolean => secretMembers.has(name) || givenMembers.has(name);

const opaqueToken = /cmdop_[a-z]{3}_[0-9A-Za-z]{48}/g;
/** Of a one-time code in an address. */
const codeInAddress = /[?&#]code=([\w-]+)/g;
/** An answer that is longer is a stream or a page of things. */
const bytesMax = 1 << 20;

interface Exchange {
  readonly request: http.IncomingMessage;
  readonly response: http.ServerResponse;
  readonly server: Server;
}

export interface WatchedControl {
  /** Of its listeners. */
  readonly ports: readonly number[];
  /** Its directory. */
  readonly dir: string;
  /** What it is sent is no secret of anybody's: a text at random that may stand anywhere. */
  readonly isSentNoise: boolean;
}

export class SecretWatch {
  readonly search = new SecretSearch();
  readonly #control: WatchedControl;
  readonly #refusals: string[] = [];

  constructor(control: WatchedControl) {
    this.#control = control;
    diagnostics.subscribe("http.server.request.start", this.#begin);
    // What they are in the database and elsewhere is sealed, or their public half.
    noteSecretFiles(this.search, control.dir);
  }

  /** What is where it may not be. `dump` and `log` have in each line the place first. */
  end(places: { readonly dump: string; readonly log: string }): readonly string[] {
    diagnostics.unsubscribe("http.server.request.start", this.#begin);
    return [
      ...this.search.findIn("the database", places.dump),
      ...this.search.findIn("the log", places.log),
      ...this.search.findIn("a refusal", this.#refusals.join("\n")),
    ];
  }

  readonly #begin = (message: unknown): void => {
    const { request, response, server } = message as Exchange;
    const { localPort } = request.socket;
    const address = server.address();
    const isOurs =
      typeof address === "string"
        ? address.startsWith(this.#control.dir)
        : localPort !== undefined && this.#control.ports.includes(localPort);
    if (!isOurs) return;
    const asked = listen(request, "push");
    const told = [listen(response, "write"), listen(response, "end")];
    let head = "";
    const { writeHead } = response;
    response.writeHead = ((...given: unknown[]) => {
      head = JSON.stringify(given.slice(1));
      return Reflect.apply(writeHead, response, given);
    }) as typeof writeHead;
    response.once("finish", () => {
      const body = told.map((texts) => texts.join("")).join("");
      const name = `${request.method} ${response.statusCode}`;
      if (!this.#control.isSentNoise) this.#noteRequest(name, request, asked.join(""));
      const headers = head + JSON.stringify(response.getHeaders());
      if (response.statusCode < 400) {
        this.#note(name, body, false);
        this.#noteTexts(name, headers);
      } else {
        this.#refusals.push(`${request.method}:${response.statusCode} ${headers} ${body}`);
      }
    });
  };

  #noteRequest(name: string, { headers, url = "" }: http.IncomingMessage, body: string): void {
    const credential = /^Bearer (\S+)$/.exec(headers.authorization ?? "")?.[1] ?? headers["x-api-key"];
    if (credential !== undefined) this.search.note("a credential", String(credential));
    this.#noteTexts("a cookie", headers.cookie ?? "");
    this.#noteTexts("an address", url);
    // What is refused as no password at all, since it is the account's name, is none.
    if (name.endsWith(" 400")) return;
    // What an edge reports of a failure is the failure's code.
    this.#note(name, body, !url.startsWith("/internal/"));
  }

  /** Tokens and codes that a text holds, whatever it is. */
  #noteTexts(name: string, text: string): void {
    for (const [token] of text.matchAll(opaqueToken)) this.search.note(`a token of ${name}`, token);
    for (const [, code] of text.matchAll(codeInAddress)) this.search.note(`a code of ${name}`, code ?? "");
  }

  #note(name: string, text: string, isGiven: boolean): void {
    this.#noteTexts(name, text);
    if (text.startsWith("{")) {
      try {
        this.#noteMembers(name, JSON.parse(text), isGiven);
      } catch {
        // Cut short, or made to be refused: nothing was taken from it.
      }
    }
    if (isGiven && /^[\w-]+=/.test(text)) {
      this.#noteMembers(name, Object.fromEntries(new URLSearchParams(text)), true);
    }
  }

  #noteMembers(name: string, value: unknown, isGiven: boolean): void {
    if (typeof value !== "object" || value === null) return;
    for (const [member, held] of Object.entries(value)) {
      if (secretMembers.has(member) || (isGiven && givenMembers.has(member))) {
        const texts = typeof held === "object" && held !== null ? Object.values(held) : [held];
        for (const text of texts)
          if (typeof text === "string") this.#noteSecret(`${member} of ${name}`, text);
      }
      this.#noteMembers(name, held, isGiven);
    }
  }

  #noteSecret(name: string, text: string): void {
    this.search.note(name, text);
    // As they are kept: without what makes them easy to read.
    this.search.note(name, text.replaceAll("-", ""));
    this.search.note(name, parseJoinString(text)?.token ?? "");
    if (/^[A-Z2-7]{32}$/.test(text)) {
      const { bytes, hex } = Secret.fromBase32(text);
      this.search.note(name, bytes);
      this.search.note(name, hex.toLowerCase());
    }
  }
}

/** What passes through a method of a stream, whose first argument is a piece of it. */
const listen = (stream: object, method: "push" | "write" | "end"): readonly string[] => {
  const texts: string[] = [];
  let bytes = 0;
  const through: unknown = Reflect.get(stream, method);
  if (typeof through !== "function") throw new Error(`a stream without ${method}`);
  Reflect.set(stream, method, (...given: unknown[]) => {
    const [piece] = given;
    if ((typeof piece === "string" || piece instanceof Uint8Array) && bytes < bytesMax) {
      bytes += piece.length;
      texts.push(Buffer.from(piece).toString());
    }
    return Reflect.apply(through, stream, given);
  });
  return texts;
};
