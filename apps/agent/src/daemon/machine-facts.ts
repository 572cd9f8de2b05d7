import { readFileSync } from "node:fs";
import { statfs } from "node:fs/promises";
import {
  arch,
  cpus,
  freemem,
  homedir,
  hostname,
  loadavg,
  platform,
  release,
  totalmem,
  uptime,
  userInfo,
} from "node:os";
import type { MessageInitShape } from "@bufbuild/protobuf";
import type { HeartbeatSchema, MachineFactsSchema } from "@cmdop/protocol";

/** What the relay shows of this machine. */
export const readMachineFacts = (agentVersion: string): MessageInitShape<typeof MachineFactsSchema> => {
  const user = userInfo();
  const processors = cpus();
  return {
    hostname: hostname(),
    platform: platform(),
    arch: arch(),
    osVersion: readOsVersion(),
    agentVersion,
    username: user.username,
    isRoot: user.uid === 0,
    shell: user.shell ?? "",
    cpus: processors.length,
    cpuModel: processors[0]?.model ?? "",
    memoryBytes: BigInt(totalmem()),
    uptimeS: BigInt(Math.floor(uptime())),
    homeDir: homedir(),
  };
};

/** `diskDirectory`: the file system whose free space is told. */
export const readHeartbeat = async (
  diskDirectory: string,
  sessions: number,
): Promise<MessageInitShape<typeof HeartbeatSchema>> => ({
  atMs: BigInt(Date.now()),
  load1m: loadavg()[0] ?? 0,
  memoryFreeBytes: BigInt(freemem()),
  diskFreeBytes: await freeBytes(diskDirectory),
  sessions,
  uptimeS: BigInt(Math.floor(uptime())),
});

const freeBytes = async (directory: string): Promise<bigint> => {
  try {
    const { bavail, bsize } = await statfs(directory, { bigint: true });
    return bavail * bsize;
  } catch {
    return 0n;
  }
};

const readOsVersion = (): string => {
  try {
    const text = readFileSync("/etc/os-release", "utf8");
    const name = /^PRETTY_NAME="?([^"\n]*)"?$/m.exec(text)?.[1];
    return name ? `${name} (${release()})` : release();
  } catch {
    return release();
  }
};
