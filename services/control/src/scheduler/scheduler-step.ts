import type { UnitOfWork, WriteTransaction } from "../store/unit-of-work.ts";

/** One transaction of the scheduler over all fleets. What it decides is entered in the audit log; leases are not. */
export const schedulerStep = <Result>(
  unitOfWork: UnitOfWork,
  body: (tx: WriteTransaction) => Promise<Result>,
): Promise<Result> =>
  unitOfWork.record({ kind: "system", id: "scheduler" }, { requestId: "scheduler" }, body);
