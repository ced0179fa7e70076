export const ACCOUNTS = 50;
export const START = 1000;
export const WORKERS = 16;

export const accountKey = (i: number): Buffer => Buffer.from(`account/${String(i).padStart(4, "0")}`);
export const transferKey = (id: string): Buffer => Buffer.from(`transfer/${id}`);

export function encode(balance: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(BigInt(balance));
  return bytes;
}

export const decode = (bytes: Uint8Array): number => Number(Buffer.from(bytes).readBigInt64BE(0));
