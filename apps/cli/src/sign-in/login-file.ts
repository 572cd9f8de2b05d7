// What `cmdop login` and `cmdop fleets use` leave behind: the token in a file of its own, and in cli/config.json where it
// belongs and which fleet is meant. Everything else in there stays.
import { readFile, rm } from "node:fs/promises";
import path from "node:path";
import { makePrivateDirectory, writeSecretFile } from "@cmdop/authority";
import { askForRelays, type ControlLogin, type KnownRelays } from "../find-relays.ts";

const tokenFile = "login.token";

const readObject = async (file: string): Promise<Record<string, unknown>> => {
  try {
    const value: unknown = JSON.parse(await readFile(file, "utf8"));
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
};

export const storeLogin = async (home: string, login: ControlLogin): Promise<void> => {
  const directory = path.join(home, "cli");
  await makePrivateDirectory(directory);
  const file = path.join(directory, "config.json");
  const { controlCaPin: _former, ...kept } = await readObject(file);
  // A relay that stands there for this control plane is how it is reached from here.
  const isKnown = kept.control === login.control && typeof kept.relay === "string";
  const { relays, caPin } = isKnown ? { relays: [], caPin: undefined } : await relaysOf(login);
  if (relays.length > 0) Object.assign(kept, { relay: relays.join(","), caPin });
  await writeSecretFile(path.join(directory, tokenFile), `${login.token}\n`);
  const content = {
    ...kept,
    control: login.control,
    ...(login.controlCaPin === undefined ? {} : { controlCaPin: login.controlCaPin }),
    tokenFile,
  };
  await writeSecretFile(file, `${JSON.stringify(content, undefined, 2)}\n`);
};

/** None when it does not say: the login is good without them. */
const relaysOf = (login: ControlLogin): Promise<KnownRelays> =>
  askForRelays(login).catch(() => ({ relays: [], caPin: undefined }));

/** Forgets the token; the server's address stays, for the next login. */
export const forgetLogin = async (home: string): Promise<void> => {
  const directory = path.join(home, "cli");
  const file = path.join(directory, "config.json");
  const { tokenFile: used, ...kept } = await readObject(file);
  if (used !== tokenFile) return;
  await writeSecretFile(file, `${JSON.stringify(kept, undefined, 2)}\n`);
  await rm(path.join(directory, tokenFile), { force: true });
};

/** The fleet that commands mean from now on. */
export const storeFleet = async (home: string, fleet: string): Promise<void> => {
  const directory = path.join(home, "cli");
  await makePrivateDirectory(directory);
  const file = path.join(directory, "config.json");
  const content = { ...(await readObject(file)), fleet };
  await writeSecretFile(file, `${JSON.stringify(content, undefined, 2)}\n`);
};
