import { toDisplayText } from "@cmdop/base";
import { usageError } from "../cli-error.ts";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { parseDuration } from "../options/duration.ts";
import { toTags } from "../options/tags-option.ts";
import { printSecret } from "../output/record.ts";

const dayMs = 86_400_000;
const expiresMsMin = 60_000;
const expiresMsMax = 90 * dayMs;
const ephemeralMsMax = 7 * dayMs;

export const run = async (context: Context): Promise<number> => {
  const { control, fleet, options, signal } = context;
  const expires = options.text("expires");
  const uses = options.number("uses");
  const away = options.text("ephemeral-after");
  const client = await control();
  const { data } = await client.POST("/v1/fleets/{fleet}/join-tokens", {
    params: { path: { fleet: await fleet() } },
    body: {
      name: options.text("name") ?? "",
      tags: toTags(options.list("tag")),
      ephemeral: options.flag("ephemeral") || away !== undefined,
      approval: options.flag("approval"),
      ...(expires === undefined ? {} : { expiresInS: toExpiresInS(expires) }),
      ...(uses === undefined ? {} : { maxUses: uses }),
      ...(away === undefined
        ? {}
        : {
            ephemeralAfterMinutes: Math.ceil(
              parseDuration(away, "--ephemeral-after", ephemeralMsMax) / 60_000,
            ),
          }),
    },
    signal,
  });
  if (data) {
    const machines = data.maxUses === 1 ? "one machine" : `${data.maxUses} machines`;
    await printSecret(context, data, [
      `For ${machines}, until ${data.expiresAt}. It is shown once. Type on the machine:`,
      `  ${toJoinCommand(context, data)}`,
      ...(isLoopback(data.controlUrl) ? [onlyHere] : []),
    ]);
  }
  return exitCodes.done;
};

const toExpiresInS = (text: string): number => {
  const ms = parseDuration(text, "--expires", expiresMsMax);
  if (ms < expiresMsMin) throw usageError("--expires must be 1m or more.", "For example: --expires 1d");
  return Math.round(ms / 1_000);
};

/** Whole where a person copies it from the screen; without the secret where standard error may be kept in a file. */
const toJoinCommand = (
  { io, print }: Pick<Context, "io" | "print">,
  { secret, controlUrl }: { readonly secret: string; readonly controlUrl: string },
): string => {
  const isSeen = print.isTerminal && io.stderr.isTTY === true;
  return `cmdop join ${isSeen ? secret : "STRING"} --control ${toDisplayText(controlUrl, 300)}`;
};

const isLoopback = (url: string): boolean => /^https:\/\/(localhost|127\.|\[::1\])/.test(url);

const onlyHere =
  "That address is this machine's own, and others do not reach it. docs/how-to/run-everything-under-systemd.md " +
  "says how to give it one that they reach.";
