import { toDisplayText } from "@cmdop/base";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";

export const run = async ({ control, print, signal }: Context): Promise<number> => {
  const { data } = await (await control()).GET("/v1/whoami", { signal });
  if (!data) return exitCodes.failed;
  if (print.isJson) {
    await print.json(data);
    return exitCodes.done;
  }
  if (print.isQuiet) {
    await print.line(data.id);
    return exitCodes.done;
  }
  const { credential, fleets } = data;
  const inFleets = fleets.map((fleet) => `${fleet.slug} (${fleet.role})`).join(", ");
  for (const line of [
    `account  ${toDisplayText(data.name, 100)}${data.email ? ` <${toDisplayText(data.email, 254)}>` : ""}`,
    `role     ${data.installationRole ?? "none"} of the installation`,
    `fleets   ${inFleets === "" ? "none" : toDisplayText(inFleets, 1000)}`,
    `login    ${toDisplayText(credential.name, 100)} (${credential.kind}, ${credential.fingerprint})`,
    `proof    ${credential.signedInAt ?? "a program's"}${credential.hasSecondFactor ? ", with a second factor" : ""}`,
  ]) {
    await print.line(line);
  }
  return exitCodes.done;
};
