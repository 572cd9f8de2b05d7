import { isModifierKey, toCharacter } from "./leader.ts";
import type { InputToken } from "./terminal-input.ts";

export type LeaderCommand = "detach" | "take" | "handBack" | "who" | "redraw" | "help";

export type InputAction =
  | { readonly kind: "send"; readonly bytes: Uint8Array }
  | { readonly kind: "paste"; readonly bytes: Uint8Array }
  | { readonly kind: "command"; readonly command: LeaderCommand };

/** In the order in which help shows them. */
export const leaderCommands: readonly {
  readonly key: string;
  readonly command: LeaderCommand;
  readonly about: string;
}[] = [
  { key: "d", command: "detach", about: "detach; the session goes on" },
  { key: "t", command: "take", about: "take the keyboard: only you can type" },
  { key: "r", command: "handBack", about: "hand the keyboard back" },
  { key: "w", command: "who", about: "who is attached" },
  { key: "l", command: "redraw", about: "draw the screen again" },
  { key: "?", command: "help", about: "this list" },
];

/** Ctrl with the key counts too: Ctrl-] then Ctrl-D, by a finger left on Ctrl, must not send an end of file. */
const commandOf = (key: string | undefined): LeaderCommand | undefined => {
  const code = key?.charCodeAt(0) ?? 0;
  const plain = code > 0 && code < 0x20 ? String.fromCharCode(code | 0x60) : key;
  return leaderCommands.find((entry) => entry.key === plain)?.command;
};

const shiftAndCtrl = 1 | 4;

/**
 * The leader and the key after it. A key that is not ours goes through with the leader before it; the leader
 * twice sends it once.
 */
export class LeaderKeys {
  /** The leader's bytes as they came, while the next key is awaited. */
  #armed: Uint8Array | undefined;
  /** The key of a command was pressed: its release must not reach the program. */
  #swallowRelease: number | undefined;

  get isArmed(): boolean {
    return this.#armed !== undefined;
  }

  apply(token: InputToken): InputAction[] {
    if (token.kind === "leader") return this.#applyLeader(token);
    const isRelease = token.kind === "sequence" && token.press?.event === "release";
    if (isRelease && token.press?.key === this.#swallowRelease) {
      this.#swallowRelease = undefined;
      return [];
    }
    const leader = this.#armed;
    if (leader === undefined) return [toAction(token)];
    // Letting go of Ctrl, and the like.
    if (token.kind === "sequence" && token.press && (isRelease || isModifierKey(token.press))) return [];
    this.#armed = undefined;
    if (token.kind === "text") {
      const first = String.fromCharCode(token.bytes[0] ?? 0);
      const command = commandOf(first);
      if (command === undefined) return [{ kind: "send", bytes: leader }, toAction(token)];
      const rest = token.bytes.subarray(1);
      return [
        { kind: "command", command },
        ...(rest.length > 0 ? [toAction({ kind: "text", bytes: rest })] : []),
      ];
    }
    if (token.kind === "sequence" && token.press && (token.press.modifiers & ~shiftAndCtrl) === 0) {
      const command = commandOf(toCharacter(token.press));
      if (command !== undefined) {
        this.#swallowRelease = token.press.key;
        return [{ kind: "command", command }];
      }
    }
    return [{ kind: "send", bytes: leader }, toAction(token)];
  }

  #applyLeader(token: Extract<InputToken, { kind: "leader" }>): InputAction[] {
    // Its press was ours, or was sent: a release or repeat by itself means nothing to a program.
    if (token.event !== "press") return [];
    if (this.#armed === undefined) {
      this.#armed = token.bytes.slice();
      return [];
    }
    this.#armed = undefined;
    return [{ kind: "send", bytes: token.bytes.slice() }];
  }
}

const toAction = (token: Exclude<InputToken, { kind: "leader" }>): InputAction =>
  token.kind === "paste" ? { kind: "paste", bytes: token.bytes } : { kind: "send", bytes: token.bytes };
