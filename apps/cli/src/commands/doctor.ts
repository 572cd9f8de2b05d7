import { existsSync, statfsSync, statSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { fetchPinnedAuthority } from "@cmdop/authority";
import { toDisplayText } from "@cmdop/base";
import { readAgentStatus } from "../agent-client.ts";
import { toCliError } from "../cli-error.ts";
import type { Context } from "../context.ts";
import { examineCertificate } from "../doctor/examine-certificate.ts";
import { examineControl } from "../doctor/examine-control.ts";
import type { Finding } from "../doctor/finding.ts";
import { exitCodes } from "../exit-codes.ts";
import { toDurationText } from "../options/duration.ts";
import type { ConnectionSettings } from "../settings.ts";

const timeoutMs = 5_000;

export const run = async (context: Context): Promise<number> => {
  const { print } = context;
  const findings: Finding[] = [];
  for await (const finding of examine(context)) {
    findings.push(finding);
    if (print.isJson) continue;
    const { bold, green, red, yellow, dim } = print.style;
    const mark = { ok: green("ok     "), note: yellow("note   "), problem: red("problem") }[finding.result];
    await print.line(`${mark}  ${bold(finding.check.padEnd(8))}  ${finding.text}`);
    if (finding.next) await print.line(`                   ${dim(print.typed(finding.next))}`);
  }
  if (print.isJson) await print.json(findings);
  return findings.some((finding) => finding.result === "problem") ? exitCodes.failed : exitCodes.done;
};

async function* examine(context: Context): AsyncGenerator<Finding> {
  const { home, io } = context;
  yield { check: "node", result: "ok", text: `${io.platform.node} on ${io.platform.os} ${io.platform.arch}` };
  yield* examineHome(home);
  let settings: ConnectionSettings;
  try {
    settings = context.settings();
  } catch (cause) {
    const error = toCliError(cause, "settings");
    yield { check: "settings", result: "problem", text: error.why, next: error.next };
    return;
  }
  if (isReachedAlone(home, settings)) {
    yield {
      check: "login",
      result: "note",
      text: "nobody is signed in here: this machine is reached, and reaches no other",
      next: "To use it as a terminal, type: cmdop login --control URL",
    };
  } else {
    yield examineToken(settings, io.wallMs());
    yield* examineRelays(settings, io.wallMs());
    yield* examineControl(context, settings);
    if (settings.relays.length > 0 && settings.token) yield await examineService(context);
  }
  yield await examineAgent(home, io.wallMs());
  yield examineTerminal(context);
}

/** A machine that joined, where nobody works: only its agent is set up. */
const isReachedAlone = (home: string, { token, relays, control }: ConnectionSettings): boolean =>
  token === undefined &&
  control === undefined &&
  relays.length === 0 &&
  existsSync(join(home, "agent", "agent.json"));

/** The embedded database reads alone below 32 MiB; a session needs some for its output. */
const freeMiBMin = 100;

function* examineHome(home: string): Generator<Finding> {
  if (!existsSync(home)) {
    yield {
      check: "home",
      result: "note",
      text: `${home} does not exist yet`,
      next: "Type: npm start, or cmdop up",
    };
    return;
  }
  const mode = statSync(home).mode & 0o777;
  const isOpen = (mode & 0o022) !== 0;
  if (isOpen) {
    yield {
      check: "home",
      result: "problem",
      text: `${home} can be written by others`,
      next: `Type: chmod 700 ${home}`,
    };
  }
  const { bavail, bsize } = statfsSync(home);
  const freeMiB = Math.floor((bavail * bsize) / 1_048_576);
  const isShort = freeMiB < freeMiBMin;
  if (isShort) {
    yield {
      check: "home",
      result: "problem",
      text: `${freeMiB} MiB are free where ${home} lies: little can be kept, and what begins may be refused`,
      next: "Free space there; all goes on by itself.",
    };
  }
  if (!isOpen && !isShort) yield { check: "home", result: "ok", text: home };
}

const examineToken = (settings: ConnectionSettings, nowMs: number): Finding => {
  if (!settings.token) {
    return {
      check: "token",
      result: "problem",
      text: "there is none",
      next: "Type: npm start, or pass --token-file FILE",
    };
  }
  const kind = /^cmdop_([a-z]+)_/.exec(settings.token)?.[1];
  if (kind !== undefined) {
    const what = opaqueKinds[kind] ?? "a credential";
    const next =
      "Only a control plane can say whether it is good: type cmdop login, or name one with --control";
    return {
      check: "token",
      result: settings.control === undefined ? "problem" : "ok",
      text: `${what} of a control plane (${settings.sources.token})`,
      ...(settings.control === undefined ? { next } : {}),
    };
  }
  const claims = claimsOf(settings.token);
  const expiresMs = Number(claims.exp ?? 0) * 1000;
  const who = `${toDisplayText(String(claims.sub ?? "?"), 64)}, ${toDisplayText(String(claims.role ?? "?"), 16)}`;
  if (expiresMs <= nowMs) {
    return {
      check: "token",
      result: "problem",
      text: `of ${who}: it has expired (or is no token)`,
      next: "Type: cmdop token mint --operator NAME",
    };
  }
  return {
    check: "token",
    result: "ok",
    text: `of ${who}, for ${toDurationText(expiresMs - nowMs)} (${settings.sources.token})`,
  };
};

const opaqueKinds: Readonly<Record<string, string>> = {
  cli: "a login",
  api: "an API key",
  svc: "a service account's key",
};

const claimsOf = (token: string): Record<string, unknown> => {
  try {
    const value: unknown = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString());
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
};

const split = (relay: string): { host: string; port: number } => {
  const match = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(relay);
  return { host: match?.[1] ?? match?.[2] ?? relay, port: Number(match?.[3] ?? 63_142) };
};

async function* examineRelays(settings: ConnectionSettings, nowMs: number): AsyncGenerator<Finding> {
  if (settings.relays.length === 0) {
    yield {
      check: "relay",
      result: "problem",
      text: "none is named",
      next: "Type: npm start, or pass --relay HOST:PORT",
    };
  }
  for (const relay of settings.relays) {
    const { host, port } = split(relay);
    const name = toDisplayText(relay, 128);
    const began = performance.now();
    try {
      await reach(host, port);
    } catch (cause) {
      yield {
        check: "relay",
        result: "problem",
        text: `${name} cannot be reached: ${cause instanceof Error ? toDisplayText(cause.message) : "?"}`,
        next: "Does it run, and does a firewall stand between? On the relay's machine: cmdop relay start",
      };
      continue;
    }
    const took = Math.round(performance.now() - began);
    yield* examineCertificate({
      check: "relay",
      name,
      host,
      port,
      nowMs,
      next: "Type on the relay's machine: cmdop relay init",
    });
    if (settings.caPin === undefined) {
      yield {
        check: "relay",
        result: "note",
        text: `${name} answers in ${took} ms; no pin: the system's CAs are trusted`,
      };
      continue;
    }
    try {
      await fetchPinnedAuthority({ host, port, pin: settings.caPin, timeoutMs });
      yield { check: "relay", result: "ok", text: `${name} answers in ${took} ms, its CA is the pinned one` };
    } catch (cause) {
      const error = toCliError(cause, "relay", "doctor");
      yield { check: "relay", result: "problem", text: `${name}: ${error.why}`, next: error.next };
    }
  }
}

const reach = (host: string, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    const socket = connect({ host, port });
    socket.setTimeout(timeoutMs, () =>
      socket.destroy(new Error(`no answer in ${toDurationText(timeoutMs)}`)),
    );
    socket.on("connect", () => {
      socket.destroy();
      resolve();
    });
    socket.on("error", reject);
  });

const examineService = async (context: Context): Promise<Finding> => {
  try {
    const client = await context.client();
    const began = performance.now();
    const machines = await client.machines.list({ timeoutMs, signal: context.signal });
    const took = Math.round(performance.now() - began);
    const online = machines.filter((machine) => machine.presence === "online").length;
    return {
      check: "service",
      result: online > 0 ? "ok" : "note",
      text: `the relay takes the token; ${online} of ${machines.length} machines online (${took} ms)`,
      ...(online > 0 ? {} : { next: "Type on a machine: cmdop up" }),
    };
  } catch (cause) {
    const error = toCliError(cause, "service", "doctor");
    return { check: "service", result: "problem", text: error.why, next: error.next };
  }
};

const examineAgent = async (home: string, nowMs: number): Promise<Finding> => {
  const status = await readAgentStatus(home);
  if (!status)
    return { check: "agent", result: "note", text: "no agent runs on this machine", next: "Type: cmdop up" };
  const { link } = status;
  if (link.failure) {
    return {
      check: "agent",
      result: "problem",
      text: `${toDisplayText(link.state, 32)}: ${toDisplayText(link.failure.text)}`,
      next: "Type: cmdop status",
    };
  }
  return {
    check: "agent",
    result: "ok",
    text: `${toDisplayText(link.state, 32)} for ${toDurationText(nowMs - link.sinceMs)}`,
  };
};

const examineTerminal = ({ io }: Context): Finding => {
  const { TERM: term, TMUX: tmux, STY: screen } = io.env;
  if (!io.stdin.isTTY || !io.stdout.isTTY)
    return { check: "terminal", result: "note", text: "this is none: attach needs one" };
  if (!term || term === "dumb") {
    return {
      check: "terminal",
      result: "problem",
      text: `TERM is ${term ? "dumb" : "not set"}`,
      next: "attach needs a terminal such as xterm-256color",
    };
  }
  const within = tmux ? ", inside tmux" : screen ? ", inside screen" : "";
  return {
    check: "terminal",
    result: "ok",
    text: `${toDisplayText(term, 40)} ${io.stdout.columns}×${io.stdout.rows}${within}`,
  };
};
