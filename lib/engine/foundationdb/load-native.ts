/** Loads the native layer of the npm package `foundationdb`, or says what is missing and how to get it. */

import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { isMainThread } from "node:worker_threads";
import { EngineUnavailableError } from "../../errors.js";
import type { NativeModule } from "./native.js";

/** The package's main module hides its native layer; this is where it is in all of 2.x. */
const NATIVE = "foundationdb/dist/lib/native.js";

/** What a look-up needs of its surroundings, so that a spec can take the place of a broken machine. */
export interface Surroundings {
  readonly platform: string;
  readonly mainThread: boolean;
  /** A Linux with musl, for which the package has no build: loading the one for glibc can crash the process. */
  readonly musl: boolean;
  /** Throws what Node's `require` throws. */
  require(specifier: string): unknown;
}

function requireFromHereOrApplication(specifier: string): unknown {
  try {
    return createRequire(import.meta.url)(specifier);
  } catch (error) {
    if ((error as { code?: unknown }).code !== "MODULE_NOT_FOUND") throw error;
    // Plinth may be linked into the application that has the package.
    return createRequire(pathToFileURL(join(process.cwd(), "package.json")))(specifier);
  }
}

const actual: Surroundings = {
  platform: process.platform,
  mainThread: isMainThread,
  musl: process.platform === "linux" && existsSync("/etc/alpine-release"),
  require: requireFromHereOrApplication,
};

/**
 * Loads the native layer of the package `foundationdb`.
 *
 * @throws EngineUnavailableError saying what is missing and how to get it
 */
export function loadNative(surroundings: Surroundings = actual): NativeModule {
  if (!surroundings.mainThread) {
    throw new EngineUnavailableError(
      "client",
      "The package foundationdb works in the main thread only: its native part keeps state for one JavaScript " +
        "context. Open the engine in the main thread, or use child processes instead of workers.",
    );
  }
  if (surroundings.musl) {
    throw new EngineUnavailableError(
      "client",
      "FoundationDB has no client library for musl (Alpine Linux). Use an image with glibc, for example " +
        "node:20-bookworm-slim.",
    );
  }
  const loaded = quietly(() => {
    try {
      return surroundings.require(NATIVE);
    } catch (error) {
      throw explain(error, surroundings.platform);
    }
  });
  const native = (loaded as { default?: Partial<NativeModule> } | undefined)?.default;
  if (typeof native?.setAPIVersionImpl !== "function" || typeof native.createDatabase !== "function") {
    throw new EngineUnavailableError(
      "package",
      "The installed package foundationdb is not the one Plinth knows. Install it: npm install foundationdb@2",
    );
  }
  return native as NativeModule;
}

/** A failing load prints advice of its own, which the error replaces. */
function quietly<T>(load: () => T): T {
  const { error } = console;
  console.error = () => {};
  try {
    return load();
  } finally {
    console.error = error;
  }
}

function explain(error: unknown, platform: string): EngineUnavailableError {
  const { code, message = "" } = error as { code?: unknown; message?: string };
  const unavailable = (missing: "package" | "client", text: string): EngineUnavailableError =>
    new EngineUnavailableError(missing, text, { cause: error });
  if (message.includes("libfdb_c")) return unavailable("client", installClient(platform));
  if (message.includes("No native build was found")) {
    return unavailable(
      "package",
      `The package foundationdb has no build for this machine (${platform}, ${process.arch}). Install the client ` +
        "library with its headers and a C++ compiler, then build it: npm rebuild foundationdb",
    );
  }
  if (code === "MODULE_NOT_FOUND" || code === "ERR_PACKAGE_PATH_NOT_EXPORTED") {
    return unavailable(
      "package",
      "A cluster is reached through the npm package foundationdb, which is not installed. Install it (without " +
        "scripts, for they fail where the client library is missing): npm install --ignore-scripts foundationdb@2",
    );
  }
  return unavailable("package", `The package foundationdb cannot be loaded: ${message}`);
}

function installClient(platform: string): string {
  const releases = "https://github.com/apple/foundationdb/releases";
  const lines =
    platform === "darwin"
      ? `install FoundationDB-7.3.*.pkg from ${releases} and start with DYLD_LIBRARY_PATH=/usr/local/lib`
      : "curl -LO https://github.com/apple/foundationdb/releases/download/7.3.63/foundationdb-clients_7.3.63-1_amd64.deb" +
        " && sudo dpkg -i foundationdb-clients_7.3.63-1_amd64.deb";
  return `FoundationDB's client library (libfdb_c) is not installed. Install it: ${lines}`;
}
