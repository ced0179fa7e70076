/** All files of a new project, by what it stands on. */

import { commonFiles } from "./common-files.js";
import type { Framework } from "./frameworks.js";
import { honoFiles } from "./hono-files.js";
import { nestFiles } from "./nest-files.js";
import { packageFile } from "./package-file.js";
import { plainFiles } from "./plain-files.js";
import type { ProjectOptions } from "./project-options.js";
import type { ProjectFiles } from "./write-project.js";

const own: Readonly<Record<Framework, ProjectFiles>> = {
  none: plainFiles,
  hono: honoFiles,
  nestjs: nestFiles,
};

export function projectFiles(options: ProjectOptions): ProjectFiles {
  return { ...commonFiles(options), "package.json": packageFile(options), ...own[options.framework] };
}
