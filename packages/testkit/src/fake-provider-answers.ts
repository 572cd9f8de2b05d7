// What the fake provider answers when nothing is wrong, in the shapes of OpenAI's API
// (https://platform.openai.com/docs/api-reference).

export interface FakeAnswer {
  readonly type: string;
  readonly isStream: boolean;
  /** Events of a stream, or one body. */
  readonly pieces: readonly string[];
  /** One piece of about so many bytes, in the place of one of them. */
  grow(bytes: number): string;
}

type Body = Readonly<Record<string, unknown>>;
type Answerer = (request: Body, text: string) => FakeAnswer;

/** What it says was used: constant, so that a test can name it. */
export const fakeUsage = { prompt_tokens: 11, completion_tokens: 7, total_tokens: 18 } as const;

const toEvent = (data: unknown): string => `data: ${JSON.stringify(data)}\n\n`;

const chat: Answerer = (request, text) => {
  const model = request.model;
  const head = { id: "chatcmpl-fake", created: 1_700_000_000, model };
  const chunk = (delta: Body, finish: string | null): Body => ({
    ...head,
    object: "chat.completion.chunk",
    choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
  });
  if (request.stream !== true) {
    const message = { role: "assistant", content: text, refusal: null };
    const choice = { index: 0, message, logprobs: null, finish_reason: "stop" };
    const body = (choices: readonly Body[]): string =>
      JSON.stringify({ ...head, object: "chat.completion", choices, usage: fakeUsage });
    return {
      type: "application/json",
      isStream: false,
      pieces: [body([choice])],
      grow: () => "",
    };
  }
  const options = request.stream_options;
  const wantsUsage =
    typeof options === "object" &&
    options !== null &&
    "include_usage" in options &&
    options.include_usage === true;
  return {
    type: "text/event-stream",
    isStream: true,
    pieces: [
      toEvent(chunk({ role: "assistant", content: "" }, null)),
      ...text.split(/(?<= )/).map((content) => toEvent(chunk({ content }, null))),
      toEvent(chunk({}, "stop")),
      ...(wantsUsage
        ? [toEvent({ ...head, object: "chat.completion.chunk", choices: [], usage: fakeUsage })]
        : []),
      "data: [DONE]\n\n",
    ],
    grow: (bytes) => toEvent(chunk({ content: "x".repeat(bytes) }, null)),
  };
};

/** By path. */
export const fakeAnswers: Readonly<Record<string, Answerer | undefined>> = {
  "/v1/chat/completions": chat,
};
