import path from "node:path";

export interface Document {
  /** Path from the root of the repository. */
  readonly file: string;
  readonly text: string;
  /** Every tracked path. */
  readonly files: ReadonlySet<string>;
  /** The names of the npm scripts. */
  readonly scripts: readonly string[];
  /** The text of another document. */
  readonly read: (file: string) => string;
}

const rootDirectories = "apps|bench|deploy|docs|packages|proto|scripts|services|tests";
const link = /\[[^\]]*\]\(([^)\s]+)\)/g;
const repositoryPath = new RegExp(`\`((?:${rootDirectories})/[^\`\\s*{}<>…]+)\``, "g");
const npmCommand = /\bnpm (run [a-z:-]+|start|test)\b/g;

/** GitHub's anchor for a heading. */
const toAnchor = (heading: string): string =>
  heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, "")
    .replace(/\s/g, "-");

const anchorsOf = (text: string): Set<string> =>
  new Set([...text.matchAll(/^#{1,6} (.+)$/gm)].map((match) => toAnchor(match[1] ?? "")));

/** Whether a tracked file or a directory of one has this path. */
const exists = (files: ReadonlySet<string>, target: string): boolean => {
  const clean = target.replace(/\/$/, "");
  if (clean === "." || files.has(clean)) return true;
  for (const file of files) if (file.startsWith(`${clean}/`)) return true;
  return false;
};

export const findProblems = ({ file, text, files, scripts, read }: Document): string[] => {
  const problems: string[] = [];
  for (const [, target = ""] of text.matchAll(link)) {
    if (/^[a-z]+:/.test(target)) continue;
    const [to = "", anchor] = target.split("#");
    const resolved = to === "" ? file : path.posix.join(path.posix.dirname(file), to);
    if (!exists(files, resolved)) problems.push(`${file}: link to ${target}, which does not exist`);
    else if (anchor && resolved.endsWith(".md")) {
      const headings = anchorsOf(resolved === file ? text : read(resolved));
      if (!headings.has(anchor)) problems.push(`${file}: link to ${target}, and there is no such heading`);
    }
  }
  for (const [, target = ""] of text.matchAll(repositoryPath)) {
    const [withoutLine = ""] = target.split(/[:#]/);
    if (!exists(files, withoutLine)) problems.push(`${file}: names ${target}, which does not exist`);
  }
  for (const [, command = ""] of text.matchAll(npmCommand)) {
    const script = command.replace(/^run /, "");
    if (!scripts.includes(script)) problems.push(`${file}: npm ${command}, and there is no such script`);
  }
  return problems;
};

/** The variables of the environment that a configuration reads: a name in quotes. */
export const variablesIn = (code: string): readonly string[] => [
  ...new Set([...code.matchAll(/"(CMDOP_[A-Z_]+)"/g)].map(([, name = ""]) => name)),
];

export const findUnwritten = (variables: readonly string[], texts: readonly string[]): string[] =>
  variables
    .filter((name) => !texts.some((text) => text.includes(`\`${name}\``)))
    .map((name) => `docs/reference: ${name} is read, and no page says what it does`);
