import { Failure } from "@cmdop/base";

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
/** Beyond it a timer of the platform would fire at once. */
const durationMaxMs = 2_147_483_647;

/**
 * "500ms", "30s", "1m30s", "2h", "7d" in milliseconds. A number without a unit is refused: a reader cannot tell
 * seconds from milliseconds.
 */
export const parseDuration = (text: string, name = "The duration", maxMs = durationMaxMs): number => {
  const trimmed = text.trim();
  const parts = [...trimmed.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)];
  const isWhole = parts.length > 0 && parts.map((part) => part[0]).join("") === trimmed;
  if (!isWhole) {
    const hint = /^\d+$/.test(trimmed) ? ` Did you mean ${trimmed}s?` : "";
    throw new Failure("invalid_argument", `${name} must be like 500ms, 30s, 1h30m or 7d.${hint}`);
  }
  const ms = parts.reduce((sum, part) => sum + Number(part[1]) * (unitMs[part[2] ?? ""] ?? 0), 0);
  if (ms > maxMs)
    throw new Failure("invalid_argument", `${name} must be ${Math.floor(maxMs / 86_400_000)} days or less.`);
  return Math.round(ms);
};

/** For people: "0 s", "14 s", "3 min", "2 h", "5 d". */
export const toDurationText = (ms: number): string => {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 90) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 90) return `${minutes} min`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `${hours} h` : `${Math.round(hours / 24)} d`;
};
