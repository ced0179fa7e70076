import { create, index, Migration } from "plinth";
import { Product } from "../samples/catalog/product.js";

/** The order of the admin page, in which a card never moves when it is saved. */
export class NewestFirst extends Migration {
  change() {
    return [create(index(Product, ["insertedAt"]))];
  }
}
