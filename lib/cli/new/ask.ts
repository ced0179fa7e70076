/** Asks at a terminal for what the command line of a new project leaves out. */

import { isCancel, select, text } from "@clack/prompts";
import { NotConfirmedError } from "../../errors.js";
import type { CliEnvironment } from "../app/index.js";
import { type Framework, frameworks } from "./frameworks.js";
import { problemOfName } from "./project-name.js";

type Streams = Pick<CliEnvironment, "stdin" | "stderr" | "signal">;

// Results go to stdout; questions are not among them.
const streams = ({ stdin, stderr, signal }: Streams) => ({
  input: stdin as NodeJS.ReadStream,
  output: stderr as NodeJS.WriteStream,
  ...(signal && { signal }),
});

/** @throws NotConfirmedError, when the question is left with Ctrl-C or Escape */
export async function askName(environment: Streams): Promise<string> {
  const name = await text({
    message: "What is the project called?",
    placeholder: "my-app",
    validate: (given) => {
      const problem = problemOfName(given ?? "");
      return problem === undefined ? undefined : `"${given ?? ""}" ${problem}.`;
    },
    ...streams(environment),
  });
  return answered(name);
}

/** @throws NotConfirmedError, when the question is left with Ctrl-C or Escape */
export async function askFramework(environment: Streams): Promise<Framework> {
  const options = (Object.keys(frameworks) as Framework[]).map((value) => ({
    value,
    label: value,
    hint: frameworks[value],
  }));
  return answered<Framework>(
    await select<Framework>({ message: "On which framework?", options, ...streams(environment) }),
  );
}

function answered<T extends string>(answer: T | symbol): T {
  if (isCancel(answer))
    throw new NotConfirmedError("Nothing was written: the question was left without an answer.");
  return answer as T;
}
