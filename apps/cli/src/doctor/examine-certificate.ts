import { fetchCertificateEndMs } from "@cmdop/authority";
import { toDurationText } from "../options/duration.ts";
import type { Finding } from "./finding.ts";

const timeoutMs = 5_000;
/** What renews itself does so 60 days before the end, a public CA's clients 30: by then it should have happened. */
const warnBelowMs = 21 * 86_400_000;

/** Says nothing of a certificate that is good for longer, and nothing when there is no handshake: that is another's finding. */
export async function* examineCertificate(options: {
  readonly check: string;
  /** As people know it. */
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly nowMs: number;
  readonly next: string;
}): AsyncGenerator<Finding> {
  const { check, name, host, port, nowMs, next } = options;
  const endMs = await fetchCertificateEndMs({ host, port, timeoutMs }).catch(() => undefined);
  if (endMs === undefined) return;
  const leftMs = endMs - nowMs;
  if (leftMs >= warnBelowMs) return;
  yield leftMs > 0
    ? { check, result: "note", text: `${name}: its certificate ends in ${toDurationText(leftMs)}`, next }
    : {
        check,
        result: "problem",
        text: `${name}: its certificate ended ${toDurationText(-leftMs)} ago`,
        next,
      };
}
