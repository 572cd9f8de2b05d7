import type { Operation } from "../../operation.ts";
import { approveEnrolment, denyEnrolment } from "./decide-enrolment.ts";
import { enrolmentState } from "./enrolment-state.ts";
import { join } from "./join.ts";
import { joinChallenge } from "./join-challenge.ts";
import { listEnrolments } from "./list-enrolments.ts";

export const joiningOperations: readonly Operation[] = [
  joinChallenge,
  join,
  enrolmentState,
  listEnrolments,
  approveEnrolment,
  denyEnrolment,
];
