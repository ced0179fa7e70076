/** Resolves a source file to its part of the one module, where the run has one and the file is in it. */
const { existsSync } = require("node:fs");
const { join, resolve, sep } = require("node:path");

const root = resolve(__dirname, "../..");
const lib = join(root, "lib") + sep;
const folder = process.env.PLINTH_ONE_MODULE;
const known = new Map();

const partOf = (file) => {
  const part = join(folder, file.slice(root.length).replace(/\.ts$/, ".mjs"));
  return existsSync(part) ? part : file;
};

module.exports = (path, options) => {
  const file = options.defaultResolver(path, options);
  if (folder === undefined || !file.startsWith(lib)) return file;
  if (!known.has(file)) known.set(file, partOf(file));
  return known.get(file);
};
