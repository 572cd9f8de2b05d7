import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Failure } from "@cmdop/base";
import { askLocalControl, textOf } from "./ask-control.ts";
import { makePrivateDirectory } from "./private-directory.ts";
import { writeSecretFile } from "./secret-file.ts";

// What relay, router, agent and CLI of one machine need to work with the control plane that runs there too. All of it
// comes by the control plane's own socket: whoever has its directory needs no credential.

export interface LocalControl {
  /** The socket in the control plane's directory. */
  readonly socket: string;
  /** Where people and programs reach it. */
  readonly url: string;
  /** Where edges reach it. */
  readonly internalUrl: string;
  /** Of the control plane's CA. */
  readonly caPin: string;
}

export interface ControlledHomeOptions {
  readonly control: LocalControl;
  /** `host:port` of the relay. */
  readonly relay: string;
  readonly relayCaPin: string;
  /** Whoever works here: the first start makes them the owner. */
  readonly operator: string;
  readonly hostname: string;
}

export interface ControlledHome {
  /** True: this start made the owner. */
  readonly isNewOwner: boolean;
  /** Slug of the fleet that this machine comes into. */
  readonly fleet: string;
}

const writeJson = (file: string, value: unknown): Promise<void> =>
  writeSecretFile(file, `${JSON.stringify(value, undefined, 2)}\n`);

/** Makes what is missing; credentials that are there and good are kept. */
export const prepareControlledHome = async (
  home: string,
  options: ControlledHomeOptions,
): Promise<ControlledHome> => {
  for (const name of ["cli", "relay", "router"]) await makePrivateDirectory(join(home, name));
  const { isNewOwner, token } = await prepareCli(join(home, "cli"), options);
  for (const kind of ["relay", "router"] as const) await prepareEdge(join(home, kind), kind, options);
  return { isNewOwner, fleet: await firstFleet(options.control.socket, token) };
};

const prepareCli = async (
  dir: string,
  options: ControlledHomeOptions,
): Promise<{ readonly isNewOwner: boolean; readonly token: string }> => {
  const { control, operator, hostname } = options;
  const tokenFile = join(dir, "login.token");
  let isNewOwner = false;
  if (!(await isSignedIn(control.socket, tokenFile))) {
    const answer = await askLocalControl(control.socket, "POST", "/local/v1/sign-in", {
      body: { name: operator, client: { name: "cmdop on this machine", hostname } },
    });
    isNewOwner = answer.isNew === true;
    await writeSecretFile(tokenFile, `${textOf(answer, "secret")}\n`);
  }
  await writeJson(join(dir, "config.json"), {
    relay: options.relay,
    caPin: options.relayCaPin,
    control: control.url,
    controlCaPin: control.caPin,
    tokenFile,
    ...(await chosenFleet(join(dir, "config.json"))),
  });
  return { isNewOwner, token: (await readFile(tokenFile, "utf8")).trim() };
};

/** What `cmdop fleets use` chose stays chosen. */
const chosenFleet = async (file: string): Promise<{ readonly fleet?: string }> => {
  try {
    const { fleet } = JSON.parse(await readFile(file, "utf8")) as { readonly fleet?: unknown };
    return typeof fleet === "string" ? { fleet } : {};
  } catch {
    // There is none, or none that can be read: it is made anew.
    return {};
  }
};

const firstFleet = async (socket: string, token: string): Promise<string> => {
  const { items } = await askLocalControl(socket, "GET", "/v1/fleets?limit=1", { token });
  const [fleet] = items as readonly { readonly slug: string }[];
  if (!fleet) throw new Failure("not_found", "You are in no fleet: cmdop fleets create NAME");
  return fleet.slug;
};

const isSignedIn = async (socket: string, tokenFile: string): Promise<boolean> => {
  if (!existsSync(tokenFile)) return false;
  try {
    await askLocalControl(socket, "GET", "/v1/fleets?limit=1", {
      token: (await readFile(tokenFile, "utf8")).trim(),
    });
    return true;
  } catch (error) {
    if (error instanceof Failure && error.row.http === 401) return false;
    throw error;
  }
};

/** An edge's credential does not run out: it is made once and revoked by name. */
const mintEdge = async ({ control }: ControlledHomeOptions, kind: "relay" | "router"): Promise<string> =>
  textOf(
    await askLocalControl(control.socket, "POST", "/local/v1/edges", { body: { name: kind, kind } }),
    "secret",
  );

/** Relay and router find the control plane by the same two files. */
const prepareEdge = async (
  dir: string,
  kind: "relay" | "router",
  options: ControlledHomeOptions,
): Promise<void> => {
  const tokenFile = join(dir, "edge.token");
  if (!existsSync(tokenFile)) await writeSecretFile(tokenFile, `${await mintEdge(options, kind)}\n`);
  const { internalUrl: url, caPin } = options.control;
  await writeJson(join(dir, "control.json"), { url, caPin, tokenFile: "edge.token" });
};
