// How this router reaches the control plane: one private file, written when the router was made known to it.
import { readFile, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { Failure } from "@cmdop/base";
import { z } from "zod";
import { Secret } from "../../core/secret.ts";

export interface ControlAccess {
  readonly url: string;
  readonly token: Secret;
  /** PEM of the only authority to trust, or its pin; neither: those of the system. */
  readonly caPem: string | undefined;
  readonly caPin: string | undefined;
}

const file = z.strictObject({
  url: z.url({ protocol: /^https$/ }),
  token: z.string().regex(/^cmdop_edg_/),
  /** Path of a PEM file, from this file's directory. */
  ca: z.string().min(1).optional(),
  caPin: z.string().min(1).optional(),
});

const wrong = (path: string, what: string, cause?: unknown): Failure =>
  new Failure("not_configured", `${path}: ${what}`, cause === undefined ? {} : { cause });

/** `url` goes before the file's own. Undefined: there is no file, and none was asked for. */
export const readControlAccess = async (
  path: string,
  url: string | undefined,
): Promise<ControlAccess | undefined> => {
  const text = await readPrivate(path);
  if (text === undefined) {
    if (url === undefined) return undefined;
    throw wrong(
      path,
      "the router's access to the control plane is not there, and CMDOP_CONTROL_URL names one.",
    );
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    // The parser's own message quotes the text, and a secret stands in it.
    throw wrong(path, "it is not JSON.");
  }
  const parsed = file.safeParse(url === undefined || typeof json !== "object" ? json : { ...json, url });
  if (!parsed.success) {
    const names = parsed.error.issues.map(({ path: at, code }) => `${at.join(".") || code} is wrong`);
    throw wrong(path, `${names.join("; ")}. url (https), token (cmdop_edg_…), and ca or caPin are expected.`);
  }
  const { token, ca, caPin } = parsed.data;
  const caPem = ca === undefined ? undefined : await readAuthority(path, resolve(dirname(path), ca));
  return { url: parsed.data.url, token: new Secret(token), caPem, caPin };
};

const readPrivate = async (path: string): Promise<string | undefined> => {
  try {
    const { mode } = await stat(path);
    if ((mode & 0o077) !== 0) throw wrong(path, `others may read it; run chmod 600 ${path}.`);
    return await readFile(path, "utf8");
  } catch (cause) {
    if (cause instanceof Failure) throw cause;
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return undefined;
    throw wrong(path, "it cannot be read.", cause);
  }
};

const readAuthority = async (path: string, ca: string): Promise<string> => {
  try {
    return await readFile(ca, "utf8");
  } catch (cause) {
    throw wrong(path, `its authority ${ca} cannot be read.`, cause);
  }
};
