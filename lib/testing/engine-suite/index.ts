export { engineSuite } from "./engine-suite.js";
export type { EngineSuiteOptions, Matchers, Runner } from "./runner.js";
