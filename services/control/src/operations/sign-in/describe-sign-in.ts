import { z } from "zod";
import { readOperation } from "../../operation.ts";

export const describeSignIn = readOperation({
  id: "describeSignIn",
  method: "GET",
  path: "/v1/sign-in",
  tag: "Sign-in",
  summary: "How one can sign in here",
  access: { kind: "public", because: "whoever is about to sign in has no credential" },
  answers: {
    200: z.object({
      name: z.string().describe("The installation's"),
      isClaimed: z.boolean().describe("False until its owner is made with the one-time code"),
      deviceLogin: z.boolean(),
      providers: z.array(z.object({ slug: z.string(), name: z.string() })),
    }),
  },
  handle: async ({ db }) => {
    const installation = await db.selectFrom("installation").selectAll().executeTakeFirstOrThrow();
    const providers = await db
      .selectFrom("identity_providers")
      .select(["slug", "name"])
      .where("disabled_at", "is", null)
      .orderBy("name")
      .execute();
    return {
      status: 200,
      body: {
        name: installation.name,
        isClaimed: installation.claimed_at !== null,
        deviceLogin: installation.is_device_login_allowed,
        providers,
      },
    };
  },
});
