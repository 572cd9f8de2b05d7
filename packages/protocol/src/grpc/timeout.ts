import { Failure } from "@cmdop/base";

const unitMs: Readonly<Record<string, number>> = {
  H: 3_600_000,
  M: 60_000,
  S: 1_000,
  m: 1,
  u: 1e-3,
  n: 1e-6,
};

/** `grpc-timeout` as milliseconds; at most eight digits and a unit. Throws `invalid_argument`. */
export const parseTimeout = (text: string): number => {
  const match = /^(\d{1,8})([HMSmun])$/.exec(text);
  const unit = unitMs[match?.[2] ?? ""];
  if (!match || unit === undefined) throw new Failure("invalid_argument", "grpc-timeout is malformed.");
  return Number(match[1]) * unit;
};

/** The finest unit that holds the time in eight digits, rounded up so that the server never gives up first. */
export const formatTimeout = (ms: number): string => {
  const whole = Math.max(1, Math.ceil(ms));
  if (whole < 1e8) return `${whole}m`;
  const seconds = Math.ceil(ms / 1_000);
  if (seconds < 1e8) return `${seconds}S`;
  return `${Math.min(99_999_999, Math.ceil(ms / 3_600_000))}H`;
};
