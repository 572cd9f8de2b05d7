import { toDisplayText } from "@cmdop/base";
import { createControlClient } from "@cmdop/sdk";
import { toCliError } from "../cli-error.ts";
import type { Context } from "../context.ts";
import { toDurationText } from "../options/duration.ts";
import type { ConnectionSettings } from "../settings.ts";
import { examineCertificate } from "./examine-certificate.ts";
import type { Finding } from "./finding.ts";

const timeoutMs = 5_000;
/** A date header is whole seconds, and the answer was under way. */
const skewUnnoticedMs = 2_000;
/** From here on tokens are refused as not yet valid, or as expired. */
const skewMsMax = 30_000;

/** Reached, the pinned one, its clock as ours, and the token good: each stands on the one before. */
export async function* examineControl(
  { io, signal }: Pick<Context, "io" | "signal">,
  settings: ConnectionSettings,
): AsyncGenerator<Finding> {
  const { control, controlCaPin, token } = settings;
  if (control === undefined) {
    yield { check: "control", result: "note", text: "none is named: the relay stands alone" };
    return;
  }
  const name = toDisplayText(control, 128);
  const began = performance.now();
  let date: string | null;
  try {
    const anybody = createControlClient({ url: control, caPin: controlCaPin, timeoutMs });
    const { response } = await anybody.GET("/v1/sign-in", { signal });
    date = response.headers.get("date");
  } catch (cause) {
    const error = toCliError(cause, "control", "doctor");
    yield { check: "control", result: "problem", text: `${name}: ${error.why}`, next: error.next };
    // A certificate that is over is refused as any other is.
    yield* examineTls(control, name, io.wallMs());
    return;
  }
  const took = Math.round(performance.now() - began);
  const trust = !control.startsWith("https:")
    ? "on this machine, without TLS"
    : controlCaPin === undefined
      ? "no pin: the system's CAs are trusted"
      : "its CA is the pinned one";
  yield { check: "control", result: "ok", text: `${name} answers in ${took} ms, ${trust}` };
  yield* examineTls(control, name, io.wallMs());
  yield* examineClock(date, io.wallMs());
  if (token !== undefined) yield await examineLogin(settings, control, token, signal);
}

async function* examineTls(control: string, name: string, nowMs: number): AsyncGenerator<Finding> {
  if (!control.startsWith("https:")) return;
  const { hostname, port } = new URL(control);
  yield* examineCertificate({
    check: "control",
    name,
    host: hostname.replace(/^\[|\]$/g, ""),
    port: Number(port || 443),
    nowMs,
    next: "It renews its own: its log says why it did not (certificate.renewal_failed). A proxy's is the proxy's to renew",
  });
}

function* examineClock(date: string | null, nowMs: number): Generator<Finding> {
  const skewMs = date === null ? Number.NaN : nowMs - Date.parse(date);
  const apart = Math.abs(skewMs);
  if (Number.isNaN(skewMs) || apart <= skewUnnoticedMs) return;
  yield {
    check: "clock",
    result: apart > skewMsMax ? "problem" : "note",
    text: `this machine's clock is ${toDurationText(apart)} ${skewMs > 0 ? "ahead of" : "behind"} the control plane's`,
    next: "Let both be set by NTP",
  };
}

const examineLogin = async (
  { controlCaPin }: ConnectionSettings,
  url: string,
  token: string,
  signal: AbortSignal,
): Promise<Finding> => {
  try {
    const client = createControlClient({ url, token, caPin: controlCaPin, timeoutMs });
    const { data } = await client.GET("/v1/whoami", { signal });
    const who = toDisplayText(data?.name ?? "?", 64);
    return { check: "login", result: "ok", text: `the control plane takes the token: you are ${who}` };
  } catch (cause) {
    const { why } = toCliError(cause, "login");
    return { check: "login", result: "problem", text: why, next: "Type: cmdop login" };
  }
};
