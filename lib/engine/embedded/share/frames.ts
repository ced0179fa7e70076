/** Messages over a socket, each after its length, with what waits on the way kept small. */

import type { Socket } from "node:net";
import { Encoder } from "cbor-x";

/** A longer message is no message of Plinth. */
const LONGEST = 1 << 28;
const codec = new Encoder({ useRecords: false, tagUint8Array: false, copyBuffers: true } as never);

export type Message = readonly unknown[];

export interface FrameEvents {
  message(message: Message): void;
  /** The socket is gone, once. */
  closed(): void;
}

/** One end of a connection: what is sent in one turn goes out together. */
export class Frames {
  private parts: Buffer[] = [];
  private received: Buffer[] = [];
  private bytes = 0;
  private scheduled = false;
  private gone = false;

  constructor(
    private readonly socket: Socket,
    private readonly events: FrameEvents,
  ) {
    socket.setNoDelay(true);
    socket.on("data", (chunk: Buffer) => this.take(chunk));
    socket.on("error", () => socket.destroy());
    socket.on("close", () => {
      this.gone = true;
      events.closed();
    });
  }

  /** Whether the other side takes less than it is sent. */
  get congested(): boolean {
    return this.socket.writableNeedDrain;
  }

  /** Reads no more until the other side has taken what it was sent. */
  pauseUntilDrained(): void {
    if (this.socket.isPaused()) return;
    this.socket.pause();
    this.socket.once("drain", () => this.socket.resume());
  }

  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    if (!this.congested) this.socket.resume();
  }

  /** Keeps the process while something is asked for, and only then. */
  keepProcess(keep: boolean): void {
    if (keep) this.socket.ref();
    else this.socket.unref();
  }

  send(message: Message): void {
    if (this.gone) return;
    const body = codec.encode(message);
    const head = Buffer.allocUnsafe(4);
    head.writeUInt32LE(body.length, 0);
    this.parts.push(head, body);
    if (this.scheduled) return;
    this.scheduled = true;
    queueMicrotask(() => this.flush());
  }

  /** Sends what waits, and ends the connection. */
  end(): void {
    this.flush();
    this.socket.end();
  }

  destroy(): void {
    this.flush();
    this.socket.destroySoon();
  }

  private flush(): void {
    this.scheduled = false;
    if (this.parts.length === 0 || this.gone) return;
    const parts = this.parts;
    this.parts = [];
    this.socket.write(parts.length === 1 ? parts[0]! : Buffer.concat(parts));
  }

  private take(chunk: Buffer): void {
    this.received.push(chunk);
    this.bytes += chunk.length;
    while (this.bytes >= 4) {
      if (this.received[0]!.length < 4) this.join();
      const length = this.received[0]!.readUInt32LE(0);
      if (length > LONGEST) {
        this.socket.destroy();
        return;
      }
      if (this.bytes < 4 + length) return;
      if (this.received[0]!.length < 4 + length) this.join();
      const [first, ...others] = this.received as [Buffer, ...Buffer[]];
      this.received = first.length > 4 + length ? [first.subarray(4 + length), ...others] : others;
      this.bytes -= 4 + length;
      const message: unknown = decoded(first.subarray(4, 4 + length));
      if (!Array.isArray(message)) {
        this.socket.destroy();
        return;
      }
      this.events.message(message);
    }
  }

  private join(): void {
    this.received = [Buffer.concat(this.received)];
  }
}

/** Undefined for what is no message. */
function decoded(bytes: Buffer): unknown {
  try {
    return codec.decode(bytes);
  } catch {
    return undefined;
  }
}

/** Bytes of a message as a Buffer, as the engine gives them. */
export const asBuffer = (bytes: Uint8Array): Buffer =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
