import type { Context } from "../context.ts";
import { decideEnrolment } from "../enrolments.ts";

export const run = (context: Context): Promise<number> => decideEnrolment(context, "deny");
