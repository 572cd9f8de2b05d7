// Where people reach this control plane, when nobody has said so.
import type { ControlConfig } from "./config.ts";

/**
 * `port`: the one that is listened on. On loopback it is http://localhost: the browser trusts it without a
 * certificate, and passkeys and Secure cookies work there.
 */
export const publicUrlOf = (
  config: Pick<ControlConfig, "publicUrl" | "host" | "names">,
  port: number,
): string => {
  if (config.publicUrl !== undefined) return config.publicUrl;
  const { host } = config;
  if (/^(localhost|::1|127\..*)$/.test(host)) return `http://localhost:${port}`;
  const isAnyAddress = host === "0.0.0.0" || host === "::";
  const name = isAnyAddress ? (config.names[0] ?? "localhost") : host;
  return `https://${name.includes(":") ? `[${name}]` : name}:${port}`;
};
