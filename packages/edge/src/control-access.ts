import { readFile, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { parseOpaqueToken } from "@cmdop/authority";
import { Failure } from "@cmdop/base";
import { z } from "zod";
import type { ControlClientOptions } from "./control-client.ts";

// Two files in the directory of a relay or router: `control.json` says where its control plane is and how to know it,
// the token file beside it holds the edge's credential (`cmdop_edg_…`) and is its owner's alone.

const fileSchema = z.strictObject({
  url: z.url({ protocol: /^https$/ }).optional(),
  caPin: z.string().min(1).optional(),
  tokenFile: z.string().min(1).default("edge.token"),
});

const wrong = (what: string, cause?: unknown): Failure =>
  new Failure("not_configured", what, cause === undefined ? {} : { cause });

/**
 * `url` goes before the file's own. Undefined: no control plane is named. Fails with `not_configured`, and without a
 * word of the token, when one is named by halves or others may read the credential.
 */
export const readControlAccess = async (
  directory: string,
  url: string | undefined,
): Promise<ControlClientOptions | undefined> => {
  const path = join(directory, "control.json");
  const text = await readIfThere(path);
  if (text === undefined && url === undefined) return undefined;
  const said = parseFile(text ?? "{}", path);
  const address = url ?? said.url;
  if (address === undefined) throw wrong(`${path}: "url" is missing, and so is CMDOP_CONTROL_URL.`);
  const tokenPath = resolve(directory, said.tokenFile);
  const token = (await readIfThere(tokenPath))?.trim();
  if (token === undefined || parseOpaqueToken(token)?.kind !== "edg")
    throw wrong(`${tokenPath} holds no credential of an edge (cmdop_edg_…).`);
  if (((await stat(tokenPath)).mode & 0o077) !== 0)
    throw wrong(`${tokenPath} may be read by others: run chmod 600 ${tokenPath}.`);
  return { url: address, token, caPin: said.caPin };
};

const parseFile = (text: string, path: string): z.infer<typeof fileSchema> => {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw wrong(`${path} is no JSON.`, cause);
  }
  const parsed = fileSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const names = parsed.error.issues.map((issue) =>
    issue.code === "unrecognized_keys"
      ? `${issue.keys.join(", ")} is unknown`
      : `${issue.path.join(".")} is wrong`,
  );
  throw wrong(`${path}: ${names.join("; ")}. url (https), caPin and tokenFile are taken.`);
};

const readIfThere = async (path: string): Promise<string | undefined> => {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return undefined;
    throw wrong(`${path} cannot be read.`, cause);
  }
};
