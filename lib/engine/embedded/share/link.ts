/** A client's connection to the owner of a store: questions and their answers, watches, and what its end means for both. */

import { connect, type Socket } from "node:net";
import { StoreLockedError } from "../../../errors.js";
import { EngineError } from "../../port/index.js";
import { Lives } from "../journal/index.js";
import { Frames, type Message } from "./frames.js";
import { type AskedOptions, PROTOCOL, type SentLives } from "./messages.js";
import { receivedError } from "./sent-error.js";
import { socketPlace } from "./socket-place.js";

interface Question {
  readonly isCommit: boolean;
  resolve(value: unknown): void;
  reject(error: Error): void;
}

interface WatchEvents {
  fired(): void;
  failed(error: Error): void;
}

/** FoundationDB's codes: the server cannot answer now; nobody knows whether the commit happened. */
const BEHIND = 1037;
const UNKNOWN = 1021;
const ENDED = "the process that served the store has ended";

export class Link {
  private readonly frames: Frames;
  private readonly questions = new Map<number, Question>();
  private readonly watches = new Map<number, WatchEvents>();
  private numbers = 0;
  private greeted!: { resolve(): void; reject(error: Error): void };
  private lives: Lives | undefined;
  private newest = 0;
  /** The connection is gone. */
  dead = false;
  /** Resolves when it is. */
  readonly ended: Promise<void>;
  private end!: () => void;

  private constructor(socket: Socket) {
    this.ended = new Promise((resolve) => {
      this.end = resolve;
    });
    this.frames = new Frames(socket, {
      message: (message) => this.take(message),
      closed: () => this.close(new EngineError(BEHIND, ENDED)),
    });
  }

  /**
   * Connects to the owner of the store in `folder`; undefined when nobody listens there, or it ends before it has answered.
   *
   * @throws StoreLockedError for an owner of another release, StoreOptionsError
   */
  static async connect(folder: string, options: AskedOptions): Promise<Link | undefined> {
    const place = socketPlace(folder);
    let socket: Socket;
    try {
      socket = await connected(place.path);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "ENOENT" || code === "ECONNREFUSED" || code === "ECONNRESET") return undefined;
      throw error;
    } finally {
      place.release();
    }
    const link = new Link(socket);
    try {
      await new Promise<void>((resolve, reject) => {
        link.greeted = { resolve, reject };
        link.frames.send(["hello", PROTOCOL, options]);
      });
    } catch (error) {
      if (link.dead && error instanceof EngineError && error.fdbCode === BEHIND) return undefined;
      throw error;
    }
    link.frames.keepProcess(false);
    return link;
  }

  /** What the owner knows of the store's lives, as of its last answer. */
  nameAt(version: number): string {
    return this.lives?.name(Math.min(version, this.newest)) ?? "";
  }

  /** Names are given for commits; of the life that goes on, those of other processes may be newer than the last answer. */
  knows(name: string): boolean {
    return this.lives?.knows(name, Number.POSITIVE_INFINITY) ?? false;
  }

  number(): number {
    return ++this.numbers;
  }

  tell(...message: Message): void {
    this.frames.send(message);
  }

  /** The answer to a question of a transaction. */
  ask(word: string, transaction: number, ...args: readonly unknown[]): Promise<unknown> {
    return this.question(word === "commit", (id) => [word, transaction, id, ...args]);
  }

  /** The answer to a question of the store. */
  command(word: "backup" | "advance" | "stat", arg: unknown): Promise<unknown> {
    return this.question(false, (id) => [word, id, arg]);
  }

  watch(transaction: number, key: Uint8Array, events: WatchEvents): number {
    const id = this.number();
    if (this.dead) events.failed(new EngineError(BEHIND, ENDED));
    else {
      this.watches.set(id, events);
      this.tell("watch", transaction, id, key);
    }
    return id;
  }

  unwatch(id: number): void {
    if (this.watches.delete(id)) this.tell("unwatch", id);
  }

  /** Notes how new the newest commit is that an answer speaks of. */
  note(newest: number): void {
    if (newest > this.newest) this.newest = newest;
  }

  /** Commits are answered first; everything else ends with `error`. */
  async leave(error: EngineError, watches: EngineError): Promise<void> {
    for (const watch of this.watches.values()) watch.failed(watches);
    this.watches.clear();
    const commits: Promise<void>[] = [];
    for (const [id, question] of this.questions) {
      if (question.isCommit) commits.push(settled(question));
      else {
        this.questions.delete(id);
        question.reject(error);
      }
    }
    await Promise.race([Promise.all(commits), this.ended]);
    // Whoever waits for this has nothing else that keeps the process, and would end before it.
    this.frames.keepProcess(true);
    this.frames.end();
    await this.ended;
  }

  private question(isCommit: boolean, message: (id: number) => Message): Promise<unknown> {
    if (this.dead) return Promise.reject(new EngineError(BEHIND, ENDED));
    const id = this.number();
    const answer = new Promise<unknown>((resolve, reject) => {
      this.questions.set(id, { isCommit, resolve, reject });
    });
    if (this.questions.size === 1) this.frames.keepProcess(true);
    this.frames.send(message(id));
    return answer;
  }

  private take(message: Message): void {
    const [word, id, value] = message as [string, number, unknown];
    if (word === "yes" || word === "no") {
      const question = this.questions.get(id);
      this.questions.delete(id);
      if (this.questions.size === 0) this.frames.keepProcess(false);
      if (word === "yes") question?.resolve(value);
      else question?.reject(receivedError(value as never));
    } else if (word === "fired" || word === "unwatched") {
      const watch = this.watches.get(id);
      this.watches.delete(id);
      if (word === "fired") watch?.fired();
      else watch?.failed(receivedError(value as never));
    } else if (word === "lives") {
      const [lives, found, begun] = message[1] as SentLives;
      this.lives = Lives.received(Buffer.from(lives), found, begun);
      this.note(found);
      this.greeted.resolve();
    } else if (word === "refused") this.greeted.reject(refused(receivedError(message[1] as never)));
  }

  private close(error: EngineError): void {
    if (this.dead) return;
    this.dead = true;
    this.greeted?.reject(error);
    for (const question of this.questions.values())
      question.reject(question.isCommit ? new EngineError(UNKNOWN, ENDED) : error);
    this.questions.clear();
    for (const watch of this.watches.values()) watch.failed(error);
    this.watches.clear();
    this.end();
  }
}

function settled(question: Question): Promise<void> {
  const { resolve, reject } = question;
  return new Promise((done) => {
    Object.assign(question, {
      resolve: (value: unknown) => {
        resolve(value);
        done();
      },
      reject: (error: Error) => {
        reject(error);
        done();
      },
    });
  });
}

function refused(error: Error): Error {
  if (!error.message.includes("protocol")) return error;
  return new StoreLockedError(
    `The process that has this store open is of another release of Plinth (${error.message}). Run the same release in both.`,
  );
}

function connected(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.once("error", reject);
    socket.once("connect", () => {
      socket.removeListener("error", reject);
      resolve(socket);
    });
  });
}
