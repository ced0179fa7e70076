/** Runs the program and says that it came to its end. */
import { shop } from "./shop.js";

shop().then(
  (told) => console.log(`SHOP ${told}`),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
