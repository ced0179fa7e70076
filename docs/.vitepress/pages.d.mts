export declare const sections: readonly {
  readonly text: string;
  readonly items: readonly (readonly [name: string, page: string])[];
}[];
