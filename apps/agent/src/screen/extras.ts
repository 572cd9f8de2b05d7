// What programs set that the headless emulator does not keep, and a viewer's terminal would: colours, keyboard
// protocols, modes of other terminals. Kept here to be set again by a snapshot. Also the few answers that the
// emulator leaves to its user interface.

import type { IDisposable } from "@xterm/headless";
import { type CoreColorRequest, type CoreTerminal, xtermVersion } from "./xterm-internals.ts";

type Rgb = readonly [number, number, number];

/** Private modes that xterm ignores: reverse video, two mouse encodings, alternate scroll, reports of theme and size. */
const keptModes = new Set([5, 1005, 1007, 1015, 2031, 2048]);
const keyboardStackMax = 16;

// A dark terminal, as most programs assume when nobody answers: xterm.js's own defaults.
const foregroundIndex = 256;
const backgroundIndex = 257;
const cursorIndex = 258;
const defaultColors = new Map<number, Rgb>([
  [foregroundIndex, [0xff, 0xff, 0xff]],
  [backgroundIndex, [0, 0, 0]],
  [cursorIndex, [0xff, 0xff, 0xff]],
]);
const base16 = [
  0x2e3436, 0xcc0000, 0x4e9a06, 0xc4a000, 0x3465a4, 0x75507b, 0x06989a, 0xd3d7cf, 0x555753, 0xef2929,
  0x8ae234, 0xfce94f, 0x729fcf, 0xad7fa8, 0x34e2e2, 0xeeeeec,
];

const defaultColor = (index: number): Rgb => {
  const named = defaultColors.get(index);
  if (named !== undefined) return named;
  const packed = base16[index];
  if (packed !== undefined) return [packed >> 16, (packed >> 8) & 0xff, packed & 0xff];
  if (index >= 232) {
    const grey = 8 + (index - 232) * 10;
    return [grey, grey, grey];
  }
  const level = (step: number): number => (step === 0 ? 0 : 55 + step * 40);
  const cube = index - 16;
  return [level(Math.floor(cube / 36)), level(Math.floor(cube / 6) % 6), level(cube % 6)];
};

const toHex = (value: number): string => value.toString(16).padStart(2, "0").repeat(2);
const toSpec = ([r, g, b]: Rgb): string => `rgb:${toHex(r)}/${toHex(g)}/${toHex(b)}`;
const colorCommand = (index: number): string =>
  index < 256 ? `4;${index}` : `${index - foregroundIndex + 10}`;

type Keyboard = number[];

export class Extras {
  readonly #colors = new Map<number, Rgb>();
  readonly #modes = new Set<number>();
  /** XTMODKEYS: resource to value; 4 is modifyOtherKeys. */
  readonly #modifiers = new Map<number, number>();
  /** The kitty keyboard protocol's stacks, one for each screen; the last entry is in force. */
  #mainKeyboard: Keyboard = [];
  #altKeyboard: Keyboard = [];
  readonly #handlers: IDisposable[];

  constructor({ terminal, core }: CoreTerminal) {
    const reply = (text: string): void => core.coreService.triggerDataEvent(text);
    const { parser } = terminal;
    const keyboard = (): Keyboard =>
      core._bufferService.buffers.active === core._bufferService.buffers.alt
        ? this.#altKeyboard
        : this.#mainKeyboard;
    const number = (value: number | number[] | undefined): number => (typeof value === "number" ? value : 0);
    const setModes = (params: (number | number[])[], isSet: boolean): boolean => {
      for (const mode of params) {
        if (typeof mode !== "number" || !keptModes.has(mode)) continue;
        if (isSet) this.#modes.add(mode);
        else this.#modes.delete(mode);
      }
      return false;
    };
    this.#handlers = [
      core._inputHandler.onColor((requests) => this.#handleColors(requests, reply)),
      parser.registerCsiHandler({ prefix: "?", final: "h" }, (params) => setModes(params, true)),
      parser.registerCsiHandler({ prefix: "?", final: "l" }, (params) => setModes(params, false)),
      parser.registerCsiHandler({ prefix: ">", final: "u" }, (params) => {
        const stack = keyboard();
        stack.push(number(params[0]) & 31);
        if (stack.length > keyboardStackMax) stack.shift();
        return true;
      }),
      parser.registerCsiHandler({ prefix: "<", final: "u" }, (params) => {
        const stack = keyboard();
        stack.length = Math.max(0, stack.length - (number(params[0]) || 1));
        return true;
      }),
      parser.registerCsiHandler({ prefix: "=", final: "u" }, (params) => {
        const stack = keyboard();
        const flags = number(params[0]) & 31;
        if (stack.length === 0 && flags === 0) return true;
        const before = stack.pop() ?? 0;
        const mode = number(params[1]) || 1;
        stack.push(mode === 1 ? flags : mode === 2 ? before | flags : before & ~flags);
        return true;
      }),
      parser.registerCsiHandler({ prefix: ">", final: "m" }, (params) => {
        const resource = number(params[0]);
        if (params.length < 2) this.#modifiers.delete(resource);
        else if (resource < 8) this.#modifiers.set(resource, number(params[1]));
        return true;
      }),
      parser.registerCsiHandler({ prefix: ">", final: "n" }, (params) => {
        this.#modifiers.delete(number(params[0]));
        return true;
      }),
      parser.registerCsiHandler({ prefix: ">", final: "q" }, (params) => {
        if (number(params[0]) === 0) reply(`\x1bP>|xterm.js(${xtermVersion})\x1b\\`);
        return true;
      }),
      parser.registerEscHandler({ final: "c" }, () => {
        this.#reset();
        return false;
      }),
    ];
  }

  /** To set on a viewer's terminal before the alternate screen is entered. */
  mainSequence(): string {
    const parts: string[] = [];
    for (const [index, color] of this.#colors)
      parts.push(`\x1b]${colorCommand(index)};${toSpec(color)}\x1b\\`);
    for (const mode of this.#modes) parts.push(`\x1b[?${mode}h`);
    for (const [resource, value] of this.#modifiers) parts.push(`\x1b[>${resource};${value}m`);
    for (const flags of this.#mainKeyboard) parts.push(`\x1b[>${flags}u`);
    return parts.join("");
  }

  /** To set once the alternate screen has been entered. */
  altSequence(): string {
    return this.#altKeyboard.map((flags) => `\x1b[>${flags}u`).join("");
  }

  dispose(): void {
    for (const handler of this.#handlers) handler.dispose();
  }

  #reset(): void {
    this.#colors.clear();
    this.#modes.clear();
    this.#modifiers.clear();
    this.#mainKeyboard = [];
    this.#altKeyboard = [];
  }

  #handleColors(requests: readonly CoreColorRequest[], reply: (text: string) => void): void {
    for (const { type, index, color } of requests) {
      if (index === undefined) {
        // OSC 104 without a number: the palette, not the three named ones.
        for (const known of this.#colors.keys()) if (known < 256) this.#colors.delete(known);
      } else if (type === 0) {
        const shown = this.#colors.get(index) ?? defaultColor(index);
        reply(`\x1b]${colorCommand(index)};${toSpec(shown)}\x1b\\`);
      } else if (type === 1 && color !== undefined) {
        this.#colors.set(index, color);
      } else {
        this.#colors.delete(index);
      }
    }
  }
}
