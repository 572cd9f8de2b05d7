import { readFile } from "node:fs/promises";
import path from "node:path";
import { certificatePin } from "@cmdop/authority";

/** The pin of the control plane that has its home here. */
export const controlCaPin = async (home: string): Promise<string> =>
  certificatePin(await readFile(path.join(home, "control", "tls", "ca.crt"), "utf8"));
