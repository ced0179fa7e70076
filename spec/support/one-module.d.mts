/** The folder of the bundle of lib for this run of the specs. */
export function oneModule(): Promise<string>;
