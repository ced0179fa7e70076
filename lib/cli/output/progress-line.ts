/** Writes a progress as one line: how much is done, how fast, and how long the rest takes. */

import { count, duration } from "./numbers.js";
import type { ProgressState } from "./output.js";

const BAR_CELLS = 24;

/** What a progress line is made of, besides its state. */
export interface ProgressInfo {
  readonly label: string;
  readonly unit: string;
  readonly elapsedMs: number;
}

function bar(share: number): string {
  const full = Math.round(Math.min(1, Math.max(0, share)) * BAR_CELLS);
  return `[${"█".repeat(full)}${"░".repeat(BAR_CELLS - full)}]`;
}

function remaining({ done, total }: ProgressState, elapsedMs: number): string {
  if (total === undefined || done <= 0 || done >= total || elapsedMs < 1_000) return "";
  return `  ${duration((elapsedMs / done) * (total - done))} left`;
}

function rate({ done }: ProgressState, { unit, elapsedMs }: ProgressInfo): string {
  if (elapsedMs < 1_000 || done <= 0) return "";
  const perSecond = (done * 1_000) / elapsedMs;
  return `  ${perSecond >= 10 ? count(Math.round(perSecond)) : perSecond.toFixed(1)} ${unit}/s`;
}

function amount({ done, total }: ProgressState, unit: string): string {
  return total === undefined ? `${count(done)} ${unit}` : `${count(done)} of ${count(total)} ${unit}`;
}

/** A progress line; with a bar when there is room and a total. */
export function progressLine(state: ProgressState, info: ProgressInfo, withBar: boolean): string {
  const share = state.total === undefined || state.total === 0 ? undefined : state.done / state.total;
  const drawn = withBar && share !== undefined ? `  ${bar(share)}` : "";
  const percent = share === undefined ? "" : ` (${Math.floor(share * 100)} %)`;
  const detail = state.detail === undefined ? "" : `  ${state.detail}`;
  return (
    `${info.label}${drawn}  ${amount(state, info.unit)}${percent}${rate(state, info)}` +
    `${remaining(state, info.elapsedMs)}${detail}`
  );
}
