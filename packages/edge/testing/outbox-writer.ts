// Writes records until it is killed, and says the number of each event that is durable. For the test that kills it.
import { encodeRecord } from "../src/outbox-records.ts";
import { OutboxSegments } from "../src/outbox-segments.ts";

const [dir = "", from = "0"] = process.argv.slice(2);
const segments = await OutboxSegments.open(dir, 4096, { torn: () => undefined });
for (let number = Number(from); ; number += 3) {
  const records = [number, number + 1, number + 2].map((each) =>
    encodeRecord(Buffer.from(JSON.stringify({ kind: "denial", what: `event-${each}` }))),
  );
  await segments.append(records);
  process.stdout.write(`${number + 2}\n`);
}
