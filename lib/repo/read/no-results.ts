/** The error of the methods that end in `OrThrow`, when nothing is found. */

import { NoResultsError } from "../../errors.js";

export function noResults(what: string): NoResultsError {
  return new NoResultsError(
    `${what} found nothing where one row was expected. The method without OrThrow gives null instead.`,
  );
}
