/** The package.json of a new project: what it needs, and its scripts. */

import type { ProjectOptions } from "./project-options.js";

const dependencies = {
  none: {},
  hono: { "@hono/node-server": "^2.1.8", hono: "^4.13.19" },
  nestjs: {
    "@nestjs/common": "^11.2.10",
    "@nestjs/core": "^11.2.10",
    "@nestjs/platform-express": "^11.2.10",
    "reflect-metadata": "^0.2.2",
    rxjs: "^7.8.2",
  },
} as const;

/** The text of package.json. Node runs no decorators, so everything goes through tsx. */
export function packageFile({ name, framework, version }: ProjectOptions): string {
  const content = {
    name,
    private: true,
    type: "module",
    engines: { node: ">=20.19" },
    scripts: {
      start: "tsx src/main.ts",
      dev: "tsx watch src/main.ts",
      test: "node --import tsx --test test/notes.test.ts",
      check: "tsc --noEmit",
      plinth: "node --import tsx node_modules/plinth/dist/lib/cli/main.js",
    },
    dependencies: { ...dependencies[framework], plinth: `^${version}`, tsx: "^4.20.0" },
    devDependencies: { "@types/node": "^20.19.43", typescript: "^5.9.3" },
  };
  return `${JSON.stringify(content, null, 2)}\n`;
}
