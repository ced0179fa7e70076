import { type Html } from "../web/html.js";
/** A moment, to the second. */
export declare function moment(date: Date): Html;
/** A moment, to the day. */
export declare function dayOf(date: Date): Html;
