import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { parseOpaqueToken } from "@cmdop/authority";
import { Failure } from "@cmdop/base";
import type { ControlClientOptions } from "@cmdop/edge";

// `control.json` in the relay's directory says where the control plane is and how to know it:
// {"url": "https://…", "caPin": "sha256:…", "tokenFile": "edge.token"}. The token file holds one `cmdop_edg_…`.

const tokenFileDefault = "edge.token";

/** Undefined: the relay stands alone. Fails with `not_configured` when it is told of a control plane by halves. */
export const readControlHome = async (
  dir: string,
  url: string | undefined,
): Promise<ControlClientOptions | undefined> => {
  const path = join(dir, "control.json");
  const file = await readIfThere(path);
  if (file === undefined && url === undefined) return undefined;
  const said = file === undefined ? {} : parseFile(file, path);
  const address = url ?? said.url;
  if (address === undefined)
    throw new Failure("not_configured", `${path}: "url" is missing, and so is CMDOP_CONTROL_URL.`);
  if (!address.startsWith("https://"))
    throw new Failure("not_configured", `${path}: "url" must begin with https://.`);
  const tokenPath = resolve(dir, said.tokenFile ?? tokenFileDefault);
  const token = (await readIfThere(tokenPath))?.trim();
  if (token === undefined || parseOpaqueToken(token)?.kind !== "edg")
    throw new Failure("not_configured", `${tokenPath} holds no credential of an edge (cmdop_edg_…).`);
  return { url: address, token, caPin: said.caPin };
};

interface ControlFile {
  readonly url?: string | undefined;
  readonly caPin?: string | undefined;
  readonly tokenFile?: string | undefined;
}

const names = ["url", "caPin", "tokenFile"] as const;

const parseFile = (text: string, path: string): ControlFile => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new Failure("not_configured", `${path} is no JSON.`, { cause });
  }
  const given = Object.entries(typeof value === "object" && value !== null ? value : {});
  for (const [name, each] of given)
    if (!names.some((known) => known === name) || typeof each !== "string")
      throw new Failure("not_configured", `${path}: ${name} is not one of ${names.join(", ")} with a text.`);
  return Object.fromEntries(given) as ControlFile;
};

const readIfThere = async (path: string): Promise<string | undefined> => {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return undefined;
    throw new Failure("not_configured", `${path} cannot be read.`, { cause });
  }
};
