/** Names versionstamps, which differ from run to run, by the order of their commits. */

export class StampNames {
  private readonly names = new Map<string, string>();

  add(stamp: Uint8Array): void {
    this.names.set(Buffer.from(stamp).toString("hex"), `{vs${this.names.size}}`);
  }

  /** The bytes in hexadecimal with every known stamp replaced by its name. */
  describe(bytes: Uint8Array): string {
    let hex = Buffer.from(bytes).toString("hex");
    for (const [stamp, name] of this.names) {
      for (let at = hex.indexOf(stamp); at >= 0; at = hex.indexOf(stamp, at + 1)) {
        if (evenAt(hex, at)) hex = hex.slice(0, at) + name + hex.slice(at + stamp.length);
      }
    }
    return hex;
  }

  /** The bytes that hexadecimal text with stamp names stands for. */
  bytes(text: string): Buffer {
    let hex = text;
    for (const [stamp, name] of this.names) hex = hex.replaceAll(name, stamp);
    return Buffer.from(hex, "hex");
  }
}

/** Whether `at` is a byte's first digit, not counting names before it. */
function evenAt(text: string, at: number): boolean {
  return text.slice(0, at).replace(/\{vs\d+\}/g, "").length % 2 === 0;
}
