// What runs in the session under test. Writes numbered lines that carry their own checksum, between escape
// sequences and wide characters, until it reads the line "stop"; every other line that it reads is appended to the
// file given, as the truth about input. Arguments: file, lines per second, terminal size is left alone.
import { appendFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { crc32 } from "node:zlib";

const [inputFile, rateText] = process.argv.slice(2);
const perTick = Math.max(1, Math.round(Number(rateText) / 50));
process.stdin.setRawMode?.(true);

let number = 0;
const line = () => {
  number += 1;
  const body = `${number} \u001b[3${number % 8}m${"日本é".repeat(number % 5)}\u001b[0m ${"x".repeat(number % 60)}`;
  // The terminal makes CR LF of it.
  return `<${crc32(body).toString(16)} ${body}>\n`;
};
const timer = setInterval(() => {
  let text = "";
  for (let count = 0; count < perTick; count += 1) text += line();
  process.stdout.write(text);
}, 20);

createInterface({ input: process.stdin, terminal: false }).on("line", (text) => {
  if (text !== "stop") {
    appendFileSync(inputFile, `${text}\n`);
    return;
  }
  clearInterval(timer);
  process.stdout.write(`\u001b[1mlast ${number}\u001b[0m\n`, () => process.exit(0));
});
