import type { ColumnType, Generated, JSONColumnType } from "kysely";
import type { ProviderKind } from "../models/provider-kinds.ts";
import type { ProviderModel } from "../models/provider-models.ts";

type Time = ColumnType<Date, Date, Date>;
/** date: the driver gives midnight of the process's zone, so it is read as text (`day::text`) and written as text. */
type Day = ColumnType<Date, string, string>;

export interface ProviderTable {
  readonly id: string;
  readonly fleet_id: string | null;
  /** Of a person; with neither this nor a fleet it is the installation's. */
  readonly account_id: string | null;
  readonly name: string;
  readonly kind: ProviderKind;
  readonly base_url: string | null;
  readonly sealed_keys: string[];
  readonly sealed_headers: string | null;
  readonly models: JSONColumnType<ProviderModel[]> | null;
  readonly created_at: Time;
  readonly created_by: string;
  readonly version: Generated<number>;
}

export interface UsageEventTable {
  readonly request_id: string;
  readonly fleet_id: string;
  readonly at: Time;
  readonly token_id: string;
  readonly account_id: string | null;
  readonly machine_id: string | null;
  readonly endpoint: string;
  readonly model: string | null;
  readonly provider: string | null;
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly searches: number;
  readonly cost_micros: number | null;
  readonly is_estimated: boolean;
  readonly outcome: string;
}

export interface UsageDayTable {
  readonly fleet_id: string;
  readonly day: Day;
  readonly token_id: string;
  readonly account_id: string;
  readonly machine_id: string;
  readonly model: string;
  readonly requests: number;
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly searches: number;
  readonly cost_micros: number;
  readonly unpriced: number;
}

export interface BudgetTable {
  readonly id: string;
  readonly fleet_id: string;
  readonly subject_kind: string;
  readonly subject_id: string;
  readonly limit_micros: number;
  readonly period: string;
  readonly is_hard: boolean;
  readonly alerted_percent: Generated<number>;
  readonly alerted_from: ColumnType<Date | null, string | null | undefined, string | null>;
  readonly created_at: Time;
  readonly version: Generated<number>;
}
