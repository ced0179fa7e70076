import { type IndexInfo, MetadataCache } from "../../lib/layer/index.js";
import type { MigrationHost } from "../../lib/migration/index.js";
import { type MigrationClass, type MigrationCommand } from "../../lib/migration/index.js";
import type { SchemaInfo } from "../../lib/schema/index.js";
import { type Process, type User } from "../layer/support.js";
/** A release of an application: its own process, which applies migrations as a Repo does. */
export declare class Release implements MigrationHost {
  readonly process: Process;
  constructor(process: Process);
  get metadata(): MetadataCache;
  engine(): Promise<import("../../lib/engine/engine.js").Engine>;
  get tenant(): import("../../lib/tenant/tenant.js").Tenant;
}
export declare function release(process: Process): Promise<Release>;
/** A migration class of some commands. */
export declare function migration(commands: () => readonly MigrationCommand[]): MigrationClass;
export declare const idOf: (n: number) => string;
/** Many rows, in transactions of a thousand. */
export declare function seed(process: Process, count: number, make?: typeof seedUser): Promise<void>;
export declare function seedUser(n: number): User;
export declare function indexNamed(
  process: Process,
  info: SchemaInfo,
  name: string,
): Promise<IndexInfo | undefined>;
/** Compares an index with a scan, at one version: the entries that are missing and the ones too many. */
export declare function differences(process: Process, info: SchemaInfo, name: string): Promise<string[]>;
/** Writers and deleters at work until they are told to stop; every one of their errors is kept. */
export declare class Load {
  private readonly rows;
  private readonly random;
  private readonly unique;
  readonly errors: unknown[];
  operations: number;
  private running;
  private readonly loops;
  constructor(processes: readonly Process[], rows: number, random: () => number, unique?: boolean);
  stop(): Promise<void>;
  private loop;
  private write;
}
/** A generator of repeatable random numbers. */
export declare function randomFrom(seed: number): () => number;
export declare const seedNumber: number;
