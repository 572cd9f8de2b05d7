import type { ControlSchemas } from "@cmdop/sdk";

type InstallationRole = ControlSchemas["Account"]["installationRole"];

export const installationRoles = [
  "owner",
  "member",
  "auditor",
] as const satisfies readonly InstallationRole[];

/** The command's table has let no other word in. */
export const toInstallationRole = (text: string | undefined): InstallationRole | undefined =>
  installationRoles.find((role) => role === text);
