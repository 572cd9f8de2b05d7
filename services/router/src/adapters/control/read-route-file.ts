// Reads the route table's YAML; what is wrong in it is named with its line.
import { type Alias, isMap, LineCounter, parseDocument, visit } from "yaml";
import type { z } from "zod";
import { type RouteFile, routeFileSchema } from "./route-file-schema.ts";

/** Of a setting in the file. */
export type Path = readonly PropertyKey[];
/** Names the line of the setting, or of the nearest one around it that is there. */
export type LineOf = (path: Path) => string;

type RouteFileResult =
  | { readonly kind: "file"; readonly file: RouteFile; readonly lineOf: LineOf }
  | { readonly kind: "problems"; readonly problems: readonly string[] };

/** Never throws: a file that is written while the router runs may hold anything. */
export const readRouteFile = (text: string): RouteFileResult => {
  try {
    return read(text);
  } catch (error) {
    const reason = error instanceof RangeError ? "it is nested too deeply" : "it cannot be read";
    return { kind: "problems", problems: [`line 1: ${reason}`] };
  }
};

const read = (text: string): RouteFileResult => {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true });
  const [error] = document.errors;
  if (error)
    return {
      kind: "problems",
      problems: [`line ${lines.linePos(error.pos[0]).line}: ${error.code.toLowerCase()}`],
    };
  let alias: Alias | undefined;
  visit(document, {
    Alias: (_key, node) => {
      alias = node;
      return visit.BREAK;
    },
  });
  if (alias) {
    const { line } = lines.linePos(rangeStart(alias) ?? 0);
    return { kind: "problems", problems: [`line ${line}: *${alias.source}: aliases are not taken`] };
  }
  const lineOf: LineOf = (path) => {
    for (let depth = path.length; depth > 0; depth -= 1) {
      const parent: unknown = document.getIn(path.slice(0, depth - 1), true);
      const key = path[depth - 1];
      const pair = isMap(parent) ? parent.items.find((item) => String(item.key) === String(key)) : undefined;
      const node: unknown = pair?.key ?? document.getIn(path.slice(0, depth), true);
      const start = rangeStart(node);
      if (start !== undefined) return `line ${lines.linePos(start).line}: ${path.map(String).join(".")}`;
    }
    return path.length === 0 ? "line 1" : `line 1: ${path.map(String).join(".")}`;
  };
  const result = routeFileSchema.safeParse(document.toJS({ maxAliasCount: 0 }) ?? {});
  if (result.success) return { kind: "file", file: result.data, lineOf };
  return {
    kind: "problems",
    problems: result.error.issues.map((issue) => `${lineOf(pathOf(issue))}: ${messageOf(issue)}`),
  };
};

const rangeStart = (node: unknown): number | undefined =>
  typeof node === "object" && node !== null && "range" in node && Array.isArray(node.range)
    ? Number(node.range[0])
    : undefined;

type Issue = z.core.$ZodIssue;

const pathOf = (issue: Issue): Path =>
  issue.code === "unrecognized_keys" ? [...issue.path, issue.keys[0] ?? ""] : issue.path;

const messageOf = (issue: Issue): string =>
  issue.code === "unrecognized_keys" ? "there is no such setting" : issue.message;
