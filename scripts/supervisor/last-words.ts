import { closeSync, fstatSync, openSync, readSync } from "node:fs";

const tailBytes = 4_096;
const linesMax = 6;

/** What a process wrote for people at the end of its log, behind the last line of JSON. Empty: nothing, or unreadable. */
export const lastWordsOf = (logFile: string): readonly string[] => {
  let tail: string;
  try {
    const fd = openSync(logFile, "r");
    try {
      const { size } = fstatSync(fd);
      const buffer = Buffer.alloc(Math.min(size, tailBytes));
      tail = buffer.toString("utf8", 0, readSync(fd, buffer, 0, buffer.length, size - buffer.length));
    } finally {
      closeSync(fd);
    }
  } catch {
    return [];
  }
  const lines = tail.split("\n").filter((line) => line.trim() !== "");
  return lines.slice(lines.findLastIndex((line) => line.startsWith("{")) + 1).slice(-linesMax);
};
