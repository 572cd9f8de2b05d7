// Streams of events, one for each watcher: which things of a fleet have changed. An event says where to look, and
// nothing of what is there.
//
// E1 A topic is told only to those who may list it; when a change of rights or a revocation is heard it is asked
//    again, and until the answer is there nothing is told.
// E2 Whoever may no longer, or whose credential no longer holds, hears `end` with the reason and nothing after it.
// E3 A client that does not read delays nobody: what waits for it is bounded, then it is let go (`slow_consumer`).
// E4 Nothing is left out unsaid: what cannot be told any more is said as `resync`.
import { Readable } from "node:stream";
import { type Clock, Failure, type FailureCode } from "@cmdop/base";
import { can } from "../core/access/can.ts";
import type { Principal } from "../core/access/principal.ts";
import { type EventTopic, eventTopics, isAboutRights, topicOf, topicRights } from "../core/events/topics.ts";
import type { EventStreams, Watcher } from "../ports.ts";
import type { Change, ChangeFeed } from "../store/change-feed.ts";
import type { RevocationLog } from "../store/edges/revocation-log.ts";
import { principalAgain } from "../store/identity/principals.ts";
import type { UnitOfWork } from "../store/unit-of-work.ts";
import {
  farewellMs,
  heartbeatMs,
  recheckMs,
  streamsMax,
  streamsPerCredentialMax,
  waitingBytesMax,
  withheldMax,
} from "./limits.ts";

export interface EventStreamsOptions {
  readonly feed: ChangeFeed;
  readonly revocations: Pick<RevocationLog, "follow">;
  readonly unitOfWork: UnitOfWork;
  readonly clock: Clock;
}

export const createEventStreams = (
  options: EventStreamsOptions,
): EventStreams & { readonly close: () => void } => {
  const open = new Set<EventStream>();
  let isClosed = false;
  return {
    open: (watcher) => {
      if (isClosed) throw new Failure("unavailable", "The control plane is stopping.");
      if (open.size >= streamsMax) throw new Failure("too_many_connections");
      const { id } = watcher.principal.credential;
      if ([...open].filter(({ credentialId }) => credentialId === id).length >= streamsPerCredentialMax) {
        throw new Failure(
          "limit_reached",
          `A credential has at most ${streamsPerCredentialMax} streams of events open.`,
        );
      }
      const stream = new EventStream(options, watcher, () => open.delete(stream));
      open.add(stream);
      return stream.output;
    },
    close: () => {
      isClosed = true;
      for (const stream of [...open]) stream.end("unavailable");
    },
  };
};

class EventStream {
  readonly output: Readable;
  readonly credentialId: string;
  readonly #options: EventStreamsOptions;
  readonly #watcher: Watcher;
  readonly #stops: (() => void)[];
  #principal: Principal;
  #topics: ReadonlySet<EventTopic>;
  #subjects: ReadonlySet<string>;
  /** What came while it is asked whether they still may. */
  #withheld: (Change | "missed")[] | undefined;
  #isAgain = false;
  #isEnded = false;
  #cancelHeartbeat = (): void => undefined;
  #cancelFarewell = (): void => undefined;
  #checkedAtMs: number;
  readonly #closed: () => void;

  constructor(options: EventStreamsOptions, watcher: Watcher, closed: () => void) {
    const { feed, revocations, clock } = options;
    this.#options = options;
    this.#watcher = watcher;
    this.#closed = closed;
    this.#principal = watcher.principal;
    this.credentialId = watcher.principal.credential.id;
    this.#topics = this.#allowed(watcher.principal);
    this.#subjects = subjectsOf(watcher.principal, watcher.fleetId);
    this.#checkedAtMs = clock.nowMs();
    this.output = new Readable({ read: () => undefined });
    this.output.once("close", () => this.#close());
    this.#stops = [
      feed.follow((change) => this.#hear(change)),
      revocations.follow((rows) => {
        const isMine = rows.some(({ subjects }) => subjects.some((subject) => this.#subjects.has(subject)));
        if (isMine) this.#recheck();
      }),
    ];
    this.#begin();
    this.#beat();
  }

  #begin(): void {
    const { feed } = this.#options;
    const { after } = this.#watcher;
    const missed = after === undefined ? [] : feed.after(after);
    this.#sendTopics(missed && after !== undefined ? after : feed.mark);
    for (const change of missed ?? (["missed"] as const)) this.#deliver(change);
  }

  /** Without a mark it passes nothing that waits. */
  #sendTopics(mark?: string): void {
    this.#send("ready", { topics: [...this.#topics] }, mark);
  }

  #allowed(principal: Principal): ReadonlySet<EventTopic> {
    const { fleetId, topics = eventTopics } = this.#watcher;
    const nowMs = this.#options.clock.wallMs();
    return new Set(
      topics.filter((topic) => can(principal, topicRights[topic], { fleetId }, nowMs).kind === "allow"),
    );
  }

  #hear(change: Change | "missed"): void {
    const topic = change === "missed" ? undefined : topicOf(change.topic);
    const isHere = change !== "missed" && change.fleetId === this.#watcher.fleetId;
    if (isHere && topic !== undefined && isAboutRights(topic)) this.#recheck();
    if (!this.#withheld) this.#deliver(change);
    else if (this.#withheld.length < withheldMax) this.#withheld.push(change);
    else this.#withheld = ["missed"];
  }

  #deliver(change: Change | "missed"): void {
    if (change === "missed") {
      this.#send("resync", {}, this.#options.feed.mark);
      return;
    }
    const topic = topicOf(change.topic);
    const { fleetId } = this.#watcher;
    if (topic === undefined || !this.#topics.has(topic)) return;
    // What belongs to the installation is told in every fleet; of it there is the head of the audit log alone.
    if (change.fleetId !== fleetId && !(change.fleetId === undefined && topic === "audit")) return;
    if (topic === "machine" || topic === "alert") {
      const machine = { fleetId, machineId: change.id };
      const nowMs = this.#options.clock.wallMs();
      if (can(this.#principal, "machines:read", machine, nowMs).kind === "deny") return;
    }
    this.#send("change", { topic, id: change.id }, change.mark);
  }

  /** From here on nothing is told until it is known that they still may. */
  #recheck(): void {
    if (this.#isEnded) return;
    if (this.#withheld) {
      this.#isAgain = true;
      return;
    }
    this.#withheld = [];
    this.#ask().catch(() => this.end("unavailable"));
  }

  async #ask(): Promise<void> {
    const { unitOfWork, clock } = this.#options;
    const { fleetId } = this.#watcher;
    do {
      this.#isAgain = false;
      const nowMs = clock.wallMs();
      const found = await unitOfWork.lookUp((db) => principalAgain(db, this.#principal, nowMs));
      if (found.kind === "refused") {
        this.end(found.code);
        return;
      }
      this.#principal = found.principal;
    } while (this.#isAgain);
    if (can(this.#principal, "fleet:read", { fleetId }, clock.wallMs()).kind === "deny") {
      this.end("permission_denied");
      return;
    }
    const topics = this.#allowed(this.#principal);
    const isSame = topics.size === this.#topics.size && [...topics].every((topic) => this.#topics.has(topic));
    this.#topics = topics;
    this.#subjects = subjectsOf(this.#principal, fleetId);
    this.#checkedAtMs = clock.nowMs();
    if (!isSame) this.#sendTopics();
    const withheld = this.#withheld ?? [];
    this.#withheld = undefined;
    for (const change of withheld) this.#deliver(change);
  }

  #beat(): void {
    const { clock, feed } = this.#options;
    this.#cancelHeartbeat = clock.after(heartbeatMs, () => {
      if (clock.nowMs() - this.#checkedAtMs >= recheckMs) this.#recheck();
      // While something is withheld its place is not passed.
      if (!this.#withheld) this.#send("heartbeat", {}, feed.mark);
      if (!this.#isEnded) this.#beat();
    });
  }

  #send(event: string, data: object, mark: string | undefined): void {
    if (this.#isEnded) return;
    if (this.output.readableLength > waitingBytesMax) {
      this.end("slow_consumer");
      return;
    }
    const id = mark === undefined ? "" : `id: ${mark}\n`;
    this.output.push(`${id}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  /** The last word. */
  end(code: FailureCode): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#stopHearing();
    this.output.push(`event: end\ndata: ${JSON.stringify({ code })}\n\n`);
    this.output.push(null);
    // Without an error: who left before the answer began has taken the listeners along, and an error that nobody hears
    // ends the process.
    this.#cancelFarewell = this.#options.clock.after(farewellMs, () => this.output.destroy());
  }

  #stopHearing(): void {
    for (const stop of this.#stops.splice(0)) stop();
    this.#cancelHeartbeat();
  }

  #close(): void {
    this.#isEnded = true;
    this.#stopHearing();
    this.#cancelFarewell();
    this.#closed();
  }
}

/** A revocation of one of these may be one of theirs. */
const subjectsOf = ({ id, credential, memberships }: Principal, fleetId: string): ReadonlySet<string> => {
  const membership = memberships.get(fleetId);
  return new Set([id, credential.id, fleetId, ...(membership ? [membership.id] : [])]);
};
