import type { Operation } from "../../operation.ts";
import { cancelRun } from "./cancel-run.ts";
import { createSchedule } from "./create-schedule.ts";
import { deleteSchedule } from "./delete-schedule.ts";
import { getRun } from "./get-run.ts";
import { getSchedule } from "./get-schedule.ts";
import { listPassedDues } from "./list-passed-dues.ts";
import { listRuns } from "./list-runs.ts";
import { listSchedules } from "./list-schedules.ts";
import { pauseSchedule } from "./pause-schedule.ts";
import { previewSchedule, previewSpec } from "./preview-schedule.ts";
import { resumeSchedule } from "./resume-schedule.ts";
import { runSchedule } from "./run-schedule.ts";
import { updateSchedule } from "./update-schedule.ts";

export const scheduleOperations: readonly Operation[] = [
  listSchedules,
  createSchedule,
  previewSpec,
  getSchedule,
  updateSchedule,
  deleteSchedule,
  pauseSchedule,
  resumeSchedule,
  runSchedule,
  previewSchedule,
  listPassedDues,
  listRuns,
  getRun,
  cancelRun,
];
