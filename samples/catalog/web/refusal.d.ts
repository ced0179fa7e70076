/** What is wrong with one field of a form; `field` is `null` when it concerns the form as a whole. */
export interface Problem {
    readonly field: string | null;
    readonly message: string;
}
/** The request cannot be carried out and wrote nothing; `message` is for the person who sent it. */
export declare class RefusedRequest extends Error {
    readonly status: 403 | 404 | 409 | 413 | 422;
    readonly problems: readonly Problem[];
    constructor(status: RefusedRequest["status"], message: string, problems?: readonly Problem[]);
}
