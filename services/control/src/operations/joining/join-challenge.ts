import { readOperation } from "../../operation.ts";
import { challengeSchema } from "../../store/machines/machine-schemas.ts";

export const joinChallenge = readOperation({
  id: "joinChallenge",
  method: "POST",
  path: "/v1/join/challenge",
  tag: "Machines",
  summary: "Ask for what a joining machine signs",
  access: { kind: "public", because: "a challenge gives nothing" },
  perMinute: 300,
  answers: { 200: challengeSchema },
  handle: async ({ services }) => {
    const { nonce, expiresAt } = services.challenges.issue(services.clock.wallMs());
    return { status: 200, body: { nonce, expiresAt: expiresAt.toISOString() } };
  },
});
