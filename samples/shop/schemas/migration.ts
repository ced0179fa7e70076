import { create, index, Migration, metadata } from "plinth";
import { Item } from "./item.js";
import { Message } from "./message.js";
import { Order } from "./order.js";

export class Shop extends Migration {
  change() {
    return [
      create(metadata(Item)),
      create(index(Item, ["deletedAt", "name"])),
      create(metadata(Order)),
      create(index(Order, ["userId", "insertedAt"])),
      create(index(Order, ["status", "insertedAt"])),
      create(metadata(Message)),
    ];
  }
}
