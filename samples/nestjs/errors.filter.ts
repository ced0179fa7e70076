import { type ArgumentsHost, Catch, type ExceptionFilter } from "@nestjs/common";
import { InvalidChangesetError, NoResultsError, type PlinthError, StaleEntryError } from "plinth";

interface Answer {
  status(code: number): { json(body: object): void };
}

/** Answers what callers can do something about: fields that are wrong, records that are not there, or not as they were. */
@Catch(InvalidChangesetError, NoResultsError, StaleEntryError)
export class ErrorsFilter implements ExceptionFilter {
  catch(error: PlinthError, host: ArgumentsHost): void {
    const answer = host.switchToHttp().getResponse<Answer>();
    if (error instanceof InvalidChangesetError) {
      answer.status(422).json({ code: error.code, errors: error.changeset.traverseErrors() });
    } else {
      answer
        .status(error instanceof NoResultsError ? 404 : 409)
        .json({ code: error.code, message: error.message });
    }
  }
}
