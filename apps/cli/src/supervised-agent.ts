import { readFileSync } from "node:fs";
import path from "node:path";

/** `npm start` starts again what stops: whoever stops an agent should know. */
export const isSupervised = (home: string, agentPid: number | undefined): boolean => {
  try {
    const value: unknown = JSON.parse(readFileSync(path.join(home, "run", "supervisor.json"), "utf8"));
    const children: unknown =
      typeof value === "object" && value !== null ? Reflect.get(value, "children") : undefined;
    return typeof children === "object" && children !== null && Object.values(children).includes(agentPid);
  } catch {
    return false;
  }
};
