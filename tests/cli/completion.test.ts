import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { Stack } from "@cmdop/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runCmdop, shim } from "./run-cmdop.ts";

const run = promisify(execFile);
const which = (name: string): string | undefined =>
  (process.env.PATH ?? "")
    .split(":")
    .map((directory) => path.join(directory, name))
    .find((file) => existsSync(file));

let stack: Stack;
let bin: string;
beforeAll(async () => {
  stack = await Stack.start();
  await runCmdop(stack.home, ["new", "-d", "--name", "deploy", "--", "cat"]);
  await runCmdop(stack.home, ["new", "-d", "--name", "two words", "--", "cat"]);
  bin = mkdtempSync(path.join(tmpdir(), "cmdop-bin-"));
  symlinkSync(shim, path.join(bin, "cmdop"));
  symlinkSync(process.execPath, path.join(bin, "node"));
});
afterAll(async () => {
  await stack?.close();
  rmSync(bin, { recursive: true, force: true });
});

const env = (): NodeJS.ProcessEnv => ({
  ...process.env,
  PATH: `${bin}:${process.env.PATH}`,
  CMDOP_HOME: stack.home,
});

const typed: readonly [line: string, offered: readonly string[]][] = [
  ["cmdop se", ["sessions", "send", "service-accounts"]],
  ["cmdop relay ", ["init", "start", "fingerprint"]],
  ["cmdop token re", ["revoke"]],
  ["cmdop read --fo", ["--follow"]],
  ["cmdop read x --channel ", ["stdout", "stderr"]],
  ["cmdop completion f", ["fish"]],
  ["cmdop exec ", ["testbench"]],
  ["cmdop exec --timeout 5s te", ["testbench"]],
  ["cmdop attach de", ["deploy"]],
  ["cmdop --json ps --machine ", ["testbench"]],
  ["cmdop wait x --idle ", []],
  ["cmdop exec -- l", []],
  // What a word means as a command and as a family.
  ["cmdop machines --ta", ["--tag"]],
  ["cmdop machines sh", ["show"]],
];
const everyOption = "cmdop machines --";

describe("completion in bash", () => {
  /** By line, the cursor at its end: of one shell, as a person's. */
  const offered = new Map<string, readonly string[]>();
  beforeAll(async () => {
    const script = `eval "$(cmdop completion bash)"
      for line; do
        COMP_LINE="$line"; read -ra COMP_WORDS <<<"$line"
        [[ $line == *" " ]] && COMP_WORDS+=("")
        COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); _cmdop; printf '%s\\n' "\${COMPREPLY[@]}"; printf '\\0'
      done`;
    const lines = [...typed.map(([line]) => line), everyOption];
    const { stdout } = await run("bash", ["--norc", "-c", script, "bash", ...lines], { env: env() });
    const words = stdout.split("\0").map((text) => text.split("\n").filter((word) => word !== ""));
    for (const [index, line] of lines.entries()) offered.set(line, words[index] ?? []);
  });

  it.each(typed)("%s", (line, expected) => {
    expect(offered.get(line)?.toSorted()).toEqual([...expected].sort());
  });

  it("offers the common options everywhere", () => {
    expect(offered.get(everyOption)).toEqual(
      expect.arrayContaining(["--json", "--relay", "--token-file", "--help"]),
    );
  });
});

describe("completion scripts are read by their shells without complaint", () => {
  it.each(["bash", "zsh", "fish"])("%s", async (shell) => {
    const { code, stdout } = await runCmdop(stack.home, ["completion", shell]);
    expect(code).toBe(0);
    expect(stdout).toContain("cmdop");
    const program = which(shell);
    const script = path.join(bin, `completion.${shell}`);
    writeFileSync(script, stdout);
    if (program) await run(program, ["-n", script]);
  });

  // Said as skipped where the shell is missing.
  it.runIf(which("fish"))("fish offers commands, options and names", async () => {
    const lines = ["cmdop ses", "cmdop token m", "cmdop read --fol", "cmdop attach dep"];
    const script = "cmdop completion fish | source; for line in $argv; complete -C $line; printf '\\0'; end";
    const { stdout } = await run("fish", ["--no-config", "-c", script, ...lines], { env: env() });
    const offered = stdout
      .split("\0")
      .map((text) => text.split("\n").map((word) => word.split("\t")[0] ?? ""));
    for (const [index, word] of ["sessions", "mint", "--follow", "deploy"].entries()) {
      expect(offered[index]).toContain(word);
    }
  });

  it.runIf(which("zsh"))("zsh offers commands, options and names", async () => {
    const script = [
      'autoload -Uz compinit; compinit -u -D; eval "$(cmdop completion zsh)"',
      // What _describe is given: told instead of shown.
      "_describe() { print -rl -- $found; }",
      `for line; do words=(\${(s:|:)line}); [[ $line == *'|' ]] && words+=(''); CURRENT=$#words; _cmdop; print -n '\\0'; done`,
    ].join("\n");
    const { stdout } = await run("zsh", ["-f", "-c", script, "zsh", "cmdop|ses", "cmdop|token|"], {
      env: env(),
    });
    const [commands, tokens] = stdout.split("\0");
    expect(commands).toContain("sessions:list sessions");
    expect(tokens).toContain("mint:");
  });
});
