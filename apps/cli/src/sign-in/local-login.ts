// The login of whoever may read the control plane's directory on this machine: they have every key already.
import { readFile } from "node:fs/promises";
import { hostname, userInfo } from "node:os";
import path from "node:path";
import { askLocalControl, certificatePin } from "@cmdop/authority";
import type { Context } from "../context.ts";
import type { ControlLogin } from "../find-relays.ts";
import { localControlError } from "../local-control.ts";

export interface LocalLogin extends ControlLogin {
  readonly accountName: string;
  readonly email: string;
  readonly loginId: string;
  readonly fingerprint: string;
}

/** As the owner, who is made when there is none. */
export const signInLocally = async ({
  home,
  options,
  settings,
}: Pick<Context, "home" | "options" | "settings">): Promise<LocalLogin> => {
  const directory = path.join(home, "control");
  const socket = path.join(directory, "control.sock");
  const ask = (method: "GET" | "POST", at: string, body?: object) =>
    askLocalControl(socket, method, at, body === undefined ? {} : { body }).catch((cause: unknown) => {
      throw localControlError(cause, socket);
    });
  const { url } = await ask("GET", "/local/v1/status");
  const answer = await ask("POST", "/local/v1/sign-in", {
    name: userInfo().username || "owner",
    client: { name: "cmdop on this machine", hostname: options.text("name") ?? hostname() },
  });
  const { control, controlCaPin } = settings();
  const caPin = certificatePin(await readFile(path.join(directory, "tls", "ca.crt"), "utf8"));
  const known = control !== undefined && controlCaPin === caPin;
  return {
    // One listener takes both: with the pin it is the same server for sure.
    control: known ? control : String(url).replace(/^http:/, "https:"),
    controlCaPin: caPin,
    token: String(answer.secret),
    accountName: String(answer.name),
    email: String(answer.email),
    loginId: String(answer.credentialId),
    fingerprint: String(answer.fingerprint),
  };
};
