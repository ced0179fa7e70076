import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "../..");

/** The example of a docstring: where it stands, the name of its program's file, and its code. */
interface ExampleProgram {
  readonly page: string;
  readonly file: string;
  readonly code: string;
}

/** Every name that a face or the setting exports, with whether it is a type alone. */
type Names = ReadonlyMap<string, "type" | "value">;

const textOf = (file: string): string => readFileSync(join(root, file), "utf8");

function namesOfFace(file: string): Names {
  const lists = [...textOf(file).matchAll(/export (type )?\{([^}]*)\}/g)];
  return new Map(
    lists.flatMap(([, all, list]) =>
      list!
        .replaceAll(/\/\/.*$/gm, "")
        .split(",")
        .map((item) => item.trim())
        .filter((item) => item !== "")
        .map((item) => {
          const name = item.replace(/^type /, "").replace(/^.* as /, "");
          return [name, all !== undefined || item.startsWith("type ") ? "type" : "value"] as const;
        }),
    ),
  );
}

const namesOfSetting = (file: string): Names =>
  new Map(
    [
      ...textOf(file).matchAll(
        /^export (?:declare )?(?:abstract )?(?:async )?(const|class|function\*?|type|interface) (\w+)/gm,
      ),
    ].map(([, kind, name]) => [name!, kind === "type" || kind === "interface" ? "type" : "value"]),
  );

const settingFile = "spec/docs/example-setting.ts";
const setting: Names = new Map([...namesOfFace(settingFile), ...namesOfSetting(settingFile)]);

/** Where a name of an example is looked for: the file itself, the faces of its room, its folder and the package, others. */
function sourcesOf(file: string): readonly (readonly [string, Names])[] {
  const [, folder, room] = file.split("/") as [string, string, string];
  const faces = ["", "engine", "client", "web"].map((name) => join("lib", name, "index.ts"));
  const near = [`lib/${folder}/${room}/index.ts`, `lib/${folder}/index.ts`];
  return [file, ...new Set([...near, ...faces])]
    .filter((source) => existsSync(join(root, source)))
    .map((source) => [
      `../../${source.replace(/ts$/, "js")}`,
      source === file ? namesOfSetting(source) : namesOfFace(source),
    ]);
}

function importsFor(code: string, file: string): string {
  const declarations = code.matchAll(
    /^(?:export )?(?:abstract )?(?:class|const|let|function) (\w+)|^import \{(.*)\}/gm,
  );
  const declared = new Set(Array.from(declarations, ([, name, names]) => name ?? names!.split(/\W+/)).flat());
  const sources = [["../../spec/docs/example-setting.js", setting] as const, ...sourcesOf(file)];
  const imports = [...new Set(code.match(/[A-Za-z_]\w*/g))]
    .filter((name) => !declared.has(name))
    .flatMap((name) => {
      const source = sources.find(([, names]) => names.has(name));
      if (source === undefined) return [];
      return [`import { ${source[1].get(name) === "type" ? "type " : ""}${name} } from "${source[0]}";`];
    });
  return imports.join("\n");
}

/** A program of the example's own: members stand in a class, statements in a function, what exports or imports as it is. */
function programOf(example: string, file: string): string {
  const code = example.replaceAll(/^( *)\\@/gm, "$1@");
  const imports = importsFor(code, file);
  if (/^(?:@Schema|@EmbeddedSchema|export |import |declare module )/.test(code))
    return `${imports}\n${code}\nexport {};\n`;
  if (/^(?:@|declare |change\(\) \{)/.test(code)) {
    const base = code.startsWith("change() {") ? " extends Migration" : "";
    const needed =
      base === "" || imports.includes("{ Migration }") ? "" : 'import { Migration } from "plinth";\n';
    return `${needed}${imports}\nexport class Example${base} {\n${code}\n}\n`;
  }
  return `${imports}\nexport async function example() {\n${code}\n}\n`;
}

/** The examples of a source's docstrings, without the stars at the beginning of their lines. */
function examplesIn(file: string): readonly string[] {
  const docs = Array.from(textOf(file).matchAll(/^ *\/\*\*([\s\S]*?)\*\//gm), ([, text]) =>
    text!.replaceAll(/^\s*\* ?/gm, ""),
  );
  return docs.flatMap((doc) =>
    doc
      .split(/(?:^|(?<=[\s.;)]))(?=@(?:example|throws|param|returns|internal|see)\b)/m)
      .filter((part) => part.startsWith("@example"))
      .map((part) => part.slice("@example".length).trim()),
  );
}

/** A program for each example in the docstrings of `lib`. */
export const docstringExamples: readonly ExampleProgram[] = readdirSync(join(root, "lib"), {
  recursive: true,
  encoding: "utf8",
})
  .filter((name) => /\.tsx?$/.test(name))
  .sort()
  .flatMap((name) =>
    examplesIn(`lib/${name}`).map((example, at) => ({
      page: `lib/${name}`,
      file: `example-${name.replaceAll(/\W/g, "-")}-${at}.${/<\/|\/>/.test(example) ? "tsx" : "ts"}`,
      code: programOf(example, `lib/${name}`),
    })),
  );
