import { Failure, toDisplayText } from "@cmdop/base";
import { createTextStream, type OutputItem, type SessionInfo } from "@cmdop/sdk";
import { AsciicastWriter } from "../asciicast.ts";
import { usageError } from "../cli-error.ts";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { resolveSession } from "../find/session-reference.ts";
import { noteOutages } from "../outage-note.ts";
import { createPlainText, type PlainText } from "../plain-text.ts";

export const run = async (context: Context): Promise<number> => {
  const {
    arguments: [name = ""],
    client,
    options,
    print,
    signal,
  } = context;
  const isFollowed = options.flag("follow");
  if (options.flag("asciicast") && !isFollowed) {
    throw usageError("--asciicast records the times of arrival: it needs --follow.", "Add --follow.");
  }
  if (options.has("from") && options.has("last")) {
    throw usageError("--from and --last exclude each other.", "Leave one out.");
  }
  const opened = await client();
  const session = await opened.sessions.get(await resolveSession(opened, name, signal), { signal });
  const last = options.number("last");
  const from =
    options.number("from") ??
    (last === undefined ? session.logStart : Math.max(session.logStart, session.offset - last));
  if (from > session.offset) throw new Failure("offset_in_future");
  const to = options.number("to") ?? (isFollowed ? Number.POSITIVE_INFINITY : session.offset);
  const sink = createSink(context, session);
  let offset = from;
  if (to > from) {
    const outages = noteOutages(print);
    const attachment = await opened.attach(session.id, {
      mode: "lossless",
      role: "observer",
      from,
      signal,
      onEvent: outages.onEvent,
    });
    try {
      while (offset < to) {
        const item = await attachment.read({ signal });
        if (item === undefined) break;
        offset = await sink.take(item, to, offset);
        if (item.kind === "exit") break;
      }
    } finally {
      outages.stop();
      await attachment.detach();
    }
  }
  await sink.end(offset);
  if (!print.isJson) print.note(`next: --from ${offset}`);
  return exitCodes.done;
};

interface Sink {
  /** Prints the part before `to`; returns the offset after it. */
  take(item: OutputItem, to: number, offset: number): Promise<number>;
  end(offset: number): Promise<void>;
}

const createSink = (context: Context, session: SessionInfo): Sink => {
  if (context.options.flag("asciicast")) return createCastSink(context, session);
  return context.print.isJson ? createJsonSink(context) : createPlainSink(context);
};

/** The part of a chunk before `to`, where its channel was asked for. */
const wanted = (
  item: Extract<OutputItem, { kind: "output" }>,
  to: number,
  channel: string | undefined,
): Uint8Array => {
  if (channel !== undefined && item.channel !== channel) return item.bytes.subarray(0, 0);
  return item.bytes.subarray(0, Math.max(0, to - item.offset));
};

const endOf = (item: OutputItem, to: number, offset: number): number => {
  if (item.kind === "output") return Math.min(to, item.offset + item.bytes.length);
  if (item.kind === "gap") return Math.min(to, item.to);
  return offset;
};

const createPlainSink = ({ options, print }: Context): Sink => {
  const channel = options.text("channel");
  const isRaw = options.flag("raw");
  /** By channel: what is cut in one is not continued in another. */
  const texts = new Map<string, PlainText>();
  const textOf = (name: string): PlainText => {
    const text = texts.get(name) ?? createPlainText();
    texts.set(name, text);
    return text;
  };
  return {
    take: async (item, to, offset) => {
      if (item.kind === "output") {
        const bytes = wanted(item, to, channel);
        if (bytes.length > 0) {
          if (isRaw) await print.bytes(bytes);
          else await print.bytes(Buffer.from(textOf(item.channel).push(bytes)));
        }
      } else if (item.kind === "resize" && isRaw) {
        print.note(`from ${item.offset}: ${item.cols}x${item.rows}`);
      } else if (item.kind === "gap") {
        print.note(`output [${item.from}, ${item.to}) is gone (${item.reason})`);
      }
      return endOf(item, to, offset);
    },
    end: async () => {
      for (const text of texts.values()) await print.bytes(Buffer.from(text.end()));
    },
  };
};

const createJsonSink = ({ options, print }: Context): Sink => {
  const channel = options.text("channel");
  const isRaw = options.flag("raw");
  const decoders = new Map<string, ReturnType<typeof createTextStream>>();
  const decode = (name: string, bytes: Uint8Array): string => {
    const known = decoders.get(name) ?? createTextStream();
    decoders.set(name, known);
    return known.push(bytes);
  };
  return {
    take: async (item, to, offset) => {
      const end = endOf(item, to, offset);
      if (item.kind === "output") {
        const bytes = wanted(item, to, channel);
        if (bytes.length > 0) {
          const data = isRaw
            ? { base64: Buffer.from(bytes).toString("base64") }
            : { text: decode(item.channel, bytes) };
          await print.ndjson({ kind: "output", offset: item.offset, channel: item.channel, ...data });
        }
      } else if (item.kind === "snapshot") {
        await print.ndjson({ ...item, data: Buffer.from(item.data).toString("base64") });
      } else await print.ndjson(item);
      return end;
    },
    end: (offset) => print.ndjson({ kind: "end", next: offset }),
  };
};

const createCastSink = ({ io, print }: Context, session: SessionInfo): Sink => {
  const cast = new AsciicastWriter(io.wallMs());
  let isBegun = false;
  const write = async (line: string): Promise<void> => {
    if (line !== "") await print.bytes(Buffer.from(line));
  };
  const begin = async ({ cols, rows }: Pick<SessionInfo, "cols" | "rows">): Promise<void> => {
    if (isBegun) return;
    isBegun = true;
    await write(cast.header({ cols, rows, title: toDisplayText(session.title || session.name) }));
  };
  return {
    take: async (item, to, offset) => {
      if (item.kind === "resize" && !isBegun) {
        // The size where the recording begins, which need not be the session's of now.
        await begin(item);
        return offset;
      }
      await begin(session);
      if (item.kind === "output") await write(cast.output(wanted(item, to, undefined), io.wallMs()));
      if (item.kind === "resize") await write(cast.resize(item.cols, item.rows, io.wallMs()));
      if (item.kind === "exit") await write(cast.exit(item.exit.code ?? 1, io.wallMs()));
      return endOf(item, to, offset);
    },
    end: () => begin(session),
  };
};
