// Whoever is signed in need not be told the relay by hand: the control plane knows where its sessions are reached.
import { CliError } from "./cli-error.ts";
import type { ConnectionSettings } from "./settings.ts";

export interface KnownRelays {
  readonly relays: readonly string[];
  /** Undefined: the system's CAs are trusted. */
  readonly caPin: string | undefined;
}

export interface ControlLogin {
  readonly control: string;
  readonly controlCaPin: string | undefined;
  readonly token: string;
}

export const askForRelays = async (
  { control, controlCaPin, token }: ControlLogin,
  timeoutMs?: number,
): Promise<KnownRelays> => {
  const { createControlClient } = await import("@cmdop/sdk");
  const client = await createControlClient({
    url: control,
    token,
    caPin: controlCaPin,
    userAgent: "cmdop-cli",
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  });
  const { data } = await client.GET("/v1/whoami");
  return { relays: data?.relays ?? [], caPin: data?.relayCaPin ?? undefined };
};

/** Settings that name no relay, with those of their control plane. */
export const withRelays = async (
  settings: ConnectionSettings,
  timeoutMs?: number,
): Promise<ConnectionSettings> => {
  const { control, controlCaPin, token } = settings;
  if (settings.relays.length > 0 || control === undefined || token === undefined) return settings;
  const { relays, caPin } = await askForRelays({ control, controlCaPin, token }, timeoutMs);
  if (relays.length > 0) return { ...settings, relays, caPin: settings.caPin ?? caPin };
  throw new CliError({
    what: "no relay to call",
    why: `Nothing here names one, and neither does the control plane at ${control}.`,
    next: "Set CMDOP_CONTROL_RELAYS there, or pass --relay HOST:PORT --ca-pin sha256:…",
    code: "not_configured",
  });
};
