import http from "node:http";
import https from "node:https";
import { Failure, isFailureCode } from "@cmdop/base";
import { fetchPinnedAuthority } from "./certificates.ts";

// One JSON request to the control plane: by its socket, for whoever may read its directory, or by https with a pin.

const answerWithinMs = 10_000;
const answerBytesMax = 1024 * 1024;

export interface AskOptions {
  readonly body?: unknown;
  readonly token?: string;
}

/** Resolves with the answer's JSON; rejects with the failure that the answer names. */
export type AskControl = (
  method: "GET" | "POST",
  path: string,
  options?: AskOptions,
) => Promise<Record<string, unknown>>;

/** One request to the control plane by its socket. */
export const askLocalControl = (
  socket: string,
  method: "GET" | "POST",
  path: string,
  options: AskOptions = {},
): Promise<Record<string, unknown>> =>
  send(
    (target, take) => http.request({ ...target, socketPath: socket }, take),
    { method, path, host: "localhost" },
    options,
  );

/**
 * As `askLocalControl`, for an answer that may begin late and is long: its pieces, which reject when it is cut off.
 */
export const streamLocalControl = (
  socket: string,
  method: "GET" | "POST",
  path: string,
  signal: AbortSignal,
): Promise<AsyncIterable<Buffer>> =>
  new Promise((resolve, reject) => {
    const sent = http.request(
      { socketPath: socket, method, path, signal, headers: { host: "localhost" } },
      (answer) => {
        if ((answer.statusCode ?? 500) < 300) resolve(answer);
        else readAnswer(answer, reject, reject);
      },
    );
    sent.on("error", (cause) => reject(new Failure("unavailable", undefined, { cause })));
    sent.end();
  });

/** To a control plane at an https address whose authority has this pin. */
export const createPinnedAsk = (url: string, caPin: string): AskControl => {
  const { hostname, port, host } = new URL(url);
  const target = { host: hostname.replace(/^\[|\]$/g, ""), port: Number(port || 443) };
  return async (method, path, options = {}) => {
    // Asked for each time: an hour lies between two requests, and the authority may have been replaced.
    const ca = await fetchPinnedAuthority({ ...target, pin: caPin, timeoutMs: answerWithinMs }).catch(
      (cause: unknown) => {
        if (cause instanceof Failure && cause.code === "untrusted_relay") {
          throw new Failure("untrusted_control", undefined, { cause });
        }
        throw new Failure("unavailable", "The control plane cannot be reached.", { cause });
      },
    );
    return send(
      (settings, take) => https.request({ ...settings, ...target, ca, agent: false }, take),
      { method, path, host },
      options,
    );
  };
};

const send = (
  open: (settings: http.RequestOptions, take: (answer: http.IncomingMessage) => void) => http.ClientRequest,
  { method, path, host }: { readonly method: string; readonly path: string; readonly host: string },
  { body, token }: AskOptions,
): Promise<Record<string, unknown>> =>
  new Promise((resolve, reject) => {
    const sent = open(
      {
        method,
        path,
        timeout: answerWithinMs,
        headers: {
          host,
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...(body === undefined ? {} : { "content-type": "application/json" }),
        },
      },
      (answer) => readAnswer(answer, resolve, reject),
    );
    sent.on("timeout", () => sent.destroy(new Failure("timed_out", "The control plane does not answer.")));
    sent.on("error", (cause) =>
      reject(cause instanceof Failure ? cause : new Failure("unavailable", undefined, { cause })),
    );
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });

const readAnswer = (
  answer: http.IncomingMessage,
  resolve: (value: Record<string, unknown>) => void,
  reject: (cause: unknown) => void,
): void => {
  let text = "";
  answer.setEncoding("utf8");
  answer.on("data", (piece: string) => {
    text += piece;
    if (text.length > answerBytesMax) answer.destroy(new Failure("unavailable", "The answer is too long."));
  });
  answer.on("end", () => {
    try {
      const value = (text === "" ? {} : JSON.parse(text)) as Record<string, unknown>;
      if ((answer.statusCode ?? 500) < 300) resolve(value);
      else reject(toControlFailure(value));
    } catch (cause) {
      reject(new Failure("unavailable", "The control plane's answer is no JSON.", { cause }));
    }
  });
  answer.on("error", reject);
};

const toControlFailure = ({ code, detail }: Record<string, unknown>): Failure =>
  new Failure(
    typeof code === "string" && isFailureCode(code) ? code : "internal",
    typeof detail === "string" ? detail : undefined,
  );

export const textOf = (answer: Record<string, unknown>, name: string): string => {
  const value = answer[name];
  if (typeof value !== "string")
    throw new Failure("internal", undefined, { cause: `no ${name} in the answer` });
  return value;
};
