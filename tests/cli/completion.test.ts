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

/** What bash offers for a line, the cursor at its end. */
const bash = async (line: string): Promise<string[]> => {
  const script = `eval "$(cmdop completion bash)"; COMP_LINE="$1"; read -ra COMP_WORDS <<<"$1"
    [[ $1 == *" " ]] && COMP_WORDS+=("")
    COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); _cmdop; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout } = await run("bash", ["--norc", "-c", script, "bash", line], { env: env() });
  return stdout.split("\n").filter((word) => word !== "");
};

describe("completion in bash", () => {
  it.each([
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
  ])("%s", async (line, expected) => {
    expect((await bash(line)).sort()).toEqual([...expected].sort());
  });

  it("offers what a word means as a command and as a family", async () => {
    expect(await bash("cmdop machines --ta")).toEqual(["--tag"]);
    expect(await bash("cmdop machines sh")).toEqual(["show"]);
  });

  it("offers the common options everywhere", async () => {
    expect(await bash("cmdop machines --")).toEqual(
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
    const offers = async (line: string): Promise<string[]> => {
      const script = `cmdop completion fish | source; complete -C ${JSON.stringify(line)}`;
      const { stdout } = await run("fish", ["--no-config", "-c", script], { env: env() });
      return stdout.split("\n").map((offered) => offered.split("\t")[0] ?? "");
    };
    expect(await offers("cmdop ses")).toContain("sessions");
    expect(await offers("cmdop token m")).toContain("mint");
    expect(await offers("cmdop read --fol")).toContain("--follow");
    expect(await offers("cmdop attach dep")).toContain("deploy");
  });

  it.runIf(which("zsh"))("zsh offers commands, options and names", async () => {
    const offers = async (...words: string[]): Promise<string> => {
      const script = [
        'autoload -Uz compinit; compinit -u -D; eval "$(cmdop completion zsh)"',
        // What _describe is given: told instead of shown.
        "_describe() { print -rl -- $found; }",
        `words=(${words.map((word) => `'${word}'`).join(" ")}); CURRENT=${words.length}; _cmdop`,
      ].join("\n");
      const { stdout } = await run("zsh", ["-f", "-c", script], { env: env() });
      return stdout;
    };
    expect(await offers("cmdop", "ses")).toContain("sessions:list sessions");
    expect(await offers("cmdop", "token", "")).toContain("mint:");
  });
});
