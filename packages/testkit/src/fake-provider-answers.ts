// What the fake provider answers when nothing is wrong, in the shapes of OpenAI's API
// (https://platform.openai.com/docs/api-reference) and of Anthropic's.

export interface FakeAnswer {
  readonly type: string;
  readonly isStream: boolean;
  /** Events of a stream, or one body. */
  readonly pieces: readonly string[];
  /** An error inside a stream, in the endpoint's own shape. */
  toErrorEvent(error: unknown): string;
  /** One piece of about so many bytes, in the place of one of them. */
  grow(bytes: number): string;
}

const toEvent = (data: unknown): string => `data: ${JSON.stringify(data)}\n\n`;

const toJson = (body: unknown): FakeAnswer => ({
  type: "application/json",
  isStream: false,
  pieces: [JSON.stringify(body)],
  toErrorEvent: toEvent,
  grow: () => "",
});

type Body = Readonly<Record<string, unknown>>;
type Answerer = (request: Body, text: string, turn: FakeTurn) => FakeAnswer;

/** What a model does with one request, where it is more than saying a text. */
export interface FakeTurn {
  /** Default: the provider's text. */
  readonly text?: string;
  readonly toolCalls?: readonly { readonly name: string; readonly arguments: string }[];
  readonly refusal?: string;
  /** Default: "stop", or "tool_calls" with any. */
  readonly finish?: string;
  /** US dollars that it says it cost: it answers as OpenRouter does. */
  readonly cost?: number;
}

/** What it says was used: constant, so that a test can name it. */
export const fakeUsage = { prompt_tokens: 11, completion_tokens: 7, total_tokens: 18 } as const;

/** OpenRouter's, while nothing else is there to be sent. */
const processing = ": OPENROUTER PROCESSING\n\n";

const words = (text: string): string[] => text.split(/(?<= )/);

const cutInTwo = (text: string): readonly string[] => [
  text.slice(0, text.length / 2),
  text.slice(text.length / 2),
];

/** Of each word as if it were a token. */
const toLogprobs = (request: Body, text: string): Body | null => {
  if (request.logprobs !== true) return null;
  const tokenOf = (token: string, logprob: number): Body => ({
    token,
    logprob,
    bytes: [...Buffer.from(token)],
  });
  const others = Array.from({ length: Number(request.top_logprobs ?? 0) }, (_, rank) =>
    tokenOf(`other ${rank}`, -1.5 - rank),
  );
  const content = words(text).map((word) => ({ ...tokenOf(word, -0.25), top_logprobs: others }));
  return { content, refusal: null };
};

const chat: Answerer = (request, defaultText, turn) => {
  const { toolCalls = [], refusal } = turn;
  const text = turn.text ?? (toolCalls.length > 0 || refusal !== undefined ? "" : defaultText);
  const finish = turn.finish ?? (toolCalls.length > 0 ? "tool_calls" : "stop");
  const isOpenRouter = turn.cost !== undefined;
  const usage = isOpenRouter
    ? { ...fakeUsage, cost: turn.cost, cost_details: { upstream_inference_cost: null } }
    : fakeUsage;
  const model = request.model;
  const head = { id: "chatcmpl-fake", created: 1_700_000_000, model };
  const indexes = Array.from({ length: Number(request.n ?? 1) }, (_, index) => index);
  const chunk = (
    delta: Body,
    finishReason: string | null,
    { index = 0, logprobs = null }: { readonly index?: number; readonly logprobs?: Body | null } = {},
  ): Body => ({
    ...head,
    object: "chat.completion.chunk",
    choices: [{ index, delta, logprobs, finish_reason: finishReason }],
  });
  /** Of each choice in turn. */
  const toChunks = (delta: Body, finishReason: string | null = null): readonly string[] =>
    indexes.map((index) => {
      const logprobs = typeof delta.content === "string" ? toLogprobs(request, delta.content) : null;
      return toEvent(chunk(delta, finishReason, { index, logprobs }));
    });
  const idOf = (index: number): string => `call_fake_${index}`;
  if (request.stream !== true) {
    const calls = toolCalls.map(({ name, arguments: json }, index) => ({
      id: idOf(index),
      type: "function",
      function: { name, arguments: json },
    }));
    const message = {
      role: "assistant",
      content: text === "" ? null : text,
      refusal: refusal ?? null,
      ...(calls.length > 0 ? { tool_calls: calls } : {}),
    };
    const logprobs = text === "" ? null : toLogprobs(request, text);
    const choices = indexes.map((index) => ({ index, message, logprobs, finish_reason: finish }));
    return toJson({ ...head, object: "chat.completion", choices, usage });
  }
  const options = request.stream_options;
  const wantsUsage =
    typeof options === "object" &&
    options !== null &&
    "include_usage" in options &&
    options.include_usage === true;
  // OpenRouter always says it, beside a choice that is over.
  const usageChunks = isOpenRouter
    ? [toEvent({ ...chunk({ role: "assistant", content: "" }, null), usage })]
    : wantsUsage
      ? [toEvent({ ...head, object: "chat.completion.chunk", choices: [], usage })]
      : [];
  const callDeltas = toolCalls.flatMap(({ name, arguments: json }, index) => [
    { index, id: idOf(index), type: "function", function: { name, arguments: "" } },
    ...cutInTwo(json).map((part) => ({ index, function: { arguments: part } })),
  ]);
  return {
    type: "text/event-stream",
    isStream: true,
    pieces: [
      ...(isOpenRouter ? [processing, processing] : []),
      ...indexes.map((index) => toEvent(chunk({ role: "assistant", content: "" }, null, { index }))),
      ...(text === "" ? [] : words(text).flatMap((content) => toChunks({ content }))),
      ...(refusal === undefined ? [] : toChunks({ refusal })),
      ...callDeltas.flatMap((call) => toChunks({ tool_calls: [call] })),
      ...toChunks({}, finish),
      ...usageChunks,
      "data: [DONE]\n\n",
    ],
    toErrorEvent: (error) => toEvent({ error }),
    grow: (bytes) => toEvent(chunk({ content: "x".repeat(bytes) }, null)),
  };
};

const toTypedEvent = (data: Body): string => `event: ${String(data.type)}\n${toEvent(data)}`;

const responses: Answerer = (request, text, { toolCalls = [] }) => {
  const calls = toolCalls.map((call, index) => ({
    type: "function_call",
    id: `fc_fake_${index}`,
    call_id: `call_fake_${index}`,
    status: "completed",
    ...call,
  }));
  const part = { type: "output_text", text, annotations: [] };
  const item = { type: "message", id: "msg-fake", status: "completed", role: "assistant", content: [part] };
  const usage = { input_tokens: 11, output_tokens: 7, total_tokens: 18 };
  const head = {
    id: "resp-fake",
    object: "response",
    created_at: 1_700_000_000,
    model: request.model,
    error: null,
  };
  const finished = { ...head, status: "completed", output: calls.length > 0 ? calls : [item], usage };
  if (request.stream !== true) return toJson(finished);
  const place = { item_id: item.id, output_index: 0, content_index: 0 };
  const delta = (content: string): Body => ({ type: "response.output_text.delta", ...place, delta: content });
  const started = { ...head, status: "in_progress", output: [] };
  const callEvents = calls.flatMap(({ arguments: json, ...call }, index): readonly Body[] => {
    const at = { item_id: call.id, output_index: index };
    return [
      {
        type: "response.output_item.added",
        output_index: index,
        item: { ...call, status: "in_progress", arguments: "" },
      },
      ...cutInTwo(json).map((cut) => ({ type: "response.function_call_arguments.delta", ...at, delta: cut })),
      { type: "response.function_call_arguments.done", ...at, name: call.name, arguments: json },
      { type: "response.output_item.done", output_index: index, item: { ...call, arguments: json } },
    ];
  });
  const textEvents: readonly Body[] = [
    {
      type: "response.output_item.added",
      output_index: 0,
      item: { ...item, status: "in_progress", content: [] },
    },
    { type: "response.content_part.added", ...place, part: { ...part, text: "" } },
    ...words(text).map(delta),
    { type: "response.output_text.done", ...place, text },
  ];
  return {
    type: "text/event-stream",
    isStream: true,
    pieces: [
      { type: "response.created", response: started },
      ...(calls.length > 0 ? callEvents : textEvents),
      { type: "response.completed", response: finished },
    ].map((event: Body, index) => toTypedEvent({ ...event, sequence_number: index })),
    toErrorEvent: (error) => toTypedEvent({ ...(error as Body), type: "error" }),
    grow: (bytes) => toTypedEvent({ ...delta("x".repeat(bytes)), sequence_number: 1 }),
  };
};

/** https://docs.anthropic.com/en/api/messages */
const messages: Answerer = (request, text) => {
  const head = {
    id: "msg-fake",
    type: "message",
    role: "assistant",
    model: request.model,
    stop_sequence: null,
  };
  const usage = { input_tokens: 11, output_tokens: 7 };
  if (request.stream !== true) {
    return toJson({ ...head, content: [{ type: "text", text }], stop_reason: "end_turn", usage });
  }
  const delta = (content: string): Body => ({
    type: "content_block_delta",
    index: 0,
    delta: { type: "text_delta", text: content },
  });
  const started = { ...head, content: [], stop_reason: null, usage: { ...usage, output_tokens: 1 } };
  return {
    type: "text/event-stream",
    isStream: true,
    pieces: [
      { type: "message_start", message: started },
      { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
      ...words(text).map(delta),
      { type: "content_block_stop", index: 0 },
      {
        type: "message_delta",
        delta: { stop_reason: "end_turn", stop_sequence: null },
        usage: { output_tokens: 7 },
      },
      { type: "message_stop" },
    ].map(toTypedEvent),
    toErrorEvent: (error) => toTypedEvent({ type: "error", error }),
    grow: (bytes) => toTypedEvent(delta("x".repeat(bytes))),
  };
};

const imagesAs =
  (name: string, b64_json: string): Answerer =>
  (request) => {
    const usage = { input_tokens: 11, output_tokens: 7, total_tokens: 18 };
    if (request.stream !== true) return toJson({ created: 1_700_000_000, data: [{ b64_json }], usage });
    return {
      type: "text/event-stream",
      isStream: true,
      pieces: [
        { type: `${name}.partial_image`, b64_json: "cGFydA==", partial_image_index: 0 },
        { type: `${name}.completed`, b64_json, usage },
      ].map(toTypedEvent),
      toErrorEvent: (error) => toTypedEvent({ type: "error", error }),
      grow: (bytes) => toTypedEvent({ type: `${name}.completed`, b64_json: "x".repeat(bytes), usage }),
    };
  };

const images = imagesAs("image_generation", "aW1n");
const imageEdits = imagesAs("image_edit", "ZWRpdA==");

/** https://openrouter.ai/docs/api/api-reference/images/generate-an-image */
const openRouterImages: Answerer = (request) => {
  const usage = { prompt_tokens: 11, completion_tokens: 7, total_tokens: 18, cost: 0.04 };
  const image = { b64_json: "b3I=", media_type: "image/png" };
  if (request.stream !== true) {
    const data = Array.from({ length: Number(request.n ?? 1) }, () => image);
    return toJson({ created: 1_700_000_000, data, usage });
  }
  const events: readonly Body[] = [
    { type: "image_generation.partial_image", b64_json: "cGFydA==", partial_image_index: 0 },
    { type: "image_generation.completed", created: 1_700_000_000, ...image, usage },
  ];
  return {
    type: "text/event-stream",
    isStream: true,
    pieces: [processing, ...events.map(toEvent), "data: [DONE]\n\n"],
    toErrorEvent: (error) => toEvent({ type: "error", error }),
    grow: (bytes) => toEvent({ ...events[1], b64_json: "x".repeat(bytes) }),
  };
};

const embeddings: Answerer = (request) =>
  toJson({
    object: "list",
    data: [{ object: "embedding", index: 0, embedding: [0.5, -0.25] }],
    model: request.model,
    usage: { prompt_tokens: 11, total_tokens: 11 },
  });

const found = [1, 2, 3].map((place) => ({
  title: `<b>Result</b> ${place}`,
  text: `What stands\u0007 there ${place}.`,
  url: `https://example.org/${place}`,
}));

/** https://serper.dev */
const serper: Answerer = () =>
  toJson({
    organic: [
      ...found.map(({ title, text, url }, index) => ({
        title,
        link: url,
        snippet: text,
        position: index + 1,
      })),
      { title: "no address", link: "javascript:alert(1)", snippet: "" },
    ],
    credits: 1,
  });

const serperNews: Answerer = () =>
  toJson({
    news: [
      { title: "News", link: "https://example.org/n", snippet: "new", date: "1 day ago", source: "Example" },
    ],
  });

const serperImages: Answerer = () =>
  toJson({
    images: [{ title: "Image", link: "https://example.org/i", imageUrl: "https://example.org/i.png" }],
  });

/** https://docs.searxng.org/dev/search_api.html */
const searxng: Answerer = () =>
  toJson({ results: found.map(({ title, text, url }) => ({ title, url, content: text, engine: "fake" })) });

/** By path; by method and path for what is not posted. */
export const fakeAnswers: Readonly<Record<string, Answerer | undefined>> = {
  "/v1/chat/completions": chat,
  "/v1/responses": responses,
  "/v1/messages": messages,
  "/v1/messages/count_tokens": () => toJson({ input_tokens: 11 }),
  "/v1/embeddings": embeddings,
  "/v1/images/generations": images,
  "/v1/images/edits": imageEdits,
  "/v1/images": openRouterImages,
  "/search": serper,
  "/news": serperNews,
  "/images": serperImages,
  "GET /search": searxng,
};
