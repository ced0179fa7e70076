/** What the files of a new project depend on. */

import type { Framework } from "./frameworks.js";

/** What a project is made of. */
export interface ProjectOptions {
  readonly name: string;
  readonly framework: Framework;
  /** Of Plinth; the project takes this one or a newer one that fits. */
  readonly version: string;
}
