import { Failure } from "@cmdop/base";
import { CliError } from "./cli-error.ts";

/** The control plane of this machine did not answer by its socket. */
export const localControlError = (cause: unknown, socket: string): unknown =>
  cause instanceof Failure && cause.code === "unavailable"
    ? new CliError({
        what: "cannot reach the control plane of this machine",
        why: `Nobody listens on ${socket}.`,
        next: "Does it run here? Type: npm start (in the clone), or name its CMDOP_HOME.",
        code: "unavailable",
        cause,
      })
    : cause;
