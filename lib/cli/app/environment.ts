/** The process around a command line, as far as the command touches it. */

import type { OutputEnvironment } from "../output/index.js";
import type { LoadedConfig } from "./plinth-config.js";

/** Everything of the process that the command touches, so that it runs in a test as it does in a shell. */
export interface CliEnvironment extends OutputEnvironment {
  /** The working directory, from which the configuration file is looked for. */
  readonly cwd: string;
  /** Takes the place of the configuration file. Default: the file is looked for. */
  readonly config?: LoadedConfig;
}
