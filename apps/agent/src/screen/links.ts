// OSC 8 hyperlinks of one screen. xterm's own table keeps a marker for each line of each link: it forgets a
// link that is still open when its first line is erased, and an open link makes every printed character search
// all its lines. This one knows ids only, and forgets those that no cell shows when it is full.

import type { IDisposable } from "@xterm/headless";
import { type CoreBuffer, type CoreTerminal, cell } from "./xterm-internals.ts";

export interface Link {
  /** As it was sent: "id=1:more=2", often empty. */
  readonly parameters: string;
  readonly uri: string;
}

const entriesMax = 8_192;
/** Longer than any browser's address bar takes; such a link is left out, its text stays. */
const linkCharsMax = 4_096;

export class Links {
  readonly #terminal: CoreTerminal;
  readonly #byId = new Map<number, Link>();
  readonly #idByKey = new Map<string, number>();
  #lastId = 0;
  readonly #handler: IDisposable;

  constructor(terminal: CoreTerminal) {
    this.#terminal = terminal;
    this.#handler = terminal.terminal.parser.registerOscHandler(8, (data) => this.#open(data));
  }

  get(id: number): Link | undefined {
    return this.#byId.get(id);
  }

  dispose(): void {
    this.#handler.dispose();
  }

  #open(data: string): boolean {
    const at = data.indexOf(";");
    if (at < 0) return true;
    const parameters = data.slice(0, at);
    const uri = data.slice(at + 1);
    if (uri === "" && parameters.trim() !== "") return true;
    const attributes = this.#terminal.core._inputHandler._curAttrData;
    attributes.extended = attributes.extended.clone();
    attributes.extended.urlId =
      uri === "" || data.length > linkCharsMax ? 0 : this.#idOf({ parameters, uri });
    attributes.updateExtended();
    return true;
  }

  #idOf(link: Link): number {
    const key = `${link.parameters};${link.uri}`;
    const known = this.#idByKey.get(key);
    if (known !== undefined) return known;
    if (this.#byId.size >= entriesMax) this.#forgetUnseen();
    // All of them on the screen: the text is drawn without its link.
    if (this.#byId.size >= entriesMax) return 0;
    const id = ++this.#lastId;
    this.#byId.set(id, link);
    this.#idByKey.set(key, id);
    return id;
  }

  #forgetUnseen(): void {
    const { core } = this.#terminal;
    const seen = new Set<number>([core._inputHandler._curAttrData.extended.urlId]);
    for (const buffer of [core._bufferService.buffers.normal, core._bufferService.buffers.alt]) {
      addSeen(buffer, seen);
    }
    for (const [id, link] of this.#byId) {
      if (seen.has(id)) continue;
      this.#byId.delete(id);
      this.#idByKey.delete(`${link.parameters};${link.uri}`);
    }
  }
}

const addSeen = (buffer: CoreBuffer, seen: Set<number>): void => {
  for (let y = 0; y < buffer.lines.length; y++) {
    const line = buffer.lines.get(y);
    if (line === undefined) continue;
    for (const key in line._extendedAttrs) {
      const x = Number(key);
      const bg = line._data[x * cell.size + 2] ?? 0;
      const extended = line._extendedAttrs[x];
      if ((bg & cell.bgHasExtended) !== 0 && extended !== undefined) seen.add(extended.urlId);
    }
  }
};
