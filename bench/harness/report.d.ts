type Cell = string | number;
/** Collects the tables of one benchmark, prints them, and writes them with what is needed to judge them. */
export declare class Report {
    private readonly name;
    private readonly parts;
    constructor(name: string);
    text(line: string): void;
    table(title: string, head: readonly string[], rows: readonly (readonly Cell[])[]): void;
    write(): void;
    private heading;
}
export {};
