import { createHash } from "node:crypto";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

// sun_path holds 104 bytes on macOS and 108 on Linux, and the lock lies beside the socket.
const pathBytesMax = 100;

export interface SocketPathInput {
  /** CMDOP_HOME. */
  readonly home: string;
  /** XDG_RUNTIME_DIR, when set. */
  readonly runtimeDir: string | undefined;
  readonly uid: number;
}

/**
 * Where the session host of a home listens: `<home>/agent/host.sock`, or, where that is too long for a Unix
 * socket, in a directory of this user named by a hash of the home.
 */
export const hostSocketPath = ({ home, runtimeDir, uid }: SocketPathInput): string => {
  const inHome = join(resolve(home), "agent", "host.sock");
  if (Buffer.byteLength(inHome) <= pathBytesMax) return inHome;
  const hash = createHash("sha256").update(resolve(home)).digest("base64url").slice(0, 16);
  const short = (base: string) => join(base, `cmdop-${uid}-${hash}`, "host.sock");
  const preferred = short(runtimeDir ?? tmpdir());
  return Buffer.byteLength(preferred) <= pathBytesMax ? preferred : short("/tmp");
};
