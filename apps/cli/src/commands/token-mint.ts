import path from "node:path";
import {
  isFingerprint,
  type MintContext,
  type MintedToken,
  mintMachineToken,
  mintOperatorToken,
  openRelaySigner,
  writeSecretFile,
} from "@cmdop/authority";
import { isMachineId, newMachineId, systemClock } from "@cmdop/base";
import { usageError } from "../cli-error.ts";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { parseDuration, toDurationText } from "../options/duration.ts";
import type { Options } from "../options/options.ts";

const validMsMax = 3_650 * 86_400_000;
const limitMsMax = 365 * 86_400_000;

export const run = async ({ home, io, options, print }: Context): Promise<number> => {
  const machine = options.text("machine");
  const operator = options.text("operator");
  if ((machine === undefined) === (operator === undefined)) {
    throw usageError(
      "A token is for a machine or for an operator.",
      "Give --machine NAME --key FINGERPRINT, or --operator NAME.",
    );
  }
  const mint: MintContext = { signer: await openRelaySigner(path.join(home, "relay")), clock: systemClock };
  const { token, facts } =
    machine === undefined
      ? await mintOperator(mint, operator ?? "", options)
      : await mintMachine(mint, machine, options);
  const out = options.text("out");
  const file = out === undefined ? undefined : path.resolve(io.cwd, out);
  if (file !== undefined) await writeSecretFile(file, `${token.token}\n`);
  if (print.isJson) {
    await print.json({
      ...facts,
      id: token.id,
      expiresAtMs: token.expiresAtMs,
      ...(file ? { file } : { token: token.token }),
    });
    return exitCodes.done;
  }
  await print.line(file ?? token.token);
  print.note(`id ${token.id}, may be presented for ${toDurationText(token.expiresAtMs - io.wallMs())}`);
  return exitCodes.done;
};

interface Minted {
  readonly token: MintedToken;
  readonly facts: Readonly<Record<string, unknown>>;
}

const validMsOf = (options: Options): number =>
  parseDuration(options.text("ttl") ?? "90d", "--ttl", validMsMax);

const mintMachine = async (mint: MintContext, machineName: string, options: Options): Promise<Minted> => {
  const keyFingerprint = options.text("key");
  if (keyFingerprint === undefined || !isFingerprint(keyFingerprint)) {
    throw usageError(
      "A machine's token is bound to its key: --key takes its fingerprint.",
      "Type on that machine: cmdop machine key",
    );
  }
  const machineId = options.text("id") ?? newMachineId();
  if (!isMachineId(machineId)) throw usageError("--id takes a machine's id (mch_…).", "Type: cmdop machines");
  const token = await mintMachineToken(mint, {
    machineId,
    machineName,
    keyFingerprint,
    validMs: validMsOf(options),
  });
  return { token, facts: { machine: machineName, machineId } };
};

const mintOperator = async (mint: MintContext, operator: string, options: Options): Promise<Minted> => {
  if (options.flag("ai") && options.flag("program"))
    throw usageError("--ai and --program exclude each other.", "Leave one out.");
  const actor = options.flag("ai") ? "ai" : options.flag("program") ? "program" : "human";
  const role = options.text("role") === "observer" ? "observer" : "operator";
  const machines = options
    .text("machines")
    ?.split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
  // An empty list would be read as a mistake, never as "all".
  if (machines?.length === 0) throw usageError("--machines names none.", "Leave it out for all machines.");
  const limit = options.text("limit");
  const token = await mintOperatorToken(mint, {
    operator,
    role,
    actor,
    machines: machines ?? "*",
    validMs: validMsOf(options),
    ...(limit === undefined ? {} : { limitMs: parseDuration(limit, "--limit", limitMsMax) }),
  });
  return { token, facts: { operator, role, actor, machines: machines ?? "*" } };
};
