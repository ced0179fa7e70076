export { type EngineSuiteOptions, engineSuite, type Matchers, type Runner } from "./engine-suite/index.js";
export { Sandbox, type SandboxOptions } from "./sandbox.js";
