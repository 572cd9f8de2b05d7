import path from "node:path";

export interface ControlPaths {
  /** The embedded database's directory. */
  readonly dataDir: string;
  /** The socket for whoever may read the control plane's directory. */
  readonly socket: string;
}

/** Where things lie that are not made by opening the home. */
export const controlPaths = (dir: string): ControlPaths => ({
  dataDir: path.join(dir, "data"),
  socket: path.join(dir, "control.sock"),
});

/** In place of the file sealing.key. */
export const sealingKeysVariable = "CMDOP_CONTROL_SEALING_KEYS";
