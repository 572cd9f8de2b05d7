import { createSequenceStripper, createTextStream } from "@cmdop/sdk";

/** Output as text for a file: without terminal sequences, with a file's line ends. Where it is cut changes nothing. */
export interface PlainText {
  push(bytes: Uint8Array): string;
  /** What was held back for what might have followed. */
  end(): string;
}

export const createPlainText = (): PlainText => {
  const decoder = createTextStream();
  const stripper = createSequenceStripper();
  /** A carriage return whose line feed may be still to come. */
  let held = "";
  const convert = (text: string): string => {
    const all = held + stripper.push(text);
    held = all.endsWith("\r") ? "\r" : "";
    return all.slice(0, all.length - held.length).replaceAll("\r\n", "\n");
  };
  return {
    push: (bytes) => convert(decoder.push(bytes)),
    end: () => {
      const rest = convert(decoder.end()) + held;
      held = "";
      return rest;
    },
  };
};
