// An attachment without an SDK: the frames as they are on the wire.
import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Failure } from "@cmdop/base";
import {
  type AttachSchema,
  decodeFrame,
  encodeFrame,
  type Frame,
  type FrameBody,
  OperatorService,
} from "@cmdop/protocol";
import { type Channel, type ClientCall, fromCallStatus, pathOf, toMetadata } from "@cmdop/protocol/grpc";
import { newInputStream, waitFor } from "@cmdop/testkit";

type Body = Frame["body"];
export type BodyOf<Case extends Body["case"]> = Extract<Body, { case: Case }>["value"];

export class RawAttachment {
  readonly frames: Body[] = [];
  /** The messages, byte for byte. */
  readonly messages: Buffer[] = [];
  readonly call: ClientCall;
  /** Undefined: ended without a failure. */
  readonly closed: Promise<Failure | undefined>;
  readonly stream = newInputStream();
  /** Acknowledge output as it comes. */
  acknowledges = true;
  #number = 0;

  constructor(channel: Channel, token: string | undefined) {
    this.call = channel.open(pathOf(OperatorService.method.attach), {
      ...(token === undefined ? {} : { metadata: toMetadata({ authorization: `Bearer ${token}` }) }),
    });
    this.call.handle({ message: (message) => this.#receive(message) });
    this.closed = this.call.status.then((status) =>
      status.code === "OK" ? undefined : fromCallStatus(status),
    );
  }

  /** Attaches and waits for the answer. */
  static async attach(
    channel: Channel,
    token: string,
    attach: MessageInitShape<typeof AttachSchema>,
  ): Promise<RawAttachment> {
    const attachment = new RawAttachment(channel, token);
    attachment.send({ case: "attach", value: { stream: attachment.stream, ...attach } });
    const failed = attachment.closed.then((failure) => {
      throw failure ?? new Error("the attachment ended");
    });
    await Promise.race([attachment.frame("attached"), failed]);
    failed.catch(() => undefined);
    return attachment;
  }

  send(body: FrameBody): void {
    this.call.sendFramed(encodeFrame(body));
  }

  input(data: string, epoch = 0): void {
    this.#number += 1;
    this.send({
      case: "input",
      value: {
        stream: this.stream,
        number: BigInt(this.#number),
        previous: BigInt(this.#number - 1),
        epoch: BigInt(epoch),
        data: Buffer.from(data),
      },
    });
  }

  all<Case extends Body["case"]>(name: Case): BodyOf<Case>[] {
    return this.frames.flatMap((body) => (body.case === name ? [body.value as BodyOf<Case>] : []));
  }

  /** The first frame of a kind that fits, once it is there. */
  async frame<Case extends NonNullable<Body["case"]>>(
    name: Case,
    fits: (value: BodyOf<Case>) => boolean = () => true,
  ): Promise<BodyOf<Case>> {
    const found = (): BodyOf<Case> | undefined => this.all(name).find(fits);
    await waitFor(() => found() !== undefined, { what: `a frame ${name}` });
    return found() as BodyOf<Case>;
  }

  /** Output received, in order. */
  get output(): string {
    return Buffer.concat(this.all("output").map((output) => output.data)).toString("utf8");
  }

  detach(): void {
    this.call.end();
  }

  #receive(message: Buffer): void {
    const own = Buffer.from(message);
    const { body } = decodeFrame(own);
    this.messages.push(own);
    this.frames.push(body);
    if (body.case === "output" && this.acknowledges) {
      this.send({ case: "ack", value: { offset: body.value.offset + BigInt(body.value.data.length) } });
    }
  }
}
