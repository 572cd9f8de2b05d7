// A page of the control plane in the browser of whoever sits here.
import { spawn } from "node:child_process";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { requireControl } from "../settings.ts";

/** Over SSH a browser would open where nobody sits. */
export const hasBrowser = ({ env, platform }: Context["io"]): boolean =>
  env.SSH_CONNECTION === undefined &&
  (platform.os === "darwin" || Boolean(env.DISPLAY) || Boolean(env.WAYLAND_DISPLAY));

/** Where none opens, the address was printed. */
export const openBrowser = (url: string, { env, platform }: Context["io"]): void => {
  const program = platform.os === "darwin" ? "open" : "xdg-open";
  const child = spawn(program, [url], { stdio: "ignore", detached: true, env: { ...env } });
  child.on("error", () => undefined);
  child.unref();
};

/** A command that only a browser can finish: it prints the page's address, and opens it where there is a browser. */
export const accountPage =
  (note: string) =>
  async ({ io, print, settings }: Context): Promise<number> => {
    const url = new URL("/account", requireControl(settings()).control).href;
    if (print.isJson) await print.json({ url });
    else await print.line(url);
    if (hasBrowser(io)) openBrowser(url, io);
    print.note(note);
    return exitCodes.done;
  };
