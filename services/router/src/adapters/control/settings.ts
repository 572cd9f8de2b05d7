// What is configured now: read at start, read again when the file changes. A file that is wrong changes nothing.
import { hash, timingSafeEqual } from "node:crypto";
import { unwatchFile, watchFile } from "node:fs";
import { readFile } from "node:fs/promises";
import { Failure } from "@cmdop/base";
import type { Secret } from "../../core/secret.ts";
import type { Caller, KeyValidation, RoutingSource } from "../../ports.ts";
import {
  type CallerKey,
  parseSettings,
  type ReadVariable,
  type RouterSettings,
  type SettingsSources,
} from "./route-file.ts";

export interface SettingsOptions {
  /** Where the file would be; `isRequired`: it was named, so it must be there. */
  readonly path: string;
  readonly isRequired: boolean;
  readonly readVariable: ReadVariable;
  readonly addresses: SettingsSources["addresses"];
  readonly events: {
    reloaded(): void;
    refused(problems: readonly string[]): void;
  };
}

export interface Settings extends RoutingSource, KeyValidation {
  readonly hasCallers: boolean;
  close(): void;
}

const lookEveryMs = 500;
const fileBytesMax = 4 * 1024 * 1024;

export const openSettings = async (options: SettingsOptions): Promise<Settings> => {
  let { settings, text } = await readFirst(options);
  let callers = byDigest(settings.callers);

  const reload = async (): Promise<void> => {
    const next = await readText(options.path).catch((): undefined => undefined);
    if (next === text) return;
    if (next === undefined) return options.events.refused([`${options.path} cannot be read`]);
    text = next;
    const result = parseSettings({ ...options, text });
    if (result.kind === "problems") return options.events.refused(result.problems);
    settings = result.settings;
    callers = byDigest(settings.callers);
    options.events.reloaded();
  };
  const look = (): void => void reload();
  // By its times and not by events of the directory: those differ between file systems and mounts.
  watchFile(options.path, { interval: lookEveryMs, persistent: false }, look);

  return {
    get hasCallers() {
      return callers.size > 0;
    },
    current: () => settings.routing,
    validate: async (key) => {
      const digest = digestOf(key);
      const known = callers.get(digest);
      return known && timingSafeEqual(known.digest, Buffer.from(digest, "latin1"))
        ? { kind: "caller", caller: known.caller }
        : { kind: "unknown" };
    },
    close: () => unwatchFile(options.path, look),
  };
};

/** A connection's key is the same object for all of its requests: it is digested once. */
const digests = new WeakMap<Secret, string>();

const digestOf = (key: Secret): string => {
  const known = digests.get(key);
  if (known !== undefined) return known;
  // As a text, which Node makes at a third of a buffer's cost.
  const digest = hash("sha256", key.reveal(), "hex");
  digests.set(key, digest);
  return digest;
};

interface KnownKey {
  /** In hex, as bytes. */
  readonly digest: Buffer;
  readonly caller: Caller;
}

const byDigest = (callers: readonly CallerKey[]): ReadonlyMap<string, KnownKey> =>
  new Map(callers.map(({ digest, caller }) => [digest, { digest: Buffer.from(digest, "latin1"), caller }]));

const readFirst = async (
  options: SettingsOptions,
): Promise<{ settings: RouterSettings; text: string | undefined }> => {
  const text = await readText(options.path).catch((cause: unknown) => {
    throw new Failure(
      "not_configured",
      `The route table ${options.path} cannot be read (CMDOP_ROUTER_CONFIG).`,
      {
        cause,
      },
    );
  });
  if (text === undefined && options.isRequired) {
    throw new Failure("not_configured", `There is no route table at ${options.path} (CMDOP_ROUTER_CONFIG).`);
  }
  const result = parseSettings({ ...options, text });
  if (result.kind === "settings") return { settings: result.settings, text };
  throw new Failure(
    "not_configured",
    `The route table ${options.path} is wrong:\n${result.problems.join("\n")}`,
  );
};

/** Undefined: there is no such file. */
const readText = async (path: string): Promise<string | undefined> => {
  try {
    const bytes = await readFile(path);
    if (bytes.length > fileBytesMax) throw new Error("the file is larger than 4 MiB");
    return bytes.toString("utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
};
