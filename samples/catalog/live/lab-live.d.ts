import type { Lab } from "../lab/lab.js";
import type { Tab } from "../web/tabs.js";
/** Keeps the line of numbers up to date; it is sent only when a number changed. */
export declare function serveLab(lab: Lab, tab: Tab): Promise<void>;
