import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";

const scripts: Readonly<Record<string, () => Promise<string>>> = {
  bash: async () => (await import("../completion/bash.ts")).bashCompletion(),
  zsh: async () => (await import("../completion/zsh.ts")).zshCompletion(),
  fish: async () => (await import("../completion/fish.ts")).fishCompletion(),
};

export const run = async ({ arguments: [shell = ""], print }: Context): Promise<number> => {
  const script = await scripts[shell]?.();
  if (script !== undefined) await print.bytes(Buffer.from(script));
  return exitCodes.done;
};
