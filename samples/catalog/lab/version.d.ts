/** The N of a name that ends in "vN"; 0 for a name that was never counted up. */
export declare function versionOf(name: string): number;
/** The same name at version `n`: `withVersion("Lamp v2", 3)` is `"Lamp v3"`. */
export declare function withVersion(name: string, n: number): string;
/** The sum over all names: it grows by one with each update of a burst. */
export declare function sumOfVersions(products: readonly {
    readonly name: string;
}[]): number;
