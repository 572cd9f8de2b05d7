// Machines: how they come in, what becomes of them; schedules; the catalogue of sessions.
import { createPrivateKey25519 } from "@cmdop/authority";
import type { TestAccount } from "../control-fixture.ts";
import { TestMachine } from "../test-machine.ts";
import type { Tour } from "./tour.ts";

const hourly = {
  spec: { kind: "interval", everyS: 3_600 },
  target: { kind: "all" },
  command: { argv: ["true"] },
};

export const tourOfMachines = async (tour: Tour, owner: TestAccount, fleet: string): Promise<void> => {
  const { fixture } = tour;
  const { token } = owner;
  const inFleet = (more: Readonly<Record<string, string>> = {}) => ({ token, path: { fleet, ...more } });

  const joinToken = await tour.take("createJoinToken", { ...inFleet(), body: { maxUses: 10 } });
  await tour.take("listJoinTokens", inFleet());
  await tour.take("joinChallenge");
  const web = new TestMachine(fixture, "web-1");
  const { machineId: machine } = await tour.take("join", { body: await web.joinBody(joinToken.secret) });
  await tour.take("machineTokenChallenge");
  await tour.take("issueMachineToken", { body: await web.renewBody() });
  await tour.take("proposeMachineKey", { body: await web.proposeBody(createPrivateKey25519()) });
  await tour.take("revokeJoinToken", inFleet({ joinToken: joinToken.id }));
  const approved = await tour.take("createJoinToken", {
    ...inFleet(),
    body: { approval: true, maxUses: 10 },
  });
  for (const decision of ["approveEnrolment", "denyEnrolment"]) {
    const waiting = new TestMachine(fixture, decision);
    const { enrolmentId } = await tour.take("join", { body: await waiting.joinBody(approved.secret) });
    await tour.take("enrolmentState", { body: { enrolmentId } });
    await tour.take("listEnrolments", inFleet());
    await tour.take(decision, inFleet({ enrolment: enrolmentId }));
  }

  await tour.take("listMachines", inFleet());
  const got = await tour.answer("getMachine", inFleet({ machine }));
  await tour.take("updateMachine", {
    ...inFleet({ machine }),
    ifMatch: got.headers.etag,
    body: { tags: ["web"] },
  });
  await tour.take("disableMachine", inFleet({ machine }));
  await tour.take("enableMachine", inFleet({ machine }));
  await tour.take("rotateMachineKey", inFleet({ machine }));
  const [moving = "", leaving = ""] = await fixture.addMachines(fleet, ["moving", "leaving"]);
  await tour.take("moveMachine", { ...inFleet({ machine: moving }), body: { fleet: "calm" } });
  await tour.take("removeMachine", inFleet({ machine: leaving }));

  await tour.take("previewSpec", { ...inFleet(), body: { spec: hourly.spec } });
  const made = await tour.answer("createSchedule", { ...inFleet(), body: { name: "hourly", ...hourly } });
  const schedule = made.body.id;
  await tour.take("listSchedules", inFleet());
  await tour.take("getSchedule", inFleet({ schedule }));
  await tour.take("previewSchedule", inFleet({ schedule }));
  await tour.take("listPassedDues", inFleet({ schedule }));
  await tour.take("updateSchedule", {
    ...inFleet({ schedule }),
    ifMatch: made.headers.etag,
    body: { description: "seen" },
  });
  await tour.take("pauseSchedule", inFleet({ schedule }));
  await tour.take("resumeSchedule", inFleet({ schedule }));
  const started = await tour.take("runSchedule", inFleet({ schedule }));
  await tour.take("listRuns", inFleet());
  const run = started.id ?? started.items[0].id;
  await tour.take("getRun", inFleet({ run }));
  await tour.take("cancelRun", inFleet({ run }));
  const ended = await tour.take("createSchedule", { ...inFleet(), body: { name: "ended", ...hourly } });
  await tour.take("deleteSchedule", inFleet({ schedule: ended.id }));

  await tour.take("listSessions", inFleet());
  const session = await fixture.addSession(fleet, machine);
  await tour.take("getSession", inFleet({ session }));
  await tour.take("openSession", { token, body: { fleet, machine: "web-1" } });
  await tour.take("issueTicket", { token, path: { session }, body: { role: "observer" } });
};
