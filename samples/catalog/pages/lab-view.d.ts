import type { LabState } from "../lab/lab.js";
import { type Html } from "../web/html.js";
export declare function labPage(state: LabState, notice?: Html): Html;
/** The live line: what the store did since the server started, and what the last burst came to. */
export declare function stats({ counts, running, burst }: LabState): Html;
