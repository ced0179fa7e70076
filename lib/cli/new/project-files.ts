/** All files of a new project, by what it stands on. */

import { commonFiles } from "./common-files.js";
import type { Framework } from "./frameworks.js";
import { honoFiles } from "./hono-files.js";
import { nestFiles } from "./nest-files.js";
import { packageFile } from "./package-file.js";
import { plainFiles } from "./plain-files.js";
import type { ProjectFiles } from "./write-project.js";

/** What a project is made of. */
export interface ProjectOptions {
  readonly name: string;
  readonly framework: Framework;
  /** Of Plinth; the project takes this one or a newer one that fits. */
  readonly version: string;
}

const own: Readonly<Record<Framework, ProjectFiles>> = {
  none: plainFiles,
  hono: honoFiles,
  nestjs: nestFiles,
};

export function projectFiles(options: ProjectOptions): ProjectFiles {
  return { ...commonFiles(options), "package.json": packageFile(options), ...own[options.framework] };
}
