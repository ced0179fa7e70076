// Declarations that name an optional peer (React, TanStack DB) compile in programs that do not have it: there is nothing
// else of theirs in such a program, and checking libraries would fail for the want of a package that nobody uses.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

for (const room of ["react", "tanstack-db"]) {
  const folder = fileURLToPath(new URL(`../dist/lib/${room}/`, import.meta.url));
  for (const name of readdirSync(folder).filter((name) => name.endsWith(".d.ts"))) {
    const text = readFileSync(folder + name, "utf8");
    const marked = text.replaceAll(
      /^(?:\/\/ @ts-ignore\n)?(import .* from "(?:react|@tanstack\/db)";)$/gm,
      "// @ts-ignore\n$1",
    );
    if (marked !== text) writeFileSync(folder + name, marked);
  }
}
