import type { Socket } from "node:net";
import { Failure, isFailureCode, isSessionId, type SessionId } from "@cmdop/base";

/** Counts up with additions; both sides accept every version from 1. */
export const hostProtocolVersion = 1;
export const preambleBytesMax = 256;
const name = "cmdop-host";

export type Preamble =
  | { readonly kind: "control"; readonly version: number }
  | { readonly kind: "home"; readonly version: number; readonly sessionId: SessionId };

export const formatPreamble = (want: "control" | { sessionId: string }): string =>
  want === "control"
    ? `${name} ${hostProtocolVersion} control\n`
    : `${name} ${hostProtocolVersion} home ${want.sessionId}\n`;

const parseVersion = (text: string | undefined): number | undefined =>
  text !== undefined && /^[1-9][0-9]{0,5}$/.test(text) ? Number(text) : undefined;

/** What a client asked for, from its line without the newline. */
export const parsePreamble = (line: string): Preamble | Failure => {
  const [magic, versionText, kind, argument, ...rest] = line.split(" ");
  const version = parseVersion(versionText);
  if (magic !== name || version === undefined || rest.length > 0) {
    return new Failure("malformed_message", "This is not the session host's protocol.");
  }
  if (kind === "control" && argument === undefined) return { kind, version };
  if (kind === "home" && argument !== undefined && isSessionId(argument)) {
    return { kind, version, sessionId: argument };
  }
  return new Failure(
    "unimplemented",
    `The session host speaks version ${hostProtocolVersion} and does not know this kind of connection.`,
  );
};

export const formatAnswer = (failure?: Failure): string =>
  failure
    ? `${name} ${hostProtocolVersion} error ${failure.code} ${failure.message.replace(/\s+/g, " ")}`
        .slice(0, preambleBytesMax - 1)
        .concat("\n")
    : `${name} ${hostProtocolVersion} ok\n`;

/** The host's version, or the failure that it answered with. */
export const parseAnswer = (line: string): number | Failure => {
  const [magic, versionText, word, code, ...text] = line.split(" ");
  const version = parseVersion(versionText);
  if (magic !== name || version === undefined) {
    return new Failure(
      "host_unavailable",
      "What answers on the session host's socket is not a session host.",
    );
  }
  if (word === "ok") return version;
  if (word === "error" && code !== undefined && isFailureCode(code)) return new Failure(code, text.join(" "));
  return new Failure("host_unavailable", "The session host answered with an error that is not known here.");
};

/**
 * Reads one line, at most `preambleBytesMax` bytes, from a paused socket. What came after it is put back, and the
 * socket is paused again.
 */
export const readLine = (socket: Socket, timeoutMs: number): Promise<string> =>
  new Promise((resolve, reject) => {
    let held: Buffer = Buffer.alloc(0);
    const settle = (finish: () => void) => {
      clearTimeout(timer);
      socket.off("data", onData).off("error", onError).off("close", onClose).off("end", onClose);
      socket.pause();
      finish();
    };
    const onData = (chunk: Buffer) => {
      held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
      const end = held.indexOf(10);
      if (end < 0 ? held.length >= preambleBytesMax : end >= preambleBytesMax) {
        settle(() => reject(new Failure("malformed_message", "The first line is too long.")));
        return;
      }
      if (end < 0) return;
      settle(() => {
        const rest = held.subarray(end + 1);
        if (rest.length > 0) socket.unshift(rest);
        resolve(held.toString("latin1", 0, end));
      });
    };
    const onError = (cause: Error) =>
      settle(() => reject(new Failure("host_unavailable", undefined, { cause })));
    const onClose = () => settle(() => reject(new Failure("host_unavailable")));
    const timer = setTimeout(() => settle(() => reject(new Failure("timed_out"))), timeoutMs);
    socket.on("data", onData).on("error", onError).on("close", onClose).on("end", onClose);
    socket.resume();
  });
