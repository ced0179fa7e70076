/** One process that shares a store, as the owner serves it: its transactions, its watches, and how much it may ask at once. */

import type { Socket } from "node:net";
import { EngineError, type Transaction, type Watch } from "../../port/index.js";
import type { Lives } from "../journal/index.js";
import { Frames, type Message } from "./frames.js";
import { type Asked, type AskedOptions, asked, PROTOCOL, type Told, told } from "./messages.js";
import { sentError } from "./sent-error.js";

/** The store as one client has it. */
export interface ServedHandle {
  begin(options: object): Transaction;
  state(): { readonly lives: Lives; readonly newest: number };
  backup(path: string): Promise<object>;
  stat(): object;
  advance(version: number): Promise<void>;
  close(): Promise<void>;
}

/** Questions that may wait for their answers; more are not read from the socket. */
const AT_ONCE = 10_000;

interface Served {
  readonly tx: Transaction;
  /** What a call without an answer threw. */
  fault: unknown;
}

const READ_ONLY = "the store was opened with ?readonly; leave that out of its URL to write";
const writes = new Set<Told>(["set", "clear", "clearRange", "atomic", "addWriteConflictRange"]);
const isTold = new Set<unknown>(told);
const isAsked = new Set<unknown>(asked);

export class ServedConnection {
  private readonly frames: Frames;
  private readonly transactions = new Map<number, Served>();
  private readonly watches = new Map<number, Watch>();
  private readonly commits = new Set<Promise<void>>();
  private handle: ServedHandle | undefined;
  private lives: Lives | undefined;
  private waiting = 0;
  private leaving = false;
  private readOnly = false;
  /** Resolves when the connection is gone and its handle closed. */
  readonly gone: Promise<void>;
  private left!: () => void;

  constructor(
    socket: Socket,
    private readonly open: (options: AskedOptions) => Promise<ServedHandle>,
  ) {
    socket.unref();
    this.gone = new Promise((resolve) => {
      this.left = resolve;
    });
    this.frames = new Frames(socket, {
      message: (message) => this.take(message),
      closed: () => void this.leave(),
    });
  }

  /** Commits that were handed in are answered; nothing else is read any more. */
  async stop(): Promise<void> {
    this.leaving = true;
    this.frames.pause();
    await Promise.allSettled(this.commits);
    this.frames.destroy();
    await this.gone;
  }

  private async leave(): Promise<void> {
    for (const { tx } of this.transactions.values()) tx.cancel();
    this.transactions.clear();
    const { handle } = this;
    this.handle = undefined;
    await handle?.close().catch(() => undefined);
    this.left();
  }

  private take(message: Message): void {
    if (this.leaving) return;
    const [word, number] = message as [unknown, number];
    if (word === "hello") void this.greet(message);
    else if (this.handle === undefined) this.frames.destroy();
    else if (word === "begin") this.begin(number, message[2] as object);
    else if (word === "end") this.end(number);
    else if (word === "watch") this.watch(number, message[2] as number, message[3] as Uint8Array);
    else if (word === "unwatch") this.watches.get(number)?.cancel();
    else if (word === "backup" || word === "advance" || word === "stat")
      void this.command(word, number, message[2]);
    else if (isTold.has(word)) this.tell(word as Told, number, message.slice(2));
    else if (isAsked.has(word)) void this.ask(word as Asked, number, message[2] as number, message.slice(3));
    else this.frames.destroy();
  }

  private async greet([, protocol, options]: Message): Promise<void> {
    try {
      if (protocol !== PROTOCOL)
        throw new Error(
          `the owner speaks version ${PROTOCOL} of the socket's protocol, not ${String(protocol)}`,
        );
      const { readOnly = false, ...settings } = options as AskedOptions;
      this.readOnly = readOnly;
      this.handle = await this.open(settings);
      this.frames.send(["hello", PROTOCOL]);
      this.tellLives();
    } catch (error) {
      this.frames.send(["refused", sentError(error)]);
      this.frames.end();
    }
  }

  private begin(number: number, options: object): void {
    this.transactions.set(number, { tx: this.handle!.begin(options), fault: undefined });
  }

  private end(number: number): void {
    this.transactions.get(number)?.tx.cancel();
    this.transactions.delete(number);
  }

  private tell(word: Told, number: number, args: readonly unknown[]): void {
    const served = this.transactions.get(number);
    if (served === undefined) return;
    try {
      if (this.readOnly && writes.has(word)) throw new EngineError(2023, READ_ONLY);
      if (word === "reset") served.fault = undefined;
      if (word === "setReadVersion") served.tx.setReadVersion(BigInt(args[0] as number));
      else (served.tx[word] as (...args: readonly unknown[]) => void)(...args);
    } catch (error) {
      served.fault ??= error;
    }
  }

  private async ask(word: Asked, number: number, id: number, args: readonly unknown[]): Promise<void> {
    const served = this.transactions.get(number);
    // A versionstamp waits for a commit that is still to be read.
    const counts = word === "getVersionstamp" ? 0 : 1;
    this.waiting += counts;
    if (this.waiting >= AT_ONCE) this.frames.pause();
    try {
      if (served === undefined) throw new EngineError(1025);
      if (served.fault !== undefined) throw served.fault;
      const answer = this.call(served.tx, word, args);
      if (word === "commit") this.holdCommit(answer);
      this.answer(id, await answer);
    } catch (error) {
      if (word === "onError" && served !== undefined) served.fault = undefined;
      this.reply(["no", id, sentError(error)]);
    }
    this.waiting -= counts;
    if (counts > 0 && this.waiting === AT_ONCE - 1 && !this.leaving) this.frames.resume();
  }

  private holdCommit(answer: Promise<unknown>): void {
    const settled = answer.then(
      () => undefined,
      () => undefined,
    );
    this.commits.add(settled);
    void settled.finally(() => this.commits.delete(settled));
  }

  private async call(tx: Transaction, word: Asked, args: readonly unknown[]): Promise<unknown> {
    if (word === "commit") {
      await tx.commit();
      return [Number(tx.getCommittedVersion()), this.handle?.state().newest ?? 0];
    }
    if (word === "getReadVersion") {
      const version = Number(await tx.getReadVersion());
      return [version, this.handle?.state().newest ?? 0];
    }
    return (tx[word] as (...args: readonly unknown[]) => Promise<unknown>)(...args);
  }

  private async command(word: "backup" | "advance" | "stat", id: number, arg: unknown): Promise<void> {
    try {
      if (word === "stat") this.answer(id, this.handle!.stat());
      else if (word === "backup") this.answer(id, await this.handle!.backup(String(arg)));
      else {
        await this.handle!.advance(Number(arg));
        this.answer(id, true);
      }
    } catch (error) {
      this.reply(["no", id, sentError(error)]);
    }
  }

  private watch(number: number, id: number, key: Uint8Array): void {
    const served = this.transactions.get(number);
    if (served === undefined) {
      this.reply(["unwatched", id, sentError(new EngineError(1025))]);
      return;
    }
    const watch = served.tx.watch(key);
    this.watches.set(id, watch);
    watch.promise.then(
      () => this.settle(id, ["fired", id]),
      (error: unknown) => this.settle(id, ["unwatched", id, sentError(error)]),
    );
  }

  private settle(id: number, message: Message): void {
    this.watches.delete(id);
    // What the store's end does to its watches is the connection's end to the client, which sets them again.
    if (!this.leaving) this.reply(message);
  }

  private answer(id: number, value: unknown): void {
    this.tellLives();
    this.reply(["yes", id, value]);
  }

  private reply(message: Message): void {
    this.frames.send(message);
    if (this.frames.congested) this.frames.pauseUntilDrained();
  }

  /** Before the first answer of another life, so that no name of a version is of the one before. */
  private tellLives(): void {
    const lives = this.handle?.state().lives;
    if (lives === undefined || lives === this.lives) return;
    this.lives = lives;
    this.frames.send(["lives", [lives.encode(), lives.found, lives.begun]]);
  }
}
