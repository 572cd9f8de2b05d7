import type { Operation } from "../../operation.ts";
import { getSession } from "./get-session.ts";
import { issueTicket } from "./issue-ticket.ts";
import { listSessions } from "./list-sessions.ts";
import { openSession } from "./open-session.ts";

export const sessionOperations: readonly Operation[] = [listSessions, getSession, openSession, issueTicket];
