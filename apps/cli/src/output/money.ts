import { usageError } from "../cli-error.ts";

const microsPerDollar = 1_000_000;

/** Micros as dollars: to the cent, and to the last digit that is not zero when cents are too coarse. */
export const toDollarText = (micros: number): string => {
  const [whole = "0", digits = ""] = (Math.abs(micros) / microsPerDollar).toFixed(6).split(".");
  const fraction = digits.replace(/0+$/, "").padEnd(2, "0");
  return `${micros < 0 ? "-" : ""}$${whole}.${fraction}`;
};

/** `25`, `0.50`, `$3` in micros, exactly. */
export const parseDollars = (text: string): number => {
  const match = /^\$?(\d{1,9})(?:\.(\d{1,6}))?$/.exec(text.trim());
  if (!match) throw usageError(`${text} is no amount of dollars.`, "For example: 25, or 0.50");
  return Number(match[1]) * microsPerDollar + Number((match[2] ?? "").padEnd(6, "0"));
};
