import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import path from "node:path";
import { freePort, waitFor } from "@cmdop/testkit";
import type { Echo } from "../open-loop.ts";

const sshd = "/usr/sbin/sshd";

export const hasOpenSsh = (): boolean => existsSync(sshd);

/** `cat` on a raw PTY behind OpenSSH on loopback, with keys and a configuration of its own. */
export const openSshEcho = async (): Promise<Echo> => {
  const directory = mkdtempSync(path.join(tmpdir(), "cmdop-bench-ssh-"));
  const at = (name: string): string => path.join(directory, name);
  for (const name of ["host", "user"]) {
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", at(name)]);
  }
  copyFileSync(at("user.pub"), at("authorized"));
  // sshd drops its rights to this directory; it makes it itself when a service manager starts it.
  if (process.getuid?.() === 0) mkdirSync("/run/sshd", { recursive: true });
  const port = await freePort();
  writeFileSync(
    at("config"),
    [
      `Port ${port}`,
      "ListenAddress 127.0.0.1",
      `HostKey ${at("host")}`,
      `AuthorizedKeysFile ${at("authorized")}`,
      `PidFile ${at("pid")}`,
      "StrictModes no",
      "UsePAM no",
      "PasswordAuthentication no",
      "PrintMotd no",
      "PermitRootLogin prohibit-password",
    ].join("\n"),
  );
  const server = spawn(sshd, ["-D", "-e", "-f", at("config")], { stdio: "ignore" });
  const client = await waitFor(
    async () => {
      const child = spawn(
        "ssh",
        [
          ...["-tt", "-F", "none", "-i", at("user"), "-p", String(port)],
          ...[
            "-o",
            "StrictHostKeyChecking=no",
            "-o",
            `UserKnownHostsFile=${at("known")}`,
            "-o",
            "LogLevel=ERROR",
          ],
          `${userInfo().username}@127.0.0.1`,
          "stty raw -echo; printf R; exec cat",
        ],
        { stdio: ["pipe", "pipe", "ignore"] },
      );
      const started = await Promise.race([
        once(child.stdout, "data").then(() => true),
        once(child, "exit").then(() => false),
      ]);
      return started ? child : undefined;
    },
    { timeoutMs: 20_000, everyMs: 200, what: "an OpenSSH session" },
  );
  let listener: (byte: number) => void = () => {};
  client.stdout.on("data", (chunk: Buffer) => {
    for (const byte of chunk) listener(byte);
  });
  return {
    send: (byte) => {
      client.stdin.write(Buffer.of(byte));
    },
    onByte: (next) => {
      listener = next;
    },
    close: async () => {
      client.kill();
      server.kill();
      await once(server, "exit");
      rmSync(directory, { recursive: true, force: true });
    },
  };
};
