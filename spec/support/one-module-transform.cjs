/** Hands the one module's source map to Jest, so that stacks name the lines of the sources. */
const { readFileSync } = require("node:fs");

const process = (code, path) => ({ code, map: JSON.parse(readFileSync(`${path}.map`, "utf8")) });

module.exports = { process, processAsync: async (code, path) => process(code, path) };
