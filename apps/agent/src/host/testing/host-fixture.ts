import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { type Clock, newSessionId, Scope, systemClock } from "@cmdop/base";
import { SessionKind, type SessionSpecSchema } from "@cmdop/protocol";
import type { LogFiles } from "../../output-log/log-files.ts";
import { createScreens } from "../../screen/screens.ts";
import { connectHost, type HostControl } from "../host-client.ts";
import { openHostServer } from "../host-server.ts";
import { type HostBounds, SessionHost } from "../session-host.ts";
import { openSessionStore } from "../session-store.ts";
import { type HomePeer, openPeer } from "./home-peer.ts";

export interface HostFixtureOptions {
  readonly directory?: string;
  readonly clock?: Clock;
  readonly files?: LogFiles;
  /** What the system says when a session's directory is to be made. */
  readonly storeFailure?: string;
  /** And when it is to be removed. */
  readonly removeFailure?: string;
  readonly bounds?: Partial<HostBounds>;
}

type SpecInit = MessageInitShape<typeof SessionSpecSchema>;

export interface HostFixture {
  readonly directory: string;
  readonly socketPath: string;
  readonly host: SessionHost;
  readonly control: HostControl;
  readonly events: { event: string; fields: Readonly<Record<string, unknown>> }[];
  open(spec: SpecInit): Promise<string>;
  /** A terminal that runs a shell script, and a home on it. */
  terminal(script: string, spec?: SpecInit): Promise<{ readonly id: string; readonly peer: HomePeer }>;
  command(script: string, spec?: SpecInit): Promise<{ readonly id: string; readonly peer: HomePeer }>;
  peer(id: string, stream?: number): Promise<HomePeer>;
  close(): Promise<void>;
}

/** A session host in this process, with real programs, screens and files, reached through its socket. */
export const openHostFixture = async (options: HostFixtureOptions = {}): Promise<HostFixture> => {
  const scope = new Scope();
  const directory = options.directory ?? mkdtempSync(join(tmpdir(), "cmdop-host-"));
  if (!options.directory) scope.add(() => rmSync(directory, { recursive: true, force: true }));
  const events: HostFixture["events"] = [];
  const note = (event: string, fields: Readonly<Record<string, unknown>> = {}) =>
    void events.push({ event, fields });
  const log = { info: note, warn: note };
  const screens = createScreens();
  scope.add(() => screens.close());
  const user = userInfo();
  const stored = openSessionStore(join(directory, "sessions"));
  const refuse = (code: string) => () => {
    throw Object.assign(new Error("refused"), { code });
  };
  const { storeFailure, removeFailure } = options;
  const clock = options.clock ?? systemClock;
  const host = new SessionHost({
    store: {
      ...stored,
      ...(storeFailure === undefined ? {} : { create: refuse(storeFailure) }),
      ...(removeFailure === undefined ? {} : { remove: refuse(removeFailure) }),
    },
    screens,
    clock,
    uptimeMs: () => clock.nowMs(),
    user: { env: process.env, homeDirectory: directory, shell: "/bin/sh", name: user.username },
    log,
    ...(options.files && { files: options.files }),
    ...(options.bounds && { bounds: options.bounds }),
  });
  const socketPath = join(directory, "host.sock");
  const server = await openHostServer({
    socketPath,
    host,
    log,
    version: "test",
    startedAtMs: Date.now(),
    begin: () => host.start(),
    stop: () => {},
  });
  scope.add(() => server.close());
  scope.add(() => host.stop(1));
  const control = await connectHost(socketPath);
  scope.add(async () => {
    control.end();
    await control.closed;
  });
  const open = async (spec: SpecInit) => {
    const id = newSessionId();
    await control.open(id, spec);
    return id;
  };
  const peer = async (id: string, stream = 1) => {
    const opened = await openPeer(socketPath, id, stream);
    scope.add(() => opened.close());
    return opened;
  };
  return {
    directory,
    socketPath,
    host,
    control,
    events,
    open,
    peer,
    terminal: async (script, spec = {}) => {
      const argv = script === "" ? [] : ["/bin/sh", "-c", script];
      const id = await open({ kind: SessionKind.TERMINAL, argv, cols: 80, rows: 24, ...spec });
      return { id, peer: await peer(id) };
    },
    command: async (script, spec = {}) => {
      const id = await open({ kind: SessionKind.COMMAND, argv: ["/bin/sh", "-c", script], ...spec });
      return { id, peer: await peer(id) };
    },
    close: () => scope.close(),
  };
};
