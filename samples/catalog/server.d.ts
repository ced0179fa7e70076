import type { App } from "./app.js";
/** The running server: where it is, and how it ends. */
export interface Serving {
    readonly port: number;
    /** Refuses new connections, ends the streams of all pages, and resolves when the last connection is gone. */
    close(): Promise<void>;
}
/** Starts to listen; rejects when the port is taken. */
export declare function listen(app: App, port: number, host: string): Promise<Serving>;
